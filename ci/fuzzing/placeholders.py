"""Puts plain texts in the place of strange ones: whatever they are made into has to be the same otherwise."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from ci.values import schema_walk
from ci.values.schema_walk import Schema

Values = dict[str, Any]

_STAND_IN = re.compile(r"stand-in-\d+-")
_PLAIN = re.compile(r"[A-Za-z0-9_.:/%*-]*")
# What an unquoted text would be read as something else for, without a strange character in it.
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
    """Values with stand-ins, and the text that each stands for."""

    values: Values
    texts: dict[str, str]


def plain(schema: Schema, values: Values) -> Plain:
    """Return values with a stand-in for each text that no pattern or name could give a meaning to.

    ``schema`` is the values.schema.json that they are valid for.
    """
    stand_ins: dict[str, str] = {}
    replaced = _replaced(schema, schema, values, stand_ins)
    return Plain(replaced, {stand_in: text for text, stand_in in stand_ins.items()})


def restored(node: Any, texts: dict[str, str]) -> Any:
    """Return what was made of values with the texts themselves in the place of their stand-ins."""
    if isinstance(node, dict):
        return {key: restored(value, texts) for key, value in node.items()}
    if isinstance(node, list):
        return [restored(item, texts) for item in node]
    return _STAND_IN.sub(lambda found: texts[found[0]], node) if isinstance(node, str) else node


def _replaced(schema: Schema, part: Schema, value: Any, stand_ins: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {
            key: _replaced(schema, schema_walk.below(schema, part, key), inner, stand_ins)
            for key, inner in value.items()
        }
    if isinstance(value, list):
        part = schema_walk.below(schema, part, 0)
        return [_replaced(schema, part, item, stand_ins) for item in value]
    if not isinstance(value, str) or part.keys() & {"pattern", "enum", "const"}:
        return value
    if value not in AMBIGUOUS and _PLAIN.fullmatch(value):
        return value
    return stand_ins.setdefault(value, f"stand-in-{len(stand_ins)}-")
