"""Replaces unusual strings of values by placeholders: the render must otherwise be identical."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from ci.values import schema_walk
from ci.values.schema_walk import Schema

Values = dict[str, Any]

_PLACEHOLDER = re.compile(r"placeholder-\d+-")
_PLAIN = re.compile(r"[A-Za-z0-9_.:/%*-]*")
# Strings of plain characters that YAML reads as another type if they are not quoted.
AMBIGUOUS = (
    "yes",
    "NO",
    "on",
    "n",
    "null",
    "True",
    "1e3",
    "0123",
    "1_000",
    "0x1F",
    "1.10",
    ".inf",
    "-0",
    "1000000",
)


class Plain(NamedTuple):
    """Values with placeholders, and the string that each stands for: {placeholder: string}."""

    values: Values
    texts: dict[str, str]


def plain(schema: Schema, values: Values) -> Plain:
    """Return values with a placeholder for each unusual string whose form the schema does not restrict.

    ``schema`` is a built schema for which the values are valid.
    """
    placeholders: dict[str, str] = {}
    replaced = _replaced(schema, schema, values, placeholders)
    return Plain(replaced, {placeholder: text for text, placeholder in placeholders.items()})


def restored(node: Any, texts: dict[str, str]) -> Any:
    """Return a rendered document with each placeholder replaced by its string, also within longer strings."""
    if isinstance(node, dict):
        return {key: restored(value, texts) for key, value in node.items()}
    if isinstance(node, list):
        return [restored(item, texts) for item in node]
    return _PLACEHOLDER.sub(lambda found: texts[found[0]], node) if isinstance(node, str) else node


def _replaced(schema: Schema, part: Schema, value: Any, placeholders: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {
            key: _replaced(schema, schema_walk.below(schema, part, key), inner, placeholders)
            for key, inner in value.items()
        }
    if isinstance(value, list):
        part = schema_walk.below(schema, part, 0)
        return [_replaced(schema, part, item, placeholders) for item in value]
    if not isinstance(value, str) or part.keys() & {"pattern", "enum", "const"}:
        return value
    if value not in AMBIGUOUS and _PLAIN.fullmatch(value):
        return value
    return placeholders.setdefault(value, f"placeholder-{len(placeholders)}-")
