"""What can't work in an environment is refused before anything is changed, all of it at once."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from ci.charts import helm
from ci.charts.values_file import read_values
from tests.support.messages import messages_of
from tests.support.problems import Refusals, Row, table
from tests.support.rendering import NEWEST_ENGINE, ChartRenderer, with_both_engines

ROWS = table(Path(__file__).parent / "data" / "problems.yaml")


@pytest.fixture(scope="module")
def refusals(render_chart: ChartRenderer, tmp_path_factory: pytest.TempPathFactory) -> Refusals:
    return Refusals(ROWS, render_chart, tmp_path_factory.mktemp("refusals"), base={})


@with_both_engines
@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_problem_is_named_and_nothing_else(row: Row, engine: int, refusals: Refusals) -> None:
    assert refusals(row, engine) == row.problems


@with_both_engines
def test_problems_of_all_checks_come_in_one_report_in_the_order_of_the_table(
    engine: int, render_chart: ChartRenderer
) -> None:
    """The first problem of each check."""
    values = """
        name: default
        labels: {pod-security.kubernetes.io/enforce: baseline}
        resourceQuota: {hard: {limits.memory: 256Mi, requests.memory: 256Mi}}
        limitRange:
          limits:
            Container: {default: {memory: 1610612736}, max: {memory: 1600M}, maxLimitRequestRatio: {cpu: 0.5}}
            PersistentVolumeClaim: {max: {cpu: 1}}
            Pod: {max: {memory: 1024Mi}}
    """
    rows = {row.name: row.problems for row in ROWS}
    assert render_chart.problems(values, engine=engine) == [
        rows["the namespace that is there always"][0],
        rows["labels that say something else than their keys"][1],
        rows["a default above its maximum"][1],
        rows["a bound of claims that is not about storage"][0],
        rows["ratios that no container can have"][0],
        rows["a default above its maximum"][2],
        rows["defaults above the quota"][0],
    ]


@pytest.fixture(scope="module")
def own_namespace(render_chart: ChartRenderer, tmp_path_factory: pytest.TempPathFactory) -> str:
    """What is said of a release that lies in the namespace that it would make."""
    with pytest.raises(helm.HelmError) as refused:
        helm.template(render_chart.path, engine=NEWEST_ENGINE, release="staging", namespace="staging")
    return str(refused.value)


def test_a_release_can_not_lie_in_the_namespace_that_it_makes(own_namespace: str) -> None:
    assert "the namespace staging can't be created by a release in that namespace: " in own_namespace
    assert own_namespace.endswith("; install the release in another namespace, such as -n default")


def test_every_message_is_said_of_a_row_above(render_chart: ChartRenderer, own_namespace: str) -> None:
    said = [*itertools.chain(*(row.problems for row in ROWS)), own_namespace, *render_chart.problems(NULLS)]
    assert messages_of(render_chart.path)
    for message in messages_of(render_chart.path):
        assert any(map(message.search, said)), message.pattern


NULLS = "{limitRange: null, networkPolicy: null, podSecurity: null, resourceQuota: null, name: kube-system}"


@with_both_engines
def test_a_block_that_null_takes_away_is_a_slip_and_told_before_anything_else(
    engine: int, render_chart: ChartRenderer
) -> None:
    blocks = [line.partition(": null ")[0] for line in render_chart.problems(NULLS, engine=engine)]
    defaults = read_values(render_chart.path / "values.yaml").items()
    assert blocks == sorted(key for key, value in defaults if value and isinstance(value, dict))


@pytest.mark.parametrize(
    "values",
    [
        "limitRange: {limits: {Container: {default: {memory: 1Gi}, max: {memory: 1024Mi}}}}",
        "limitRange: {limits: {Container: {min: {cpu: 50m}, max: {cpu: 0.2}}}}",
        "limitRange: {limits: {Container: {min: {cpu: 50m}, max: {cpu: '+1'}}}}",
        "{resourceQuota: {hard: {limits.memory: 1Mi, requests.memory: 1Mi}}, limitRange: {enabled: false}}",
        "resourceQuota: {enabled: false, hard: {limits.memory: 1Mi}}",
        "limitRange: {limits: {Container: {default: {memory: null}, max: {memory: 128Mi}}}}",
        "limitRange: {limits: {Container: {max: {memory: 2Gi}}, Pod: {max: {memory: 512Mi}}}}",
        "limitRange: {limits: {Container: {default: {cpu: 1}, maxLimitRequestRatio: {cpu: 10, memory: 4}}}}",
        "limitRange: {limits: {Pod: {min: {cpu: 100m}, max: {cpu: 250m}, maxLimitRequestRatio: {cpu: 2.5}}}}",
        "limitRange: {limits: {Pod: {min: {cpu: 0}, max: {cpu: 1}, maxLimitRequestRatio: {cpu: 3}}}}",
        "limitRange: {enabled: false, limits: {Pod: {max: {memory: 1Mi}}}}",
        "resourceQuota: {hard: {limits.memory: 20480Mi}}",
        "{podSecurity: {enforce: null}, labels: {pod-security.kubernetes.io/enforce: baseline}}",
        "labels: {pod-security.kubernetes.io/enforce: restricted, kubernetes.io/metadata.name: api}",
    ],
)
def test_bounds_in_order_are_no_problem(values: str, render_chart: ChartRenderer) -> None:
    assert render_chart(values).one("Namespace")


@pytest.mark.parametrize(
    ("values", "path"),
    [
        ("podSecurity: {enforce: strict}", "/podSecurity/enforce"),
        ("podSecurity: {version: 1.37}", "/podSecurity/version"),
        ("name: Shop", "/name"),
        ("resourceQuota: {hard: {pods: many}}", "/resourceQuota/hard/pods"),
        ("resourceQuota: {scopeSelector: {matchExpression: []}}", "/resourceQuota/scopeSelector"),
        ("resourceQuota: {hard: {gpu: 1}}", "/resourceQuota/hard/gpu"),
        ("resourceQuota: {hard: {pods: 1.5}}", "/resourceQuota/hard/pods"),
        ("resourceQuota: {scopes: [Running]}", "/resourceQuota/scopes/0"),
        ("resourceQuota: {scopes: [Terminating, Terminating]}", "/resourceQuota/scopes"),
        (
            "resourceQuota: {scopeSelector: {matchExpressions: [{scopeName: PriorityClass, operator: In}]}}",
            "/resourceQuota/scopeSelector/matchExpressions/0",
        ),
        (
            "resourceQuota: {scopeSelector: {matchExpressions: [{scopeName: PriorityClass, operator: Exists, "
            "values: [high]}]}}",
            "/resourceQuota/scopeSelector/matchExpressions/0/values",
        ),
        (
            "resourceQuota: {scopeSelector: {matchExpressions: [{scopeName: BestEffort, "
            "operator: DoesNotExist}]}}",
            "/resourceQuota/scopeSelector/matchExpressions/0/operator",
        ),
        ("limitRange: {limits: {Container: {max: {gpu: 1}}}}", "/limitRange/limits/Container/max/gpu"),
        ("limitRange: {limits: {Pod: {default: {cpu: 1}}}}", "/limitRange/limits/Pod"),
        ("limitRange: {limits: {container: {}}}", "/limitRange/limits"),
        ("networkpolicy: {}", ""),
    ],
)
def test_what_kubernetes_would_not_take_is_refused_with_its_place(
    values: str, path: str, render_chart: ChartRenderer
) -> None:
    assert f"at '{path}'" in str(render_chart.refused(values))


@pytest.mark.parametrize(
    ("values", "count"),
    [
        ("name: default", "1 problem"),
        ("{name: default, resourceQuota: {hard: {limits.cpu: 8}}}", "2 problems"),
    ],
)
def test_the_report_counts_the_problems_and_ends_with_the_last(
    values: str, count: str, render_chart: ChartRenderer
) -> None:
    refused = render_chart.refused(values, release="shop")
    problems = "".join(f"  - {problem}\n" for problem in render_chart.problems(values, release="shop"))
    assert f'\n{count} in the values of "shop", nothing was changed:\n{problems}\n' in refused.stderr
