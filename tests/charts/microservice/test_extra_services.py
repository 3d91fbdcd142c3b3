"""Further Services, Ingresses and routes: of the same pods, by the same rules as the first of each."""

from __future__ import annotations

import pytest

from ci.kubernetes.manifests import Object
from tests.support.rendering import CaseRenderer, ChartRenderer, Rendered

# What the API server would add to a backend, and does not have to.
TO_SERVICE = {"group": "", "kind": "Service", "weight": 1}
SWITCHED_OFF = """
extraServices: {a: {enabled: false}, b: null}
extraIngresses: {a: {enabled: false}, b: null}
extraRoutes: {a: {enabled: false}, b: null}
"""


def services(rendered: Rendered) -> dict[str, Object]:
    """The specs of the Services by name."""
    return {name: service["spec"] for name, service in rendered.all("Service").items()}


def test_an_entry_that_is_off_or_null_makes_nothing(render_chart: ChartRenderer) -> None:
    assert render_chart(SWITCHED_OFF).objects == render_chart("{}").objects


def test_every_service_selects_the_applications_pods(render_case: CaseRenderer) -> None:
    rendered = render_case("extra-services")
    selectors = [service["selector"] for service in services(rendered).values()]
    assert len(selectors) == 4
    assert selectors == [rendered.deployment["selector"]["matchLabels"]] * 4


def test_a_service_without_ports_has_those_of_the_first_but_no_port_of_the_nodes(
    render_case: CaseRenderer,
) -> None:
    http = {"name": "http", "port": 80, "targetPort": "http", "protocol": "TCP"}
    found = services(render_case("extra-services"))
    assert found["extra-services"]["ports"] == [http | {"nodePort": 30081}]
    assert found["extra-services-public"]["ports"] == [http]
    assert found["extra-services-peers"]["ports"] == [http]


def test_a_service_has_its_fields_and_ports_as_written(render_case: CaseRenderer) -> None:
    rendered = render_case("extra-services")
    found = services(rendered)
    assert found["extra-services-admin"]["ports"] == [
        {"name": "admin", "port": 9100, "targetPort": "admin"},
        {"name": "proxy", "port": 9901},
        {"name": "lookup", "port": 53, "targetPort": 5353, "protocol": "UDP"},
    ]
    assert found["extra-services-peers"]["clusterIP"] == "None"
    assert found["extra-services-public"]["loadBalancerSourceRanges"] == ["203.0.113.0/24"]
    metadata = rendered.all("Service")["extra-services-public"]["metadata"]
    assert metadata["annotations"] == {"example.com/scheme": "internet-facing"}
    assert metadata["labels"]["example.com/zone"] == "edge"


def test_a_further_service_stands_without_the_first(render_chart: ChartRenderer) -> None:
    rendered = render_chart("{service: {enabled: false}, extraServices: {public: {type: LoadBalancer}}}")
    assert [port["port"] for port in services(rendered)["api-public"]["ports"]] == [80]


def test_a_service_monitor_selects_the_first_service_alone(render_case: CaseRenderer) -> None:
    rendered = render_case("extra-services")
    wanted = rendered.one("ServiceMonitor")["spec"]["selector"]["matchLabels"].items()
    found = [
        name for name, each in rendered.all("Service").items() if wanted <= each["metadata"]["labels"].items()
    ]
    assert found == ["extra-services"]


def test_a_name_that_a_service_cannot_hold_is_shortened_and_stays_its_own(
    render_chart: ChartRenderer,
) -> None:
    long = "a" * 59
    rendered = render_chart(f"extraServices: {{{long}b: {{}}, {long}c: {{}}}}")
    assert len(rendered.all("Service")) == 3
    assert all(len(name) <= 63 for name in rendered.all("Service"))


def test_the_policy_lets_their_target_ports_in(render_case: CaseRenderer) -> None:
    (rule,) = render_case("extra-services").all("NetworkPolicy")["extra-services"]["spec"]["ingress"]
    assert {"port": 9901, "protocol": "TCP"} in rule["ports"]
    assert {"port": 5353, "protocol": "UDP"} in rule["ports"]


def test_helm_test_asks_each_of_them_but_headless_ones(render_case: CaseRenderer) -> None:
    pod = render_case("extra-services").one("Pod")["spec"]
    host = "default.svc"
    assert {each["name"]: each["args"][0] for each in pod["containers"]} == {
        "http": f"extra-services.{host}:80",
        "extra-services-admin-9100": f"extra-services-admin.{host}:9100",
        "extra-services-admin-9901": f"extra-services-admin.{host}:9901",
        "extra-services-public-80": f"extra-services-public.{host}:80",
    }
    assert {each["name"] for each in pod["containers"] if "wget" in each["args"]} == {
        "http",
        "extra-services-public-80",
    }


def test_an_ingress_has_its_own_class_labels_and_annotations(render_case: CaseRenderer) -> None:
    ingresses = render_case("extra-ingresses").all("Ingress")
    internal = ingresses["shop-internal"]
    assert ingresses["shop"]["spec"]["ingressClassName"] == "traefik"
    assert internal["spec"]["ingressClassName"] == "private"
    assert internal["metadata"]["annotations"] == {"example.com/allow": "10.0.0.0/8"}
    assert internal["metadata"]["labels"]["example.com/zone"] == "inside"
    assert ingresses["shop"]["metadata"]["labels"]["example.com/zone"] == "edge"


def test_a_path_leads_to_the_main_port_unless_it_names_another_service(render_case: CaseRenderer) -> None:
    spec = render_case("extra-ingresses").all("Ingress")["shop-internal"]["spec"]
    (rule,) = spec["rules"]
    assert [path["backend"]["service"] for path in rule["http"]["paths"]] == [
        {"name": "shop-admin", "port": {"name": "admin"}},
        {"name": "shop-admin", "port": {"number": 9100}},
        {"name": "shop", "port": {"name": "admin"}},
    ]


def test_each_certificate_has_a_secret_of_its_own(render_case: CaseRenderer) -> None:
    shop = render_case("extra-ingresses").all("Ingress")["shop-shop"]
    assert shop["metadata"]["annotations"] == {"cert-manager.io/cluster-issuer": "letsencrypt"}
    assert shop["spec"]["tls"] == [{"hosts": ["shop.example.com"], "secretName": "shop-shop-tls"}]


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("GRPCRoute", "shop-grpc"),
        ("TLSRoute", "shop-database"),
        ("TCPRoute", "shop-raw"),
        ("HTTPRoute", "shop-admin"),
    ],
)
def test_a_route_is_of_its_kind_and_an_http_route_without_one(
    kind: str, name: str, render_case: CaseRenderer
) -> None:
    assert render_case("extra-routes").all(kind)[name]["apiVersion"] == "gateway.networking.k8s.io/v1"


def test_a_rule_is_rendered_as_written_and_leads_to_ports_by_number(render_case: CaseRenderer) -> None:
    rendered = render_case("extra-routes")
    first, second = rendered.one("GRPCRoute")["spec"]["rules"]
    assert first["matches"][0]["method"] == {"type": "Exact", "service": "shop.Orders", "method": "Create"}
    assert first["backendRefs"][0] == {
        "name": "shop",
        "port": 9000,
        **TO_SERVICE,
        "weight": 9,
    }
    assert second == {"name": "rest", "backendRefs": [{"name": "shop", "port": 9000, **TO_SERVICE}]}
    assert rendered.one("TCPRoute")["spec"]["rules"] == [
        {"backendRefs": [{"name": "shop", "port": 80, **TO_SERVICE}]}
    ]


def test_a_route_knows_the_ports_of_further_services_by_name(render_case: CaseRenderer) -> None:
    rules = render_case("extra-routes").one("TLSRoute")["spec"]["rules"]
    assert rules == [{"backendRefs": [{"name": "shop-database", "port": 5432, **TO_SERVICE}]}]
