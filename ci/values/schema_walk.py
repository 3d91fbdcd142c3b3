"""Finds the parts of a values schema: JSON Schema draft-07 whose references are to its own definitions."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from typing import Any

from ci.base.locations import InstancePath

Schema = dict[str, Any]
# Where a part stands within a schema: ("properties", "image", "properties", "tag").
Place = tuple[str | int, ...]

REFERENCE = "#/definitions/"
# Keywords whose value is a map of schemas by name or pattern, and those whose value is a schema.
MAPS_OF_SCHEMAS = frozenset({"properties", "patternProperties", "definitions", "dependencies"})
SCHEMAS = frozenset({"additionalProperties", "items", "then", "else"})


def target(part: Schema) -> str:
    """Return the name of the definition that a part refers to, "" if it refers to none."""
    return str(part.get("$ref", "")).removeprefix(REFERENCE)


def resolved(schema: Schema, part: Schema) -> Schema:
    """Return a part with its ``$ref`` replaced by the definition; annotations beside the ``$ref`` win.

    A part without a type whose "else" is a ``$ref`` is that definition but for the keys of its "then".
    """
    if "$ref" in part:
        rest = {keyword: value for keyword, value in part.items() if keyword != "$ref"}
        part = {**schema["definitions"][target(part)], **rest}
    if "type" not in part and (base := target(part.get("else", {}))):
        whole = schema["definitions"][base]
        part = {**whole, "properties": {**whole["properties"], **part["then"]["properties"]}}
    return part


def types(part: Schema) -> list[str]:
    """Return the types that a resolved part accepts, also if it has them in an "if"; [] if it names none."""
    named = part.get("type", part.get("if", {}).get("type", []))
    return [named] if isinstance(named, str) else named


def below(schema: Schema, part: Schema, key: str | int) -> Schema:
    """Return the resolved part for the value of a key or for an item, within the part for a map or list.

    It is {} where any value is allowed, and where none is.
    """
    part = resolved(schema, part)
    if isinstance(key, int):
        inner = part.get("items")
    elif key in part.get("properties", {}):
        inner = part["properties"][key]
    else:
        patterns = part.get("patternProperties", {})
        matching = (inner for pattern, inner in patterns.items() if re.search(pattern, key))
        inner = next(matching, part.get("additionalProperties"))
    return resolved(schema, inner) if isinstance(inner, dict) else {}


def entries(schema: Schema, part: Schema) -> list[Schema]:
    """Return the parts for the entries of a map with free keys, and for the items of a list, unresolved."""
    part = resolved(schema, part)
    found = [*part.get("patternProperties", {}).values(), part.get("items"), part.get("additionalProperties")]
    return [inner for inner in found if isinstance(inner, dict)]


def part_for(schema: Schema, path: InstancePath) -> Schema:
    """Return the resolved part for the value at a path of the values; {} as ``below`` does."""
    return functools.reduce(lambda part, key: below(schema, part, key), path, schema)


def part_at(schema: Schema, place: Sequence[str | int]) -> Schema:
    """Return the part at a place of the schema; raises LookupError if there is none."""
    part: Any = schema
    for name in place:
        part = part[name]
    found: Schema = part
    return found


def walk(schema: Any, place: Place = ()) -> Iterator[tuple[Place, Schema]]:
    """Yield every part of a schema with its place, the schema itself first; no reference is followed."""
    if isinstance(schema, bool):
        return
    yield place, schema
    for keyword, value in schema.items():
        if keyword in SCHEMAS:
            yield from walk(value, (*place, keyword))
        elif keyword in MAPS_OF_SCHEMAS:
            for name, part in value.items():
                yield from walk(part, (*place, keyword, name))


def used_definitions(schema: Schema) -> set[str]:
    """Return the names of the definitions that a schema refers to, also from within other definitions."""
    definitions = schema.get("definitions", {})
    used: set[str] = set()
    waiting = [{keyword: value for keyword, value in schema.items() if keyword != "definitions"}]
    while waiting:
        targets = {target(part) for _, part in walk(waiting.pop()) if "$ref" in part}
        waiting += [definitions[name] for name in (targets - used) & definitions.keys()]
        used |= targets
    return used
