"""Unusual strings are replaced by placeholders, and restored in the render."""

from __future__ import annotations

from typing import Any

from ci.fuzzing.placeholders import plain, restored
from ci.values.schema_walk import Schema

SCHEMA: Schema = {
    "properties": {
        "env": {"patternProperties": {"^[A-Z]+$": {"$ref": "#/definitions/text"}}},
        "command": {"type": "array", "items": {"$ref": "#/definitions/text"}},
        "kind": {"enum": ["A b", "C d"]},
        "path": {"type": "string", "pattern": "^/"},
        "labels": {"type": "object", "additionalProperties": {"type": "string"}},
    },
    "definitions": {"text": {"type": "string"}},
}


def replaced(values: Any) -> Any:
    return plain(SCHEMA, values).values


def test_an_unusual_string_is_replaced_where_the_schema_allows_any_string() -> None:
    values = {"env": {"A": "a: b"}, "command": ["x", "{{ y }}"], "labels": {"a": "\n"}}
    assert replaced(values) == {
        "env": {"A": "placeholder-0-"},
        "command": ["x", "placeholder-1-"],
        "labels": {"a": "placeholder-2-"},
    }


def test_equal_strings_have_the_same_placeholder() -> None:
    assert replaced({"command": ["a b", "c d", "a b"]})["command"] == [
        "placeholder-0-",
        "placeholder-1-",
        "placeholder-0-",
    ]


def test_a_string_that_yaml_could_read_as_a_number_or_boolean_is_replaced() -> None:
    env = {"A": "yes", "B": "1e3", "C": "0123", "D": "plain"}
    assert replaced({"env": env})["env"] == {
        "A": "placeholder-0-",
        "B": "placeholder-1-",
        "C": "placeholder-2-",
        "D": "plain",
    }


def test_a_string_that_may_have_a_meaning_is_kept() -> None:
    values = {"kind": "A b", "path": "/a b", "command": ["Always", "SYS_ADMIN", "tmp", "1Gi", ""]}
    assert replaced(values) == values


def test_keys_numbers_and_nulls_are_kept() -> None:
    values = {"labels": {"a b": None}, "unknown": 3}
    assert replaced(values) == values


def test_placeholders_are_restored_also_within_other_strings_but_not_in_keys() -> None:
    values, texts = plain(SCHEMA, {"command": ["a b", "c\nd"]})
    one, other = values["command"]
    assert restored({one: [f"--{one}={other}", 1]}, texts) == {one: ["--a b=c\nd", 1]}
