"""An environment: its namespace, how much there is in it, and who may talk to whom."""

from __future__ import annotations

import json

import pytest

from ci.charts import helm
from ci.charts.batch import json_text
from ci.kubernetes.manifests import Object
from tests.support.notes import Notes
from tests.support.rendering import CaseRenderer, ChartRenderer, Rendered, with_both_engines

LABEL = "pod-security.kubernetes.io"


def test_the_namespace_has_the_releases_name_and_everything_else_lives_in_it(
    render_case: CaseRenderer,
) -> None:
    places = {(key.kind, key.namespace, key.name) for key in render_case("standard").objects}
    assert places == {
        ("Namespace", "", "standard"),
        ("NetworkPolicy", "standard", "default-deny"),
        ("NetworkPolicy", "standard", "acme-http01-solver"),
        ("ResourceQuota", "standard", "quota"),
        ("LimitRange", "standard", "limits"),
    }


def test_the_namespace_can_have_another_name(render_case: CaseRenderer) -> None:
    rendered = render_case("all-keys")
    assert list(rendered.all("Namespace")) == ["shop-production"]
    assert {key.namespace for key in rendered.objects if key.kind != "Namespace"} == {"shop-production"}


def test_a_name_that_looks_like_a_number_stays_a_string(render_chart: ChartRenderer) -> None:
    rendered = render_chart('name: "12"', release="34")
    assert rendered.one("Namespace")["metadata"]["name"] == "12"
    assert rendered.one("LimitRange")["metadata"]["labels"]["app.kubernetes.io/instance"] == "34"


def test_only_restricted_pods_are_admitted(render_case: CaseRenderer) -> None:
    labels = render_case("standard").one("Namespace")["metadata"]["labels"]
    modes = ("enforce", "audit", "warn")
    assert [labels[f"{LABEL}/{mode}"] for mode in modes] == ["restricted"] * 3
    assert [labels[f"{LABEL}/{mode}-version"] for mode in modes] == ["latest"] * 3


def test_a_standard_that_null_removes_leaves_no_label(render_case: CaseRenderer) -> None:
    labels = render_case("nulls").one("Namespace")["metadata"]["labels"]
    assert [label for label in labels if label.startswith(LABEL)] == [f"{LABEL}/warn"]


def test_the_namespaces_own_labels_and_annotations_arrive_unchanged(render_case: CaseRenderer) -> None:
    metadata = render_case("all-keys").one("Namespace")["metadata"]
    assert metadata["labels"]["team"] == "12"
    assert metadata["annotations"] == {"owner": "platform@example.com", "note": "two\nlines\n"}


@with_both_engines
@pytest.mark.parametrize("text", ["", "\n", "a\n\n\n", " \n", "a\x85b", "a\x7fb", "a\u2028b", "\uffff"])
def test_no_string_in_an_annotation_breaks_the_other_labels(
    text: str, engine: int, render_chart: ChartRenderer
) -> None:
    values = json.dumps({"annotations": {"note": text, "gone": None}, "labels": {"empty": ""}})
    metadata = render_chart(values, engine=engine).one("Namespace")["metadata"]
    assert metadata["annotations"]["note"] == text
    assert metadata["labels"]["empty"] == ""
    assert metadata["labels"][f"{LABEL}/enforce"] == "restricted"
    assert "gone" not in metadata["annotations"]


def test_every_character_that_yaml_refuses_arrives(render_chart: ChartRenderer) -> None:
    texts = {f"c{number}": f"a{chr(number)}b" for number in (*range(0x7F, 0xA0), 0xFEFF, 0xFFFE, 0xFFFF)}
    metadata = render_chart(json_text({"annotations": texts})).one("Namespace")["metadata"]
    assert texts.items() <= metadata["annotations"].items()


def test_the_namespace_outlives_the_release_unless_told_otherwise(render_case: CaseRenderer) -> None:
    kept, gone = (render_case(name).one("Namespace")["metadata"] for name in ("standard", "all-keys"))
    assert kept["annotations"] == {
        "argocd.argoproj.io/sync-options": "Prune=false",
        "helm.sh/resource-policy": "keep",
    }
    assert "helm.sh/resource-policy" not in gone["annotations"]


@pytest.mark.parametrize(
    ("written", "rendered"),
    [("ServerSideApply=true", "ServerSideApply=true,Prune=false"), ("Prune=confirm", "Prune=confirm")],
)
def test_argo_cd_prunes_it_only_if_somebody_says_so(
    written: str, rendered: str, render_chart: ChartRenderer
) -> None:
    option = "argocd.argoproj.io/sync-options"
    metadata = render_chart(f"annotations: {{{option}: '{written}'}}").one("Namespace")["metadata"]
    assert metadata["annotations"][option] == rendered


def test_an_entry_of_the_quota_is_added_changed_or_removed_alone(render_chart: ChartRenderer) -> None:
    quota = render_chart("resourceQuota: {hard: {requests.cpu: 4, limits.cpu: 8, pods: null}}").one(
        "ResourceQuota"
    )
    assert quota["spec"] == {
        "hard": {"requests.cpu": 4, "limits.cpu": 8, "requests.memory": "20Gi", "limits.memory": "40Gi"}
    }


@with_both_engines
def test_a_large_number_keeps_its_digits(engine: int, render_case: CaseRenderer) -> None:
    rendered = render_case("all-keys", engine=engine)
    assert "requests.storage: 1000000000000\n" in rendered.stream
    assert rendered.one("ResourceQuota")["spec"]["hard"]["requests.cpu"] == 0.5


def test_a_bound_overrides_the_defaults(render_chart: ChartRenderer) -> None:
    limits = render_chart("limitRange: {limits: {Container: {max: {cpu: 2}, default: {memory: 1Gi}}}}")
    assert limits.one("LimitRange")["spec"]["limits"] == [
        {
            "type": "Container",
            "defaultRequest": {"cpu": "100m", "memory": "128Mi"},
            "default": {"memory": "1Gi"},
            "max": {"cpu": 2},
        }
    ]


@with_both_engines
def test_what_null_removes_is_gone(engine: int, render_case: CaseRenderer) -> None:
    rendered = render_case("nulls", engine=engine)
    assert rendered.one("ResourceQuota")["spec"] == {"hard": {"pods": 5}}
    assert rendered.one("LimitRange")["spec"] == {"limits": [{"type": "Pod", "max": {"cpu": 4}}]}


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ("resourceQuota: {enabled: false}", "ResourceQuota"),
        ("resourceQuota: {hard: null}", "ResourceQuota"),
        ("limitRange: {enabled: false}", "LimitRange"),
        ("limitRange: {limits: {Container: null}}", "LimitRange"),
        ("networkPolicy: {enabled: false}", "NetworkPolicy"),
    ],
)
def test_what_is_disabled_or_empty_is_not_rendered(
    values: str, kind: str, render_chart: ChartRenderer
) -> None:
    kinds = ["Namespace", "NetworkPolicy", "ResourceQuota", "LimitRange"]
    kinds.remove(kind)
    assert list(dict.fromkeys(key.kind for key in render_chart(values).objects)) == kinds


def policy(rendered: Rendered, name: str = "default-deny") -> Object:
    spec: Object = rendered.all("NetworkPolicy")[name]["spec"]
    return spec


def test_ingress_is_denied_and_egress_allowed_by_default(render_case: CaseRenderer) -> None:
    assert policy(render_case("standard")) == {"podSelector": {}, "policyTypes": ["Ingress"]}


def dns(*ports: int) -> list[Object]:
    return [{"port": port, "protocol": protocol} for port in ports for protocol in ("UDP", "TCP")]


def test_with_egress_denied_only_dns_is_allowed(render_chart: ChartRenderer) -> None:
    denied = {"podSelector": {}, "policyTypes": ["Ingress", "Egress"], "egress": [{"ports": dns(53)}]}
    assert policy(render_chart("networkPolicy: {denyEgress: true}")) == denied


def test_dns_may_have_other_ports(render_case: CaseRenderer) -> None:
    assert policy(render_case("all-keys"))["egress"] == [{"ports": dns(53, 5353)}]


@pytest.mark.parametrize("none", ["[]", "null"])
def test_without_a_port_of_dns_all_egress_is_denied(none: str, render_chart: ChartRenderer) -> None:
    spec = policy(render_chart(f"networkPolicy: {{denyEgress: true, dnsPorts: {none}}}"))
    assert spec == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def test_pods_of_cert_manager_can_answer_a_challenge(render_case: CaseRenderer) -> None:
    assert policy(render_case("standard"), "acme-http01-solver") == {
        "podSelector": {"matchLabels": {"acme.cert-manager.io/http01-solver": "true"}},
        "policyTypes": ["Ingress"],
        "ingress": [{"ports": [{"port": 8089, "protocol": "TCP"}]}],
    }


@pytest.mark.parametrize("off", ["acmeSolvers: false", "enabled: false"])
def test_nobody_lets_those_pods_in_where_that_or_all_is_off(off: str, render_chart: ChartRenderer) -> None:
    policies = render_chart(f"networkPolicy: {{{off}}}").all("NetworkPolicy")
    assert "acme-http01-solver" not in policies


def test_keys_of_a_parent_chart_are_accepted(render_chart: ChartRenderer) -> None:
    assert render_chart("{global: {imageRegistry: a}, enabled: true, x-mine: 1}").one("Namespace")


def test_the_notes_name_the_namespace_and_where_the_release_lies(notes: Notes) -> None:
    text = notes("name: staging")
    assert text.startswith(
        "Namespace staging is installed: revision 1 of release shop, which is stored in namespace default\n"
    )
    assert "  helm -n default uninstall shop          # the quota, limits and policy; keeps the" in text
    assert "  kubectl delete namespace staging " in text


def test_null_for_a_switch_means_off_in_the_notes(notes: Notes) -> None:
    off = "{resourceQuota: {enabled: false}, limitRange: {enabled: false}, networkPolicy: {enabled: false}}"
    assert notes(off.replace("false", "null")) == notes(off)


def test_the_notes_warn_of_an_uninstall_that_takes_everything(notes: Notes) -> None:
    text = notes("retain: false")
    assert "uninstall shop          # the namespace and all in it" in text
    assert "kubectl delete namespace" not in text


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ("", []),
        ("resourceQuota: {hard: {limits.cpu: 12}}", ["resources.limits.cpu"]),
        ("{resourceQuota: {hard: {limits.cpu: 12}}, limitRange: {limits: {Container: {max: {cpu: 1}}}}}", []),
        (
            "limitRange: {enabled: false}",
            ["resources.requests.cpu", "resources.limits.memory", "resources.requests.memory"],
        ),
        ("{limitRange: {enabled: false}, resourceQuota: {enabled: false}}", []),
        ("limitRange: {limits: {Container: {defaultRequest: null, max: {cpu: 1, memory: 1Gi}}}}", []),
        ("resourceQuota: {hard: {limits.cpu: null}}", []),
        ("resourceQuota: {hard: null}", []),
    ],
)
def test_the_notes_say_what_every_container_has_to_set(values: str, said: list[str], notes: Notes) -> None:
    lines = [line for line in notes(values).splitlines() if line.startswith("Every container")]
    assert [line.split()[4].rstrip(":") for line in lines] == said


@pytest.mark.parametrize(
    ("values", "said"),
    [("", " is blocked"), ("networkPolicy: {denyEgress: true}", ", and from them except to DNS, is")],
)
def test_the_notes_say_who_reaches_whom(values: str, said: str, notes: Notes) -> None:
    assert f"Traffic to its pods{said}" in notes(values)


def test_the_notes_are_silent_where_there_is_no_policy(notes: Notes) -> None:
    silent = notes("networkPolicy: {enabled: false}").splitlines()
    said, command = (line for line in notes().splitlines() if line not in silent)
    assert said.startswith("Traffic to its pods")
    assert command == "  kubectl -n shop get networkpolicies"


def test_both_engines_say_the_same(notes: Notes) -> None:
    oldest, newest = (notes(engine=engine) for engine in helm.ENGINES)
    assert oldest == newest


IN_FULL = """\
Namespace staging is installed: revision 1 of release shop, which is stored in namespace default

Deploy a service
  helm -n staging install api <chart> -f <values>

Show limits and usage
  kubectl -n staging describe resourcequota,limitrange
  kubectl get namespace staging --show-labels

Traffic to its pods is blocked unless a NetworkPolicy allows it
  kubectl -n staging get networkpolicies

Every container must set resources.limits.cpu: the quota requires it, and there is no default

Uninstall
  helm -n default uninstall shop          # the quota, limits and policy; keeps the namespace and all in it
  kubectl delete namespace staging          # the namespace and all in it
"""


def test_the_notes_in_full(notes: Notes) -> None:
    assert notes("name: staging\nresourceQuota: {hard: {limits.cpu: 20}}") == IN_FULL
