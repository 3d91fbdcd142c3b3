"""The rules that are left to the API server are few, and the chart does not refuse what breaks them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ci.charts import catalog, helm
from ci.charts.batch import Batch, Outcome
from ci.charts.values_file import read_values
from ci.fuzzing import left_rules
from ci.fuzzing.left_rules import LeftRule
from ci.values import schema as values_schema

RULES = left_rules.read()
MOST = 40


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outcome]:
    """What the values of each rule render to."""
    case = catalog.find_case("defaults")
    (image,) = map(read_values, case.values)
    named = {f"rule{number}": image | rule.values for number, rule in enumerate(RULES)}
    batch = Batch(case.chart.path, tmp_path_factory.mktemp("left"))
    rendered = batch.render(named, helm.ENGINES[-1])
    return {rule.rule: rendered[name] for name, rule in zip(named, RULES, strict=True)}


def test_few_rules_are_left_to_the_api_server() -> None:
    assert len({rule.rule for rule in RULES}) == len(RULES) <= MOST


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.rule)
def test_the_chart_does_not_refuse_what_it_leaves_to_the_api_server(
    rule: LeftRule, outcomes: dict[str, Outcome]
) -> None:
    chart: Path = catalog.find_case("defaults").chart.path
    schema = json.loads((chart / "values.schema.json").read_text(encoding="utf-8"))
    assert values_schema.validator(schema).is_valid(rule.values)
    assert outcomes[rule.rule].problems == ()
    assert outcomes[rule.rule].error == ""
