"""Requests from outside the cluster: hosts, paths, where they lead, and certificates."""

from __future__ import annotations

from ci.kubernetes.manifests import Object
from tests.support.rendering import CaseRenderer, ChartRenderer, Rendered


def spec(rendered: Rendered) -> Object:
    found: Object = rendered.one("Ingress")["spec"]
    return found


def to_service(service: str, /, **port: object) -> Object:
    return {"service": {"name": service, "port": port}}


def test_there_is_no_ingress_by_default(render_case: CaseRenderer) -> None:
    assert render_case("defaults").all("Ingress") == {}


def test_a_host_alone_serves_all_paths_from_the_main_port(render_case: CaseRenderer) -> None:
    everything = {"path": "/", "pathType": "Prefix", "backend": to_service("api", name="http")}
    assert spec(render_case("api")) == {
        "rules": [{"host": "api.mycompany.com", "http": {"paths": [everything]}}],
    }


ISSUER = """
ports: {web: {containerPort: 8080, servicePort: 8080}}
mainPort: web
ingress:
  enabled: true
  clusterIssuer: letsencrypt
  hosts: [{host: a.example.com}, {host: a.example.com, paths: [{path: /b}]}, {paths: [{path: /c}]}]
"""


def test_the_main_port_is_the_one_that_the_user_names(render_chart: ChartRenderer) -> None:
    rule = spec(render_chart(ISSUER))["rules"][0]
    assert rule["http"]["paths"][0]["backend"] == to_service("api", name="web")


def test_a_path_leads_to_a_port_by_name_and_by_number(render_case: CaseRenderer) -> None:
    assert spec(render_case("ingress"))["rules"][0] == {
        "host": "api.example.com",
        "http": {
            "paths": [
                {"path": "/api", "pathType": "Prefix", "backend": to_service("ingress", name="http")},
                {"path": "/admin", "pathType": "Exact", "backend": to_service("ingress", name="admin")},
                {"path": "/by-number", "pathType": "Prefix", "backend": to_service("ingress", number=80)},
            ]
        },
    }


def test_a_path_leads_to_another_service_and_to_any_backend(render_case: CaseRenderer) -> None:
    files = {"apiGroup": "k8s.example.com", "kind": "StorageBucket", "name": "files"}
    assert spec(render_case("ingress"))["rules"][1] == {
        "host": "*.example.com",
        "http": {
            "paths": [
                {"path": "/static", "pathType": "Prefix", "backend": to_service("assets", number=8080)},
                {"path": "/files", "pathType": "Prefix", "backend": {"resource": files}},
            ]
        },
    }


def test_a_rule_without_a_host_is_for_any(render_case: CaseRenderer) -> None:
    path = {
        "path": "/any-host",
        "pathType": "ImplementationSpecific",
        "backend": to_service("ingress", name="http"),
    }
    assert spec(render_case("ingress"))["rules"][2] == {"http": {"paths": [path]}}


def test_requests_that_match_no_rule_can_have_a_backend(render_case: CaseRenderer) -> None:
    assert spec(render_case("ingress"))["defaultBackend"] == to_service("fallback", number=80)


def test_a_backend_for_all_requests_needs_no_rule(render_chart: ChartRenderer) -> None:
    alone = render_chart(
        "ingress: {enabled: true, defaultBackend: {service: {name: any, port: {number: 80}}}}"
    )
    assert spec(alone) == {"defaultBackend": to_service("any", number=80)}


def test_the_class_names_the_controller(render_case: CaseRenderer) -> None:
    assert spec(render_case("ingress"))["ingressClassName"] == "traefik"
    assert "ingressClassName" not in spec(render_case("api"))


def test_tls_is_rendered_as_written(render_case: CaseRenderer) -> None:
    assert spec(render_case("ingress"))["tls"] == [
        {"hosts": ["api.example.com"], "secretName": "example-tls"}
    ]


def test_an_issuer_makes_one_certificate_for_all_hosts(render_case: CaseRenderer) -> None:
    rendered = render_case("ingress-cert-manager")
    assert spec(rendered)["tls"] == [
        {"hosts": ["api.example.com", "www.example.com"], "secretName": "ingress-cert-manager-tls"}
    ]
    assert rendered.one("Ingress")["metadata"]["annotations"] == {
        "cert-manager.io/cluster-issuer": "letsencrypt",
        "nginx.ingress.kubernetes.io/proxy-body-size": "8m",
    }


def test_an_issuer_names_each_host_once_and_any_host_not_at_all(render_chart: ChartRenderer) -> None:
    rendered = render_chart(ISSUER)
    assert spec(rendered)["tls"] == [{"hosts": ["a.example.com"], "secretName": "api-tls"}]


def test_tls_that_is_written_wins_over_the_issuers(render_chart: ChartRenderer) -> None:
    rendered = render_chart(ISSUER, "ingress: {tls: [{hosts: [b.example.com], secretName: own}]}")
    assert spec(rendered)["tls"] == [{"hosts": ["b.example.com"], "secretName": "own"}]
