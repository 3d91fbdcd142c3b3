"""Every key and item has a path, and a fault is found where it is written, whatever the keys look like."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest

from ci.base.locations import instance_path, path_text, walk

# Texts at any depth of maps and lists.
TEXTS = jsonschema_rs.validator_for(
    {
        "type": ["string", "object", "array"],
        "additionalProperties": {"$ref": "#"},
        "items": {"$ref": "#"},
    }
)


@pytest.mark.parametrize(
    ("document", "paths"),
    [
        ({"a": {"b": 1}}, [("a", "b")]),
        ({"a": ["x", 1]}, [("a", 1)]),
        ({"0123": 1}, [("0123",)]),
        ({"123": "x", "0123": 1, "+123": "x"}, [("0123",)]),
        ({"1": [{"2": 3}]}, [("1", 0, "2")]),
        ({"": 1}, [("",)]),
        ({"": {"a": {"": 1}}}, [("", "a", "")]),
        ({"": "x", "a": {"": "x", "b": 1}}, [("a", "b")]),
        ({"99999999999999999999": 1, "~/": 2}, [("99999999999999999999",), ("~/",)]),
        ({"a": float("inf")}, [("a",)]),
        (1, [()]),
    ],
    ids=str,
)
def test_the_keys_are_those_of_the_document(document: Any, paths: list[tuple[str | int, ...]]) -> None:
    assert [instance_path(error, document) for error in TEXTS.iter_errors(document)] == paths


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        (["spec", "containers", 0, "image"], "spec.containers[0].image"),
        (["metadata", "annotations", "a.b/c"], 'metadata.annotations["a.b/c"]'),
        (["data", "LOG_LEVEL"], "data.LOG_LEVEL"),
        (["data", 'a"b'], r'data["a\"b"]'),
        ([], ""),
    ],
)
def test_a_path_can_be_read(parts: list[str | int], text: str) -> None:
    assert path_text(parts) == text


def test_every_key_and_item_is_met_with_its_path_after_what_holds_it() -> None:
    assert list(walk({"a": [{"0": None}, 2], "b": {}})) == [
        (("a",), [{"0": None}, 2]),
        (("a", 0), {"0": None}),
        (("a", 0, "0"), None),
        (("a", 1), 2),
        (("b",), {}),
    ]
