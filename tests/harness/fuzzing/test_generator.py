"""Generated values are valid, and often enough sensible to pass the chart's checks."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import hypothesis
import pytest
from hypothesis import HealthCheck, Phase

from ci.charts import catalog
from ci.charts.catalog import Chart
from ci.fuzzing import generator
from ci.values import schema as values_schema
from ci.values.schema_walk import Schema

NULL = "null"
SCHEMA: Schema = {
    "type": "object",
    "properties": {
        "image": {
            "type": "object",
            "properties": {"repository": {"type": "string"}, "tag": {"type": "string"}},
        },
        "count": {"type": ["integer", NULL], "minimum": 0, "maximum": 2**31 - 1},
        "share": {"type": "number", "minimum": 0},
        "kind": {"enum": ["A", "B", None]},
        "command": {"type": "array", "items": {"type": "string"}},
        "tag": {
            "if": {"type": ["string", NULL]},
            "else": {"const": "a text"},
            "pattern": "^[a-z]*$",
            "maxLength": 3,
        },
        "when": {"type": "string", "pattern": "^[^ ]+( [^ ]+){4}$", "examples": ["0 3 * * *"]},
        "names": {"type": "array", "items": {"$ref": "#/definitions/name!"}, "minItems": 1},
        "block": {
            "type": "object",
            "required": ["path"],
            "properties": {"enabled": {"type": "boolean"}, "path": {"type": "string", "pattern": "^/"}},
            "additionalProperties": False,
        },
        "source": {"$ref": "#/definitions/EnvFromSource"},
        "ports": {
            "type": "object",
            "patternProperties": {"^[a-z0-9]+$": {"type": "integer"}, "^[0-9]+$": {"const": "a letter"}},
            "additionalProperties": False,
        },
        "old": {"const": "not a key here"},
        "list": {
            "type": ["object", "array"],
            "items": {"const": "not a list"},
            "additionalProperties": {"type": "integer"},
        },
        "open": {"type": "object", "additionalProperties": True},
        "several": {"type": "array", "items": {"type": "object"}},
        "extraObjects": {"type": "array", "items": {"type": ["object", "string"]}},
    },
    "additionalProperties": False,
    "definitions": {
        "name!": {"type": "string", "pattern": "^[a-z]+$"},
        "EnvFromSource": {
            "type": ["object", NULL],
            "properties": {
                "prefix": {"type": "string"},
                "configMapRef": {"type": ["object", NULL], "properties": {"name": {"type": "string"}}},
                "secretRef": {"type": ["object", NULL], "properties": {"name": {"type": "string"}}},
            },
        },
    },
}


def drawn(schema: Schema, seed: int, number: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=number,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(generator.values(schema))
    def draw(values: dict[str, Any]) -> None:
        found.append(values)

    draw()
    return found


@pytest.fixture(scope="module")
def values() -> list[dict[str, Any]]:
    """Values of several seeds: Hypothesis prefers strings that it finds in loaded modules."""
    return [each for seed in range(8) for each in drawn(SCHEMA, seed, 120)]


def test_generated_values_are_valid(values: list[dict[str, Any]]) -> None:
    valid = values_schema.validator(SCHEMA).is_valid
    assert [each for each in values if not valid(each)] == []


@pytest.mark.parametrize("chart", catalog.charts(), ids=lambda chart: chart.name)
def test_generated_values_of_a_chart_are_valid(chart: Chart, seed: int) -> None:
    schema = json.loads((chart.path / "values.schema.json").read_text(encoding="utf-8"))
    found = drawn(schema, seed, 25)
    valid = values_schema.validator(schema).is_valid
    assert [json.dumps(each) for each in found if not valid(each)] == []
    assert len({json.dumps(each) for each in found}) > 5


def test_every_key_is_set_except_refused_ones_and_maps_that_may_hold_anything(
    values: list[dict[str, Any]],
) -> None:
    counts = Counter(key for each in values for key in each)
    assert SCHEMA["properties"].keys() - counts.keys() == {"old", "open", "extraObjects"}
    assert all(count > 5 for count in counts.values())
    assert all(each["several"] == [] for each in values if "several" in each)


def test_the_image_is_always_set(values: list[dict[str, Any]]) -> None:
    assert all(each["image"].keys() == {"repository", "tag"} for each in values)


def test_a_few_values_are_null(values: list[dict[str, Any]]) -> None:
    nulls = [value is None for each in values for value in each.values()]
    assert 0 < sum(nulls) < len(nulls) / 10


def test_enabled_is_mostly_true(values: list[dict[str, Any]]) -> None:
    switches = [each["block"]["enabled"] for each in values if "block" in each]
    assert len(switches) / 2 < sum(switches) < len(switches)


def test_exactly_one_of_several_sources_is_set(values: list[dict[str, Any]]) -> None:
    sources = [each["source"].keys() - {"prefix"} for each in values if each.get("source")]
    assert {frozenset(source) for source in sources} == {
        frozenset({"configMapRef"}),
        frozenset({"secretRef"}),
    }


def test_an_example_of_the_schema_is_more_frequent_than_any_other_string(
    values: list[dict[str, Any]],
) -> None:
    times = [each["when"] for each in values if "when" in each]
    ((most, count), *_) = Counter(times).most_common(1)
    assert (most, count > 1) == ("0 3 * * *", True)


def test_strings_have_parts_that_yaml_or_a_template_could_change(values: list[dict[str, Any]]) -> None:
    text = "".join(text for each in values for text in each.get("command", []))
    assert sum(piece in text for piece in (": ", "#", "{{", "\n", '"', "'", "\\", "- ")) >= 3


def test_the_same_seed_generates_the_same_values() -> None:
    assert drawn(SCHEMA, 7, 20) == drawn(SCHEMA, 7, 20) != drawn(SCHEMA, 8, 20)
