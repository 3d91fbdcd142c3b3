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


def test_a_strange_text_gets_a_stand_in_wherever_the_schema_takes_any() -> None:
    values = {"env": {"A": "a: b"}, "command": ["x", "{{ y }}"], "labels": {"a": "\n"}}
    assert replaced(values) == {
        "env": {"A": "stand-in-0-"},
        "command": ["x", "stand-in-1-"],
        "labels": {"a": "stand-in-2-"},
    }


def test_one_text_has_one_stand_in() -> None:
    assert replaced({"command": ["a b", "c d", "a b"]})["command"] == [
        "stand-in-0-",
        "stand-in-1-",
        "stand-in-0-",
    ]


def test_a_text_that_yaml_would_make_a_number_or_a_switch_gets_one_too() -> None:
    assert replaced({"env": {"A": "yes", "B": "1e3", "C": "0123"}})["env"].keys() == {"A", "B", "C"}
    assert "yes" not in str(replaced({"env": {"A": "yes"}}))


def test_a_text_that_may_mean_something_stays() -> None:
    values = {"kind": "A b", "path": "/a b", "command": ["Always", "SYS_ADMIN", "tmp", "1Gi", ""]}
    assert replaced(values) == values


def test_keys_numbers_and_nulls_stay() -> None:
    values = {"labels": {"a b": None}, "unknown": 3}
    assert replaced(values) == values


def test_what_was_made_gets_its_texts_back_within_other_texts_too() -> None:
    values, texts = plain(SCHEMA, {"command": ["a b", "c\nd"]})
    one, other = values["command"]
    assert restored({one: [f"--{one}={other}", 1]}, texts) == {one: ["--a b=c\nd", 1]}
