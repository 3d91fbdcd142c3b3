"""The HTTPRoute: through which Gateway requests come, and where they lead."""

from __future__ import annotations

import pytest

from ci.kubernetes.manifests import Object
from tests.support.rendering import CaseRenderer, ChartRenderer, Rendered

# What the API server would add to a backend, and does not have to.
TO_SERVICE = {"group": "", "kind": "Service", "weight": 1}
ON = "httpRoute: {enabled: true, parentRefs: [{name: gateway}]"


def spec(rendered: Rendered) -> Object:
    found: Object = rendered.one("HTTPRoute")["spec"]
    return found


def backends(rendered: Rendered) -> list[list[Object] | None]:
    """Where each rule leads, None where it says nothing."""
    return [rule.get("backendRefs") for rule in spec(rendered)["rules"]]


def test_there_is_no_route_by_default(render_case: CaseRenderer, render_chart: ChartRenderer) -> None:
    assert render_case("defaults").all("HTTPRoute") == {}
    assert render_chart("httpRoute: {enabled: null}").all("HTTPRoute") == {}


def test_without_rules_every_request_leads_to_the_services_main_port(render_case: CaseRenderer) -> None:
    assert spec(render_case("http-route-all")) == {
        "parentRefs": [{"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "gateway"}],
        "rules": [
            {
                "backendRefs": [{"name": "http-route-all", "port": 80, **TO_SERVICE}],
                "matches": [{"path": {"type": "PathPrefix", "value": "/"}}],
            }
        ],
    }


def test_gateways_hosts_and_annotations_are_rendered_as_written(render_case: CaseRenderer) -> None:
    route = render_case("http-route").one("HTTPRoute")
    assert route["metadata"]["annotations"] == {"example.com/owner": "team-a"}
    assert route["spec"]["parentRefs"] == [
        {
            "group": "gateway.networking.k8s.io",
            "kind": "Gateway",
            "name": "gateway",
            "namespace": "gateways",
            "sectionName": "https",
        }
    ]
    assert route["spec"]["hostnames"] == ["api.example.com", "*.example.org"]


def test_a_rule_is_rendered_as_written_and_leads_to_the_main_port(render_case: CaseRenderer) -> None:
    rule = spec(render_case("http-route"))["rules"][0]
    assert rule["matches"][1] == {
        "headers": [{"name": "x-canary", "type": "Exact", "value": "1"}],
        "method": "GET",
        "path": {"type": "PathPrefix", "value": "/"},
    }
    assert [filter_["type"] for filter_ in rule["filters"]] == ["RequestHeaderModifier", "RequestMirror"]
    assert rule["timeouts"] == {"request": "10s"}
    assert rule["backendRefs"] == [{"name": "http-route", "port": 80, **TO_SERVICE}]


def test_a_port_of_the_service_can_be_named_or_numbered_and_others_are_left_alone(
    render_case: CaseRenderer,
) -> None:
    assert backends(render_case("http-route"))[1] == [
        {**TO_SERVICE, "name": "http-route", "port": 9100, "weight": 9},
        {**TO_SERVICE, "name": "http-route", "port": 9100},
        {**TO_SERVICE, "name": "other", "port": 8080, "weight": 1},
    ]


def test_a_redirect_has_no_backend(render_case: CaseRenderer) -> None:
    assert backends(render_case("http-route"))[2] is None


def test_a_rule_whose_list_of_backends_is_empty_has_none(render_chart: ChartRenderer) -> None:
    assert backends(render_chart(ON + ", rules: [{backendRefs: []}]}")) == [None]


def test_a_backend_of_another_kind_needs_no_port(render_case: CaseRenderer) -> None:
    assert backends(render_case("http-route"))[3] == [
        {"group": "storage.example.com", "kind": "Bucket", "name": "files", "weight": 1}
    ]


def test_a_service_of_the_same_name_in_another_namespace_is_not_the_charts(
    render_chart: ChartRenderer,
) -> None:
    rendered = render_chart(ON + ", rules: [{backendRefs: [{name: api, namespace: other, port: 1}]}]}")
    assert backends(rendered) == [[{"name": "api", "namespace": "other", "port": 1, **TO_SERVICE}]]


def test_an_extra_port_of_the_service_can_be_a_backend(render_chart: ChartRenderer) -> None:
    further = "service: {extraPorts: [{name: metrics, port: 9102}]}\n"
    rendered = render_chart(further + ON + ", rules: [{backendRefs: [{port: metrics}]}]}")
    assert backends(rendered) == [[{"name": "api", "port": 9102, **TO_SERVICE}]]


@pytest.mark.parametrize("values", ["service: {enabled: false}", "ports: {http: {servicePort: null}}"])
def test_a_route_without_a_port_of_the_service_is_refused(values: str, render_chart: ChartRenderer) -> None:
    (problem,) = render_chart.problems(f"{values}\n{ON}}}")
    assert problem.startswith('httpRoute.rules[0]: the Service has no port "http"; its TCP ports are ')


def test_a_route_to_others_alone_needs_no_service(render_chart: ChartRenderer) -> None:
    rendered = render_chart(
        "service: {enabled: false}\n" + ON + ", rules: [{backendRefs: [{name: o, port: 1}]}]}"
    )
    assert backends(rendered) == [[{"name": "o", "port": 1, **TO_SERVICE}]]


def test_a_field_that_no_route_has_is_refused_at_any_depth(render_chart: ChartRenderer) -> None:
    refused = str(render_chart.refused(ON + ", rules: [{matches: [{path: {typ: Exact, value: /}}]}]}"))
    assert "at '/httpRoute/rules/0/matches/0/path': additional properties 'typ' not allowed" in refused
