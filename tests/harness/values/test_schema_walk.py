"""The parts of a values schema are found by key, by path and by place."""

from __future__ import annotations

import pytest

from ci.base.locations import InstancePath
from ci.values import schema_walk
from ci.values.schema_walk import Schema

TEXT = {"type": ["string", "null"]}
PORT = {"if": {"type": "integer"}, "else": {"const": "a number"}}
SCHEMA: Schema = {
    "type": "object",
    "properties": {
        "name": {"$ref": "#/definitions/text", "description": "Whose."},
        "ports": {"type": "array", "items": {"$ref": "#/definitions/port"}},
        "labels": {
            "type": "object",
            "properties": {"app": {"type": "string"}},
            "patternProperties": {"^x-": True, "^[a-z]+$": {"$ref": "#/definitions/text"}},
            "additionalProperties": {"type": "integer"},
        },
        "block": {"$ref": "#/definitions/block"},
        "named": {"$ref": "#/definitions/named"},
    },
    "additionalProperties": False,
    "definitions": {
        "text": TEXT,
        "port": PORT,
        "block": {"type": "object", "properties": {"tag": {"$ref": "#/definitions/tag"}}},
        "tag": {"type": "string"},
        "named": {
            "if": {"required": ["tag"]},
            "then": {"properties": {"tag": {"const": "not here"}}},
            "else": {"$ref": "#/definitions/block"},
        },
        "unused": {"type": "array", "items": {"$ref": "#/definitions/unused"}},
    },
}


@pytest.mark.parametrize(
    ("path", "part"),
    [
        ((), SCHEMA),
        (("name",), {**TEXT, "description": "Whose."}),
        (("ports", 3), PORT),
        (("labels", "app"), {"type": "string"}),
        (("labels", "team"), TEXT),
        (("labels", "Team"), {"type": "integer"}),
        (("labels", "x-any"), {}),
        (("block", "tag"), {"type": "string"}),
        (("unknown",), {}),
        (("unknown", "below", 0), {}),
        (("name", "below"), {}),
    ],
)
def test_the_part_for_a_value_is_found_through_references_and_patterns(
    path: InstancePath, part: Schema
) -> None:
    assert schema_walk.part_for(SCHEMA, path) == part


def test_a_part_that_is_another_but_for_a_key_has_the_keys_of_both() -> None:
    block = schema_walk.part_for(SCHEMA, ("block",))
    assert schema_walk.part_for(SCHEMA, ("named",)) == {**block, "properties": {"tag": {"const": "not here"}}}


def test_a_reference_leads_to_the_name_of_a_definition() -> None:
    assert schema_walk.target({"$ref": "#/definitions/text"}) == "text"
    assert schema_walk.target({"type": "string"}) == ""


def test_a_part_is_found_by_its_place() -> None:
    assert schema_walk.part_at(SCHEMA, ("definitions", "port", "if")) == {"type": "integer"}
    with pytest.raises(LookupError):
        schema_walk.part_at(SCHEMA, ("definitions", "none"))


def test_every_part_is_met_at_its_place_and_references_are_not_followed() -> None:
    found = dict(schema_walk.walk(SCHEMA))
    assert found.keys() == {
        (),
        ("properties", "name"),
        ("properties", "ports"),
        ("properties", "ports", "items"),
        ("properties", "labels"),
        ("properties", "labels", "properties", "app"),
        ("properties", "labels", "patternProperties", "^[a-z]+$"),
        ("properties", "labels", "additionalProperties"),
        ("properties", "block"),
        ("properties", "named"),
        ("definitions", "port", "else"),
        ("definitions", "text"),
        ("definitions", "port"),
        ("definitions", "block"),
        ("definitions", "block", "properties", "tag"),
        ("definitions", "tag"),
        ("definitions", "named"),
        ("definitions", "named", "then"),
        ("definitions", "named", "then", "properties", "tag"),
        ("definitions", "named", "else"),
        ("definitions", "unused"),
        ("definitions", "unused", "items"),
    }
    assert all(schema_walk.part_at(SCHEMA, place) is part for place, part in found.items())


def test_the_entries_of_maps_and_lists_are_those_of_patterns_items_and_other_keys() -> None:
    properties = SCHEMA["properties"]
    text = {"$ref": "#/definitions/text"}
    assert schema_walk.entries(SCHEMA, properties["labels"]) == [text, {"type": "integer"}]
    assert schema_walk.entries(SCHEMA, properties["ports"]) == [{"$ref": "#/definitions/port"}]
    assert schema_walk.entries(SCHEMA, properties["block"]) == []


@pytest.mark.parametrize(
    ("part", "types"),
    [({"type": "string"}, ["string"]), (TEXT, ["string", "null"]), (PORT, ["integer"]), ({"enum": [1]}, [])],
)
def test_the_types_of_a_part_are_a_list_also_under_if(part: Schema, types: list[str]) -> None:
    assert schema_walk.types(part) == types


def test_a_definition_is_used_also_by_another_one_that_is() -> None:
    assert schema_walk.used_definitions(SCHEMA) == {"text", "port", "block", "tag", "named"}
    assert schema_walk.used_definitions({"type": "object"}) == set()
