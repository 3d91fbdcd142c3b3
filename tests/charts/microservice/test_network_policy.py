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


def test_anyone_reaches_the_declared_port_and_nobody_another(render_case: CaseRenderer) -> None:
    assert spec(render_case("defaults"))["policyTypes"] == ["Ingress"]
    assert spec(render_case("defaults"))["ingress"] == [{"ports": [{"port": 8000, "protocol": "TCP"}]}]


def test_the_policy_is_for_every_pod_of_the_release_whatever_its_component(render_case: CaseRenderer) -> None:
    rendered = render_case("names")
    selector = spec(rendered)["podSelector"]["matchLabels"]
    assert selector == {"app.kubernetes.io/name": "shop", "app.kubernetes.io/instance": "names"}
    assert selector.items() <= rendered.pod_metadata["labels"].items()


def test_ports_of_what_runs_beside_the_main_container_are_open_too(render_case: CaseRenderer) -> None:
    assert ports(render_case("network-policy")) == [
        (5353, "UDP"),
        (8000, "TCP"),
        (9901, "TCP"),
        (9102, "TCP"),
        (9200, "UDP"),
    ]


def test_a_port_that_two_containers_declare_is_open_once(render_chart: ChartRenderer) -> None:
    rendered = render_chart(
        "extraContainers: [{name: proxy, image: 'proxy:1', ports: [{containerPort: 8000}]}]"
    )
    assert ports(rendered) == [(8000, "TCP")]


def test_a_further_port_of_no_service_opens_nothing(render_chart: ChartRenderer) -> None:
    rendered = render_chart("service: {enabled: false, extraPorts: [{name: other, port: 9200}]}")
    assert ports(rendered) == [(8000, "TCP")]


def test_a_further_port_alone_is_open(render_chart: ChartRenderer) -> None:
    rendered = render_chart("""
        ports: {http: {enabled: false}}
        service: {extraPorts: [{name: metrics, port: 9102, targetPort: 9102}]}
    """)
    assert ports(rendered) == [(9102, "TCP")]


def test_without_a_port_nobody_gets_in(render_case: CaseRenderer) -> None:
    assert spec(render_case("worker")).keys() == {"podSelector", "policyTypes"}
    assert spec(render_case("worker"))["policyTypes"] == ["Ingress"]


def test_only_those_who_are_named_get_in(render_case: CaseRenderer) -> None:
    (rule,) = spec(render_case("network-policy"))["ingress"]
    *named, tests = rule["from"]
    assert named == [
        {"podSelector": {"matchLabels": {"app.kubernetes.io/name": "shop"}}},
        {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "traefik"}}},
    ]
    assert tests["podSelector"]["matchLabels"]["app.kubernetes.io/component"] == "test"


def test_only_what_is_named_and_dns_is_reached(render_case: CaseRenderer) -> None:
    policy = spec(render_case("network-policy"))
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    assert policy["egress"] == [
        DNS,
        {"to": [{"podSelector": {"matchLabels": {"app": "db"}}}], "ports": [{"port": 5432}]},
        {"to": [{"ipBlock": {"cidr": "0.0.0.0/0", "except": ["10.0.0.0/8"]}}], "ports": [{"port": 443}]},
    ]


@with_both_engines
def test_an_empty_list_leaves_dns_alone_to_be_reached(engine: int, render_chart: ChartRenderer) -> None:
    assert spec(render_chart("networkPolicy: {egress: []}", engine=engine))["egress"] == [DNS]


def test_rules_of_ones_own_replace_all_others_but_not_the_pods(render_case: CaseRenderer) -> None:
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
def test_there_is_none_where_it_is_switched_off(switch: str, render_chart: ChartRenderer) -> None:
    assert render_chart(f"networkPolicy: {{enabled: {switch}}}").all("NetworkPolicy") == {}


@with_both_engines
def test_null_takes_away_what_was_ruled(engine: int, render_chart: ChartRenderer) -> None:
    before = "networkPolicy: {ingress: {from: [{podSelector: {}}]}, egress: [], spec: {policyTypes: []}}"
    after = "networkPolicy: {ingress: null, egress: null, spec: null}"
    assert spec(render_chart(before, after, engine=engine)) == spec(render_chart())


def test_for_which_pods_it_is_can_not_be_said(render_chart: ChartRenderer) -> None:
    refused = render_chart.refused("networkPolicy: {spec: {podSelector: {}}}")
    assert "at '/networkPolicy/spec/podSelector': value must be 'not a key here: the policy applies" in str(
        refused
    )


@with_both_engines
def test_a_spec_without_a_rule_leaves_no_empty_line(engine: int, render_chart: ChartRenderer) -> None:
    assert tidiness.untidy(render_chart("networkPolicy: {spec: {egress: []}}", engine=engine).stream) == []
