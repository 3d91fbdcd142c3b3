"""The NetworkPolicy: who may reach the pods, at which ports, and whom the pods may reach."""

from __future__ import annotations

import pytest

from ci.checks import tidiness
from ci.kubernetes.manifests import Object
from tests.support.rendering import CaseRenderer, ChartRenderer, Rendered, with_both_engines


def spec(rendered: Rendered) -> Object:
    name = rendered.one("Deployment")["metadata"]["name"]
    found: Object = rendered.all("NetworkPolicy")[name]["spec"]
    return found


def ports(rendered: Rendered) -> list[tuple[int, str]]:
    (rule,) = spec(rendered)["ingress"]
    return [(port["port"], port["protocol"]) for port in rule["ports"]]


DNS = {"ports": [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}]}


def test_ingress_is_allowed_from_anywhere_on_the_declared_port_only(render_case: CaseRenderer) -> None:
    assert spec(render_case("defaults"))["policyTypes"] == ["Ingress"]
    assert spec(render_case("defaults"))["ingress"] == [{"ports": [{"port": 8000, "protocol": "TCP"}]}]


def test_the_policy_selects_every_pod_of_the_release_whatever_its_component(
    render_case: CaseRenderer,
) -> None:
    rendered = render_case("names")
    selector = spec(rendered)["podSelector"]["matchLabels"]
    assert selector == {"app.kubernetes.io/name": "shop", "app.kubernetes.io/instance": "names"}
    assert selector.items() <= rendered.pod_metadata["labels"].items()


def test_ports_of_other_containers_are_open_too(render_case: CaseRenderer) -> None:
    assert ports(render_case("network-policy")) == [
        (5353, "UDP"),
        (8000, "TCP"),
        (9901, "TCP"),
        (9102, "TCP"),
        (9200, "UDP"),
        (15008, "TCP"),
    ]


def test_a_port_that_is_declared_twice_is_open_once(render_chart: ChartRenderer) -> None:
    rendered = render_chart("service: {extraPorts: [{name: again, port: 81, targetPort: 8000}]}")
    assert ports(rendered) == [(8000, "TCP")]


def test_an_extra_port_without_a_service_opens_nothing(render_chart: ChartRenderer) -> None:
    (problem,) = render_chart.problems("service: {enabled: false, extraPorts: [{name: other, port: 9200}]}")
    assert problem.startswith("service.extraPorts: no effect with service.enabled: false; ")


def test_an_extra_port_alone_is_open(render_chart: ChartRenderer) -> None:
    rendered = render_chart("""
        ports: {http: {enabled: false}}
        service: {extraPorts: [{name: metrics, port: 9102, targetPort: 9102}]}
    """)
    assert ports(rendered) == [(9102, "TCP")]


def test_without_a_port_no_ingress_is_allowed(render_case: CaseRenderer) -> None:
    assert spec(render_case("worker")).keys() == {"podSelector", "policyTypes"}
    assert spec(render_case("worker"))["policyTypes"] == ["Ingress"]


def test_ingress_is_allowed_from_the_listed_peers_only(render_case: CaseRenderer) -> None:
    (rule,) = spec(render_case("network-policy"))["ingress"]
    *named, tests = rule["from"]
    assert named == [
        {"podSelector": {"matchLabels": {"app.kubernetes.io/name": "shop"}}},
        {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "traefik"}}},
    ]
    assert tests["podSelector"]["matchLabels"]["app.kubernetes.io/component"] == "test"


def test_egress_is_allowed_to_dns_and_the_listed_peers_only(render_case: CaseRenderer) -> None:
    policy = spec(render_case("network-policy"))
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    peers = [rule.get("to") for rule in policy["egress"]]
    assert peers == [
        None,
        [{"podSelector": {"matchLabels": {"app": "db"}}}],
        [{"ipBlock": {"cidr": "0.0.0.0/0", "except": ["10.0.0.0/8"]}}],
    ]
    assert [[port["port"] for port in rule["ports"]][:1] for rule in policy["egress"]] == [
        [53],
        [5432],
        [443],
    ]


def test_dns_may_have_other_ports_for_the_pods_and_the_test_pod(render_case: CaseRenderer) -> None:
    policies = render_case("network-policy").all("NetworkPolicy")
    for name in ("network-policy", "network-policy-test"):
        dns = policies[name]["spec"]["egress"][0]
        assert [(port["port"], port["protocol"]) for port in dns["ports"]] == [
            (53, "UDP"),
            (53, "TCP"),
            (5353, "UDP"),
            (5353, "TCP"),
        ]


@pytest.mark.parametrize("none", ["[]", "null"])
@with_both_engines
def test_without_a_port_of_dns_there_is_no_rule_for_it(
    none: str, engine: int, render_chart: ChartRenderer
) -> None:
    rendered = render_chart(f"networkPolicy: {{egress: [], dnsPorts: {none}}}", engine=engine)
    assert "egress" not in spec(rendered)
    assert spec(rendered)["policyTypes"] == ["Ingress", "Egress"]


MESH = [{"port": 15008, "protocol": "TCP"}, {"port": 9901, "protocol": "TCP"}]


def test_the_ports_of_a_mesh_are_open_to_and_for_the_same_peers(render_case: CaseRenderer) -> None:
    _, database, internet = spec(render_case("network-policy"))["egress"]
    assert database["ports"] == [{"port": 5432}, *MESH]
    assert internet["ports"] == [{"port": 443}, *MESH]
    test = render_case("network-policy").all("NetworkPolicy")["network-policy-test"]["spec"]
    assert MESH[0] in test["egress"][1]["ports"]


def test_a_rule_for_every_port_needs_none_of_a_mesh(render_chart: ChartRenderer) -> None:
    rule = "{to: [{podSelector: {}}]}"
    rendered = render_chart(f"networkPolicy: {{egress: [{rule}], meshPorts: [15008]}}")
    assert spec(rendered)["egress"][1:] == [{"to": [{"podSelector": {}}]}]


def test_a_mesh_opens_nothing_of_pods_without_a_port(render_chart: ChartRenderer) -> None:
    rendered = render_chart("{ports: {http: null}, networkPolicy: {meshPorts: [15008]}}")
    assert spec(rendered).keys() == {"podSelector", "policyTypes"}


@with_both_engines
def test_the_test_pod_gets_in_beside_a_spec(engine: int, render_chart: ChartRenderer) -> None:
    native = "networkPolicy: {spec: {ingress: [{from: [{podSelector: {}}]}]}}"
    first, tests = spec(render_chart(native, engine=engine))["ingress"]
    assert first == {"from": [{"podSelector": {}}]}
    (peer,) = tests["from"]
    assert peer["podSelector"]["matchLabels"]["app.kubernetes.io/component"] == "test"
    assert tests["ports"] == [{"port": 8000, "protocol": "TCP"}]


def test_the_test_pod_gets_in_where_a_spec_lets_nobody_in(render_chart: ChartRenderer) -> None:
    (rule,) = spec(render_chart("networkPolicy: {spec: {policyTypes: [Ingress]}}"))["ingress"]
    assert "podSelector" in rule["from"][0]


@pytest.mark.parametrize(
    "values",
    [
        "tests: {enabled: false}",
        "service: {enabled: false}",
        "networkPolicy: {spec: {policyTypes: [Egress]}}",
    ],
)
def test_a_spec_is_left_alone_where_no_test_pod_has_to_get_in(
    values: str, render_chart: ChartRenderer
) -> None:
    rendered = render_chart("networkPolicy: {spec: {policyTypes: [Ingress], egress: null}}", values)
    assert "ingress" not in spec(rendered)


@with_both_engines
def test_an_empty_list_allows_egress_to_dns_alone(engine: int, render_chart: ChartRenderer) -> None:
    assert spec(render_chart("networkPolicy: {egress: []}", engine=engine))["egress"] == [DNS]


def test_a_spec_replaces_all_rules_but_not_the_pod_selector(render_case: CaseRenderer) -> None:
    policy = spec(render_case("network-policy-native"))
    assert policy.pop("podSelector") == {
        "matchLabels": {
            "app.kubernetes.io/name": "network-policy-native",
            "app.kubernetes.io/instance": "network-policy-native",
        }
    }
    assert policy == {
        "policyTypes": ["Egress"],
        "egress": [{"ports": [{"port": 8000, "endPort": 8100, "protocol": "TCP"}]}],
    }


@pytest.mark.parametrize("switch", ["false", "null"])
def test_there_is_no_policy_where_it_is_disabled(switch: str, render_chart: ChartRenderer) -> None:
    assert render_chart(f"networkPolicy: {{enabled: {switch}}}").all("NetworkPolicy") == {}


@with_both_engines
def test_null_removes_rules(engine: int, render_chart: ChartRenderer) -> None:
    before = "networkPolicy: {ingress: {from: [{podSelector: {}}]}, egress: [], spec: {policyTypes: []}}"
    after = "networkPolicy: {ingress: null, egress: null, spec: null}"
    assert spec(render_chart(before, after, engine=engine)) == spec(render_chart())


def test_the_pod_selector_cannot_be_set(render_chart: ChartRenderer) -> None:
    refused = render_chart.refused("networkPolicy: {spec: {podSelector: {}}}")
    assert "at '/networkPolicy/spec/podSelector': value must be 'not a key here: the policy applies" in str(
        refused
    )


@with_both_engines
def test_a_spec_without_a_rule_leaves_no_empty_line(engine: int, render_chart: ChartRenderer) -> None:
    assert tidiness.untidy(render_chart("networkPolicy: {spec: {egress: []}}", engine=engine).stream) == []
