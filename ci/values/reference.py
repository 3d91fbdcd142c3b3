"""The tables of a chart's values for its README and its page, from schema.yaml and values.yaml."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import yaml

from ci.charts.catalog import Chart
from ci.charts.values_file import read_values
from ci.values import schema_source, schema_walk
from ci.values.schema_walk import Schema

# JSON Schema's types, in words.
TYPE_NAMES = {
    "array": "list",
    "boolean": "true or false",
    "integer": "whole number",
    "number": "number",
    "object": "map",
    "string": "string",
}


class Row(NamedTuple):
    """A key with its type, its default as YAML ("" if it has none) and its description.

    ``type`` and ``text`` are Markdown with code in backquotes.
    """

    key: str
    type: str
    default: str
    text: str


class Table(NamedTuple):
    """The keys of a chart (``entry_of`` is ""), or those of each entry of the map or list ``entry_of``."""

    entry_of: str
    rows: list[Row]


def tables(chart: Chart) -> list[Table]:
    """Return the table of a chart's keys, then one for each kind of entry whose keys have descriptions.

    Raises UserError if schema.yaml or values.yaml cannot be read.
    """
    schema = schema_source.read(chart.path / "schema.yaml")
    parts = list(_parts(schema["properties"], read_values(chart.path / "values.yaml")))
    found = [_table(schema, "", parts)]
    for key, part, _ in parts:
        for entry in _entries(schema, part):
            if inner := list(_parts(entry.get("properties", {}), {})):
                found.append(_table(schema, key, inner))
    return found


_Part = tuple[str, Schema, str]


def _table(schema: Schema, entry_of: str, parts: list[_Part]) -> Table:
    rows = [Row(key, _type(schema, part), default, part["description"]) for key, part, default in parts]
    return Table(entry_of, rows)


def _entries(schema: Schema, part: Schema) -> list[Schema]:
    """Return the resolved parts for entries of a map or list that have a definition of their own."""
    entries = schema_walk.entries(schema, part)
    return [schema_walk.resolved(schema, entry) for entry in entries if "$ref" in entry]


def _parts(
    properties: Mapping[str, Schema], defaults: Mapping[str, Any], prefix: str = ""
) -> Iterator[_Part]:
    """Yield each key with its part of the schema and its default, then the keys below it.

    Keys in a definition are left out, and so are keys without a description: Kubernetes documents those.
    """
    for name, part in properties.items():
        if "description" not in part:
            continue
        key = prefix + name
        below = [
            *_parts(part.get("properties", {}), defaults.get(name) or {}, f"{key}."),
            *_parts(part.get("items", {}).get("properties", {}), {}, f"{key}[]."),
        ]
        in_rows_below = below and defaults.get(name)
        yield key, part, "" if in_rows_below or name not in defaults else _on_one_line(defaults[name])
        yield from below


def _type(schema: Schema, part: Schema) -> str:
    described = schema_walk.resolved(schema, part)
    if "enum" in described:
        return ", ".join(f"`{choice}`" for choice in described["enum"] if choice)
    types = schema_walk.types(described)
    # A list that may only be empty is there for values that have [] where this chart has a map.
    shown = [name for name in types if name != "array" or "const" not in described["items"]]
    return " or ".join(TYPE_NAMES[name] for name in shown)


def _on_one_line(value: object) -> str:
    if isinstance(value, (dict, list)):
        return yaml.safe_dump(value, default_flow_style=True, sort_keys=False, width=2**20).strip()
    return json.dumps(value)
