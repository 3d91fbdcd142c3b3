"""The Service: one stable name and address for the application's pods, and the ports that it has."""

from __future__ import annotations

import pytest

from tests.support.rendering import CaseRenderer, ChartRenderer


def test_the_service_leads_from_port_80_to_the_pods_port_by_its_name(render_case: CaseRenderer) -> None:
    rendered = render_case("defaults")
    assert rendered.service["ports"] == [
        {"name": "http", "port": 80, "targetPort": "http", "protocol": "TCP"}
    ]
    assert rendered.container["ports"] == [{"name": "http", "containerPort": 8000, "protocol": "TCP"}]


def test_the_service_is_a_cluster_ip_by_default(render_case: CaseRenderer) -> None:
    assert render_case("defaults").service["type"] == "ClusterIP"


@pytest.mark.parametrize("name", ["api", "names"])
def test_the_service_selects_the_applications_pods_alone(name: str, render_case: CaseRenderer) -> None:
    rendered = render_case(name)
    assert rendered.service["selector"] == rendered.deployment["selector"]["matchLabels"]
    assert rendered.service["selector"].items() <= rendered.pod_metadata["labels"].items()
    assert rendered.service["selector"]["app.kubernetes.io/component"] == "app"


def test_a_port_without_a_service_port_is_the_pods_alone(render_case: CaseRenderer) -> None:
    rendered = render_case("probes-grpc")
    assert [port["name"] for port in rendered.container["ports"]] == ["admin", "grpc"]
    assert [port["name"] for port in rendered.service["ports"]] == ["grpc"]


MANY_PORTS = """
mainPort: metrics
ports:
  admin: {containerPort: 9100, servicePort: 9100}
  metrics: {containerPort: 9102, servicePort: 9102}
  off: {enabled: false, containerPort: 9103, servicePort: 9103}
  web: {containerPort: 8080, servicePort: 8080}
"""


def test_the_main_port_comes_first_and_the_others_by_name(render_chart: ChartRenderer) -> None:
    rendered = render_chart(MANY_PORTS)
    assert [port["name"] for port in rendered.service["ports"]] == ["metrics", "admin", "http", "web"]


def test_a_disabled_port_is_nowhere(render_chart: ChartRenderer) -> None:
    rendered = render_chart(MANY_PORTS)
    for port in [*rendered.container["ports"], *rendered.service["ports"]]:
        assert port["name"] != "off"


def test_http_is_the_main_port_unless_another_is_named(render_case: CaseRenderer) -> None:
    assert [port["name"] for port in render_case("ingress").service["ports"]] == ["http", "admin"]


def test_protocols_are_rendered(render_case: CaseRenderer) -> None:
    rendered = render_case("service-loadbalancer")
    assert {port["name"]: port["protocol"] for port in rendered.service["ports"]} == {
        "http": "TCP",
        "dns": "UDP",
    }
    assert rendered.container["ports"] == [
        {"name": "dns", "containerPort": 5353, "protocol": "UDP"},
        {"name": "http", "containerPort": 8080, "hostIP": "127.0.0.1", "hostPort": 18080, "protocol": "TCP"},
    ]


def test_a_port_can_have_an_app_protocol(render_case: CaseRenderer) -> None:
    (port,) = render_case("probes-grpc").service["ports"]
    assert port["appProtocol"] == "kubernetes.io/h2c"


def test_the_node_port_can_be_set(render_case: CaseRenderer) -> None:
    rendered = render_case("service-nodeport")
    assert rendered.service["type"] == "NodePort"
    assert rendered.service["ports"][0]["nodePort"] == 30080


def test_extra_ports_follow_as_written(render_case: CaseRenderer) -> None:
    assert render_case("containers").service["ports"][1:] == [
        {"name": "metrics", "port": 9102, "targetPort": "metrics"}
    ]


def test_extra_ports_alone_make_a_service(render_chart: ChartRenderer) -> None:
    rendered = render_chart("""
        ports: {http: {enabled: false}}
        service: {extraPorts: [{name: metrics, port: 9102, targetPort: 9102}]}
    """)
    assert rendered.service["ports"] == [{"name": "metrics", "port": 9102, "targetPort": 9102}]


def test_every_field_of_a_service_can_be_set(render_case: CaseRenderer) -> None:
    balancer = render_case("service-loadbalancer").service
    assert balancer["externalTrafficPolicy"] == "Local"
    assert balancer["loadBalancerSourceRanges"] == ["203.0.113.0/24"]
    assert balancer["sessionAffinity"] == "ClientIP"
    assert balancer["sessionAffinityConfig"] == {"clientIP": {"timeoutSeconds": 600}}
    assert render_case("service-nodeport").service["trafficDistribution"] == "PreferClose"
    headless = render_case("service-headless").service
    assert (headless["clusterIP"], headless["publishNotReadyAddresses"]) == ("None", True)


def test_keys_of_the_chart_are_not_rendered_into_the_service(render_case: CaseRenderer) -> None:
    rendered = render_case("service-loadbalancer")
    assert not rendered.service.keys() & {"enabled", "annotations", "labels", "extraPorts"}
    metadata = rendered.one("Service")["metadata"]
    assert metadata["labels"]["exposed"] == "true"
    assert metadata["annotations"] == {
        "service.beta.kubernetes.io/aws-load-balancer-type": "external",
    }


def test_labels_and_annotations_of_the_service_are_on_it_alone(render_case: CaseRenderer) -> None:
    rendered = render_case("service-loadbalancer")
    deployment = rendered.one("Deployment")["metadata"]
    assert "exposed" not in deployment["labels"] | rendered.pod_metadata["labels"]
    assert "annotations" not in deployment


def test_a_disabled_service_is_not_rendered(render_case: CaseRenderer) -> None:
    rendered = render_case("service-off")
    assert rendered.all("Service") == {}
    assert rendered.container["ports"] == [{"name": "http", "containerPort": 8000, "protocol": "TCP"}]


def test_a_port_for_the_pods_alone_makes_no_service(render_case: CaseRenderer) -> None:
    assert render_case("removals").all("Service") == {}
