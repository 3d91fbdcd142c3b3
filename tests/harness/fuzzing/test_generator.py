"""What is drawn is valid, and is what a person could mean often enough to come through the checks."""

from __future__ import annotations

import functools
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
    """Values of several draws: one leans to texts that stand in whatever modules are loaded."""
    return [each for seed in range(3) for each in drawn(SCHEMA, seed, 120)]


@functools.cache
def wrong(chart: Chart, seed: int) -> list[str]:
    schema = json.loads((chart.path / "values.schema.json").read_text(encoding="utf-8"))
    valid = values_schema.validator(schema).is_valid
    return [json.dumps(each) for each in drawn(schema, seed, 25) if not valid(each)]


def test_what_is_drawn_is_valid(values: list[dict[str, Any]]) -> None:
    valid = values_schema.validator(SCHEMA).is_valid
    assert [each for each in values if not valid(each)] == []


@pytest.mark.parametrize("chart", catalog.charts(), ids=lambda chart: chart.name)
def test_what_is_drawn_for_a_chart_is_valid(chart: Chart, seed: int) -> None:
    assert wrong(chart, seed) == []


def test_every_key_is_drawn_but_those_that_are_refused_or_may_hold_anything(
    values: list[dict[str, Any]],
) -> None:
    counts = Counter(key for each in values for key in each)
    assert SCHEMA["properties"].keys() - counts.keys() == {"old", "open", "extraObjects"}
    assert all(count > 5 for count in counts.values())
    assert all(each["several"] == [] for each in values if "several" in each)


def test_there_is_an_image_always(values: list[dict[str, Any]]) -> None:
    assert all(each["image"].keys() == {"repository", "tag"} for each in values)


def test_null_is_drawn_now_and_then(values: list[dict[str, Any]]) -> None:
    nulls = [value is None for each in values for value in each.values()]
    assert 0 < sum(nulls) < len(nulls) / 10


def test_a_switch_is_on_mostly(values: list[dict[str, Any]]) -> None:
    switches = [each["block"]["enabled"] for each in values if "block" in each]
    assert len(switches) / 2 < sum(switches) < len(switches)


def test_of_several_sources_one_is_drawn(values: list[dict[str, Any]]) -> None:
    sources = [each["source"].keys() - {"prefix"} for each in values if each.get("source")]
    assert {frozenset(source) for source in sources} == {
        frozenset({"configMapRef"}),
        frozenset({"secretRef"}),
    }


def test_an_example_of_the_schema_is_drawn_more_often_than_any_other_text(
    values: list[dict[str, Any]],
) -> None:
    times = [each["when"] for each in values if "when" in each]
    ((most, count), *_) = Counter(times).most_common(1)
    assert (most, count > 1) == ("0 3 * * *", True)


def test_texts_hold_what_yaml_or_a_template_would_read_otherwise(values: list[dict[str, Any]]) -> None:
    text = "".join(text for each in values for text in each.get("command", []))
    assert sum(piece in text for piece in (": ", "#", "{{", "\n", '"', "'", "\\", "- ")) >= 3


def test_one_seed_draws_the_same_values() -> None:
    assert drawn(SCHEMA, 7, 20) == drawn(SCHEMA, 7, 20) != drawn(SCHEMA, 8, 20)
