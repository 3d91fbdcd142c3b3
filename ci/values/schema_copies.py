"""Definitions of a schema that say the same, of which one is enough: every part costs Helm time."""

from __future__ import annotations

import json
from typing import Any

from ci.values.kubernetes_parts import Schema

_REFERENCE = "#/definitions/"


def merged(schema: Schema) -> Schema:
    """Return a schema with the first of the definitions that say the same, to which all references lead."""
    kept: dict[str, str] = {}
    firsts = {
        _REFERENCE + name: _REFERENCE + kept.setdefault(json.dumps(part, sort_keys=True), name)
        for name, part in schema["definitions"].items()
    }
    if len(kept) == len(firsts):
        return schema
    # Those that lead to one and those that lead to its copy may say the same now.
    return merged(
        _led({**schema, "definitions": {name: schema["definitions"][name] for name in kept.values()}}, firsts)
    )


def _led(node: Any, firsts: dict[str, str]) -> Any:
    if isinstance(node, list):
        return [_led(item, firsts) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: firsts[value] if key == "$ref" and isinstance(value, str) else _led(value, firsts)
        for key, value in node.items()
    }
