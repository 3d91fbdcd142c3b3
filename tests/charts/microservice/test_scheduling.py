"""Where the pods run."""

from __future__ import annotations

from ci.kubernetes.manifests import Object
from tests.support.rendering import CaseRenderer, ChartRenderer, Rendered


def own_pods(rendered: Rendered) -> Object:
    selector: Object = rendered.deployment["selector"]
    return selector


def test_pods_prefer_to_spread_over_zones_and_nodes(render_case: CaseRenderer) -> None:
    rendered = render_case("defaults")
    assert rendered.pod["topologySpreadConstraints"] == [
        {
            "maxSkew": 1,
            "topologyKey": key,
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": own_pods(rendered),
            "matchLabelKeys": ["pod-template-hash"],
        }
        for key in ("topology.kubernetes.io/zone", "kubernetes.io/hostname")
    ]


def test_pods_spread_over_nodes_without_a_zone_too(render_case: CaseRenderer) -> None:
    rendered = render_case("defaults")
    rules = rendered.pod["affinity"]["podAntiAffinity"]
    (preferred,) = rules["preferredDuringSchedulingIgnoredDuringExecution"]
    assert preferred["podAffinityTerm"] == {
        "topologyKey": "kubernetes.io/hostname",
        "labelSelector": own_pods(rendered),
        "matchLabelKeys": ["pod-template-hash"],
    }


def test_an_empty_list_means_no_spreading(render_case: CaseRenderer) -> None:
    assert not {"topologySpreadConstraints", "affinity"} & render_case("security-baseline").pod.keys()


def test_another_affinity_is_added_to_the_spreading_and_the_same_kind_replaces_it(
    render_chart: ChartRenderer,
) -> None:
    beside, in_its_place = (
        render_chart(f"affinity: {{{kind}: {{preferredDuringSchedulingIgnoredDuringExecution: []}}}}").pod[
            "affinity"
        ]
        for kind in ("podAffinity", "podAntiAffinity")
    )
    assert beside["podAntiAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"]
    assert not in_its_place["podAntiAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"]


def test_a_constraint_without_a_selector_selects_the_applications_pods(render_case: CaseRenderer) -> None:
    rendered = render_case("scheduling")
    assert rendered.pod["topologySpreadConstraints"][0] == {
        "maxSkew": 1,
        "topologyKey": "topology.kubernetes.io/zone",
        "whenUnsatisfiable": "DoNotSchedule",
        "labelSelector": own_pods(rendered),
    }


def test_a_constraint_for_other_pods_is_left_alone(render_case: CaseRenderer) -> None:
    constraint = render_case("scheduling").pod["topologySpreadConstraints"][1]
    assert constraint["labelSelector"] == {"matchLabels": {"tier": "web"}}


def test_an_affinity_term_without_a_selector_selects_the_applications_pods(render_case: CaseRenderer) -> None:
    rendered = render_case("scheduling")
    rules = rendered.pod["affinity"]["podAntiAffinity"]
    (required,) = rules["requiredDuringSchedulingIgnoredDuringExecution"]
    (preferred,) = rules["preferredDuringSchedulingIgnoredDuringExecution"]
    assert required == {"topologyKey": "kubernetes.io/hostname", "labelSelector": own_pods(rendered)}
    assert preferred == {
        "weight": 100,
        "podAffinityTerm": {
            "topologyKey": "topology.kubernetes.io/zone",
            "labelSelector": own_pods(rendered),
        },
    }


def test_an_affinity_term_for_other_pods_is_left_alone(render_case: CaseRenderer) -> None:
    rules = render_case("scheduling").pod["affinity"]["podAffinity"]
    (preferred,) = rules["preferredDuringSchedulingIgnoredDuringExecution"]
    assert preferred["podAffinityTerm"]["labelSelector"] == {"matchLabels": {"app": "cache"}}


LEFT_ALONE = """
affinity:
  nodeAffinity:
    requiredDuringSchedulingIgnoredDuringExecution:
      nodeSelectorTerms: [{matchExpressions: [{key: disk, operator: In, values: [ssd]}]}]
  podAntiAffinity:
    requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: rack, labelSelector: {}}]
topologySpreadConstraints:
  - {maxSkew: 1, topologyKey: rack, whenUnsatisfiable: DoNotSchedule, labelSelector: {}}
"""


def test_affinity_to_nodes_is_left_alone(render_chart: ChartRenderer) -> None:
    rules = render_chart(LEFT_ALONE).pod["affinity"]["nodeAffinity"]
    (term,) = rules["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]
    assert term == {"matchExpressions": [{"key": "disk", "operator": "In", "values": ["ssd"]}]}


def test_an_empty_selector_still_selects_every_pod(render_chart: ChartRenderer) -> None:
    pod = render_chart(LEFT_ALONE).pod
    (term,) = pod["affinity"]["podAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    (constraint,) = pod["topologySpreadConstraints"]
    assert (term["labelSelector"], constraint["labelSelector"]) == ({}, {})


def test_node_selection_is_rendered_as_written(render_case: CaseRenderer) -> None:
    pod = render_case("scheduling").pod
    assert pod["nodeSelector"] == {"kubernetes.io/arch": "arm64"}
    assert pod["tolerations"] == [
        {"key": "dedicated", "operator": "Equal", "value": "api", "effect": "NoSchedule"}
    ]
    assert pod["priorityClassName"] == "business-critical"
