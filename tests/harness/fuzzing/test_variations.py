"""Variations of values are valid, and go where Kubernetes has rules."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import hypothesis
import pytest
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st

from ci.fuzzing import variations
from ci.values import schema as values_schema
from ci.values.schema_walk import Schema

Values = dict[str, Any]

SCHEMA: Schema = {
    "type": "object",
    "properties": {
        "image": {"type": "object"},
        "percent": {"type": "integer", "minimum": 0, "maximum": 100},
        "operator": {"enum": ["In", "Exists", None]},
        "values": {"type": "array", "items": {"type": "string", "pattern": "^[a-z]*$"}},
        "source": {"$ref": "#/definitions/source"},
        "on": {"type": "boolean"},
    },
    "additionalProperties": False,
    "definitions": {
        "source": {
            "type": "object",
            "properties": {"secret": {"type": "string"}, "config": {"type": "string"}},
            "additionalProperties": False,
        }
    },
}
VALUES: Values = {
    "image": {"tag": "1"},
    "percent": 7,
    "operator": "In",
    "values": ["a", "b"],
    "source": {"secret": "shop"},
    "on": True,
}


@pytest.fixture(scope="module")
def found() -> list[Values]:
    drawn: list[Values] = []

    @hypothesis.settings(
        max_examples=600, phases=[Phase.generate], database=None, deadline=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @hypothesis.seed(1)
    @hypothesis.given(variations.varied(SCHEMA, st.just(VALUES)))
    def draw(values: Values) -> None:
        drawn.append(values)

    draw()
    return drawn


def test_variations_are_valid(found: list[Values]) -> None:
    valid = values_schema.validator(SCHEMA).is_valid
    assert [each for each in found if not valid(each)] == []


KINDS: dict[str, Callable[[Values], bool]] = {
    "unchanged": lambda values: values == VALUES,
    "a key dropped": lambda values: "operator" not in values,
    "two of one-of": lambda values: values.get("source", {}).keys() == {"secret", "config"},
    "an empty map": lambda values: values.get("source") == {},
    "an empty list": lambda values: values.get("values") == [],
    "an entry twice": lambda values: values.get("values") == ["a", "b", "a"],
    "a long list": lambda values: len(values.get("values", [])) > 40,
    "another word": lambda values: values.get("operator") == "Exists",
    "a number at its bound": lambda values: values.get("percent") == 100,
    "an empty string": lambda values: values.get("source", {}).get("secret") == "",
    "a long name": lambda values: len(values.get("source", {}).get("secret", "")) == 64,
    "the name of something else": lambda values: values.get("source", {}).get("secret") == "b",
    "a switch": lambda values: values.get("on") is False,
}


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_every_kind_of_change_is_drawn(kind: Callable[[Values], bool], found: list[Values]) -> None:
    assert any(map(kind, found)), json.dumps(found[:20])


def test_the_values_themselves_and_the_image_stay(found: list[Values]) -> None:
    assert VALUES["values"] == ["a", "b"]
    assert all(each["image"] == {"tag": "1"} for each in found)
