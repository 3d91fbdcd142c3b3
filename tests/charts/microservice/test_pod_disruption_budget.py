"""The disruption budget: drained nodes take pods one by one, and no drain is held up."""

from __future__ import annotations

import pytest

from ci.kubernetes.manifests import Object
from tests.support.rendering import CaseRenderer, ChartRenderer, Rendered


def spec(rendered: Rendered) -> Object:
    found: Object = rendered.one("PodDisruptionBudget")["spec"]
    return found


def test_one_pod_at_a_time_may_be_evicted_and_an_unhealthy_one_always(render_case: CaseRenderer) -> None:
    rendered = render_case("defaults")
    assert spec(rendered) == {
        "maxUnavailable": 1,
        "unhealthyPodEvictionPolicy": "AlwaysAllow",
        "selector": rendered.deployment["selector"],
    }


def test_min_available_replaces_max_unavailable(render_case: CaseRenderer) -> None:
    budget = spec(render_case("disruption-budget"))
    assert budget["minAvailable"] == "60%"
    assert "maxUnavailable" not in budget


def test_min_available_may_be_zero(render_chart: ChartRenderer) -> None:
    assert spec(render_chart("podDisruptionBudget: {minAvailable: 0}"))["minAvailable"] == 0


@pytest.mark.parametrize(
    "values",
    [
        "replicaCount: 1",
        "replicaCount: null",
        "podDisruptionBudget: {enabled: false}",
        "podDisruptionBudget: {enabled: null}",
        "autoscaling: {enabled: true, minReplicas: 1}",
        "autoscaling: {enabled: true, minReplicas: null}",
        "autoscaling: {external: true}",
        "podDisruptionBudget: {enabled: false, maxUnavailable: 1}",
    ],
)
def test_there_is_no_budget_where_two_pods_are_not_guaranteed_or_it_is_disabled(
    values: str, render_chart: ChartRenderer
) -> None:
    assert render_chart(values).all("PodDisruptionBudget") == {}


@pytest.mark.parametrize(
    ("values", "budget"),
    [
        ("{replicaCount: 1, podDisruptionBudget: {maxUnavailable: 25%}}", {"maxUnavailable": "25%"}),
        ("{replicaCount: 0, podDisruptionBudget: {minAvailable: 1}}", {"minAvailable": 1}),
        ("{autoscaling: {external: true}, podDisruptionBudget: {minAvailable: 3}}", {"minAvailable": 3}),
        ("{autoscaling: {external: true}, podDisruptionBudget: {maxUnavailable: 1}}", {"maxUnavailable": 1}),
    ],
)
def test_a_budget_that_is_set_is_made_however_many_pods_there_are(
    values: str, budget: Object, render_chart: ChartRenderer
) -> None:
    assert budget.items() <= spec(render_chart(values)).items()
    assert not {"minAvailable", "maxUnavailable"} <= spec(render_chart(values)).keys()


def test_with_an_autoscaler_its_min_replicas_are_guaranteed(
    render_case: CaseRenderer, render_chart: ChartRenderer
) -> None:
    assert spec(render_case("api"))["maxUnavailable"] == 1
    assert render_chart("{replicaCount: 1, autoscaling: {enabled: true}}").all("PodDisruptionBudget")


BOTH = "podDisruptionBudget: Kubernetes accepts minAvailable or maxUnavailable, not both; remove one of them"
NONE_GOES = "allows no eviction, so no node can be drained; set at least 1"
NONE_STAYS_AWAY = "allows no eviction, so no node can be drained; lower it, or set maxUnavailable: 1 instead"


@pytest.mark.parametrize(
    ("budget", "problem"),
    [
        ("{minAvailable: 1, maxUnavailable: 1}", BOTH),
        ("{maxUnavailable: 0}", f"podDisruptionBudget.maxUnavailable: 0 {NONE_GOES}"),
        ("{maxUnavailable: 0%}", f"podDisruptionBudget.maxUnavailable: 0% {NONE_GOES}"),
        ("{minAvailable: 3}", f"podDisruptionBudget.minAvailable: 3 of 3 pods {NONE_STAYS_AWAY}"),
        ("{minAvailable: 4}", f"podDisruptionBudget.minAvailable: 4 of 3 pods {NONE_STAYS_AWAY}"),
        # 2.01 pods are 3.
        ("{minAvailable: 67%}", f"podDisruptionBudget.minAvailable: 67% of 3 pods {NONE_STAYS_AWAY}"),
        ("{minAvailable: 1, maxUnavailable: 0}\nreplicaCount: 1", BOTH),
        (
            "{minAvailable: 100%}\nautoscaling: {external: true}",
            f"podDisruptionBudget.minAvailable: 100% of all pods {NONE_STAYS_AWAY}",
        ),
    ],
)
def test_a_budget_that_allows_no_eviction_is_refused(
    budget: str, problem: str, render_chart: ChartRenderer
) -> None:
    assert render_chart.problems(f"podDisruptionBudget: {budget}") == [problem]


@pytest.mark.parametrize("budget", ["minAvailable: 2", "minAvailable: 66%", "maxUnavailable: 1%"])
def test_a_budget_that_allows_one_eviction_is_accepted(budget: str, render_chart: ChartRenderer) -> None:
    key, _, value = budget.partition(": ")
    assert str(spec(render_chart(f"podDisruptionBudget: {{{budget}}}"))[key]) == value
