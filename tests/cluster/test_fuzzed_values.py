"""An API server refuses nothing that the chart accepts, but for the rules that are left to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ci.base.repository import shown
from ci.charts import catalog
from ci.charts.catalog import Chart
from ci.charts.values_file import read_values
from ci.clusters import api_server
from ci.clusters.api_server import ApiServer
from ci.clusters.lifecycle import Cluster
from ci.fuzzing import fuzz, left_rules
from ci.fuzzing.left_rules import LeftRule
from ci.fuzzing.posted import Posted

# Some values are drawn twice, and some are refused by the chart.
EXAMPLES = 1200
AT_LEAST = 500


@pytest.fixture(scope="module")
def chart() -> Chart:
    return catalog.find_case("defaults").chart


@pytest.fixture(scope="module")
def server(cluster: Cluster) -> Iterator[ApiServer]:
    with api_server.connected(cluster.kubectl) as found:
        yield found


def test_what_the_chart_accepts_is_not_refused(
    chart: Chart, server: ApiServer, tmp_path: Path, seed: int, observed: Callable[[str], None]
) -> None:
    experiment = Posted(chart, tmp_path, server)
    _, find = fuzz.search(experiment, seed, EXAMPLES)
    if find:
        folder = shown(fuzz.regressions(chart))
        pytest.fail(f"{find}Keep them as a file of {folder}/, named after what went wrong.", pytrace=False)
    assert experiment.count >= AT_LEAST
    observed(f"{experiment.count} generated values that the chart accepts, in a dry run")


def test_values_that_were_refused_once_are_not_again(chart: Chart, server: ApiServer, tmp_path: Path) -> None:
    experiment = Posted(chart, tmp_path, server)
    values = {file.name: read_values(file) for file in sorted(fuzz.regressions(chart).glob("*.yaml"))}
    accepted = {name: each for name, each in values.items() if experiment.accepts(each)}
    found = experiment.judge(list(accepted.values()))
    assert {name: faults for name, faults in zip(accepted, found, strict=True) if faults} == {}


@pytest.fixture(scope="module")
def refusals(server: ApiServer, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What the server says to the values of each rule that is left to it."""
    case = catalog.find_case("defaults")
    (image,) = map(read_values, case.values)
    experiment = Posted(case.chart, tmp_path_factory.mktemp("left"), server)
    rules = left_rules.read()
    return dict(
        zip(
            (rule.rule for rule in rules),
            experiment.refusals([image | rule.values for rule in rules]),
            strict=True,
        )
    )


@pytest.mark.parametrize("rule", left_rules.read(), ids=lambda rule: rule.rule)
def test_a_rule_that_is_left_to_the_api_server_is_held_by_it(
    rule: LeftRule, refusals: dict[str, list[str]]
) -> None:
    said = refusals[rule.rule]
    assert said
    assert [sentence for sentence in said if not rule.covers(sentence)] == []
