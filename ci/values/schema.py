"""Builds a chart's values.schema.json from its schema.yaml, and validates values with it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs

from ci.base.locations import instance_path, path_text
from ci.base.repository import shown
from ci.charts.values_file import read_values
from ci.values import schema_source, schema_walk
from ci.values.schema_source import EXACTLY_ONE, LIMITS, OTHERWISE
from ci.values.schema_walk import MAPS_OF_SCHEMAS, REFERENCE, SCHEMAS, Place, Schema

# Ends the name of a definition where null is not allowed.
NOT_NULL = "!"
# Parts that add to another part of the same values.
_ADDITIONS = frozenset({"then", "else", "dependencies"})
# What starts a group, and what only looks like that: an escaped character, a set of characters.
_GROUP = re.compile(r"(\\.|\[\^?(?:\\.|[^\]\\])+\])|\((?!\?)")
# Keywords stand in one order in every part: equal text repeats, and the package is smaller.
_ORDER = (
    *("$ref", "type", "required", "if", "then", "else", "enum", "const", "title", "minimum", "maximum"),
    *("minLength", "maxLength", "pattern", "items", "properties", "patternProperties"),
    *("additionalProperties", "description"),
)
_SET = {"type": ["array", "boolean", "number", "object", "string"]}


def build(source: Path) -> str:
    """Return the text of the values.schema.json for a schema.yaml: JSON Schema draft-07, in one file.

    - A key that is not required may be null: null is added to its ``type`` or ``enum``, since anyOf would add
      two lines to every message.
    - An object with ``properties`` allows no others unless the source says so.
    - An integer without ``maximum`` gets that of an int32, as nearly all of Kubernetes' own.
    - ``otherwise`` becomes the ``const`` of an "else", so that Helm's message is that sentence.
    - ``exactlyOne`` becomes an "if" whose "else" has a sentence with all the keys: the message of ``oneOf``
      names none of them. A key that is null is not set.
    - An "if" stays as it is written; "then", "else" and ``dependencies`` add to the part that they are in, so
      they allow other keys. An "else" that is a $ref may be null where its part may.
    - A description stays beside its $ref: validators ignore it there (draft-07), editors show it. What all
      references to a definition repeat stands there once.
    - Every value of a schema costs Helm time. So of equal definitions only the first is kept, equal parts
      become one definition where that makes it smaller, and a definition without keys that has one reference
      stands in its place. ``default: null`` and ``additionalProperties: true`` say nothing and are left
      out. Patterns are written as Go compiles them fastest.

    Raises UserError as ``schema_source.read`` does, and for a pattern that Helm could not use
    (https://github.com/google/re2/wiki/Syntax).
    """
    schema = schema_source.read(source)
    built: Schema = _built(schema, nullable=False)
    built["definitions"] |= {
        name + NOT_NULL: _built(part, nullable=False) for name, part in schema["definitions"].items()
    }
    used = schema_walk.used_definitions(built)
    built["definitions"] = {name: part for name, part in built["definitions"].items() if name in used}
    _share_copies(built)
    _inline(built)
    _describe_once(built)
    for place, part in schema_walk.walk(built):
        if place:
            first = {keyword: part[keyword] for keyword in _ORDER if keyword in part}
            rest = {keyword: part.pop(keyword) for keyword in [*part]}
            part |= first | rest
        if "pattern" in part:
            part["pattern"] = _quick(part["pattern"])
        if names := part.get("patternProperties"):
            part["patternProperties"] = {_quick(pattern): inner for pattern, inner in names.items()}
    try:
        validator(built)
    except jsonschema_rs.ValidationError as error:
        raise schema_source.refused(source, [f"{path_text(error.instance_path)}: {error.message}"]) from None
    # Longest first makes the package smaller: similar definitions are closer to each other.
    by_length = sorted(built.pop("definitions").items(), key=lambda item: -len(_json(item[1])))
    return _text({**built, "definitions": dict(by_length)})


def validator(schema: Schema) -> jsonschema_rs.Validator:
    """Return a validator for a built schema that decides as Helm does."""
    # This regex engine has no look-around and no back references, like Go's.
    return jsonschema_rs.Draft7Validator(schema, pattern_options=jsonschema_rs.RegexOptions())


def check_values(source: Path, values_file: Path) -> None:
    """Raise UserError with every disagreement between a chart's schema.yaml and its values.yaml.

    The values must be valid. Each key that the schema lists on its first two levels needs a default in the
    values or ``default: null`` in the schema; the keys of a block that is empty by default need none.
    """
    values = read_values(values_file)
    problems = [
        f"{path_text(instance_path(error, values)) or 'at the top'}: {error.message}"
        for error in validator(json.loads(build(source))).iter_errors(values)
    ]
    problems += [
        f"{name}: {shown(source)} lists it; write its default here, or `default: null` there if it has none"
        for name in _without_default(schema_source.read(source), values)
    ]
    if problems:
        raise schema_source.refused(values_file, problems)


def _without_default(schema: Schema, values: dict[str, Any]) -> Iterator[str]:
    for key, part in schema["properties"].items():
        if key not in values:
            if not schema_source.refuses(part):
                yield key
        elif block := values[key]:
            for name, inner in part.get("properties", {}).items():
                if name not in block and "default" not in inner and not schema_source.refuses(inner):
                    yield f"{key}.{name}"


def _built(schema: Any, nullable: bool, adds: bool = False) -> Any:
    """Return a part as it is built; one that ``adds`` to another leaves other keys to that."""
    if isinstance(schema, bool):
        return schema
    schema = {keyword: value for keyword, value in schema.items() if (keyword, value) != ("default", None)}
    if "$ref" in schema:
        return {**schema, "$ref": schema["$ref"] + ("" if nullable else NOT_NULL)}
    built: Schema = {}
    required = schema.get("required", [])
    for keyword, value in schema.items():
        inner = adds or keyword in _ADDITIONS
        if keyword in MAPS_OF_SCHEMAS:
            built[keyword] = {name: _built(part, name not in required, inner) for name, part in value.items()}
        elif keyword in SCHEMAS:
            same = nullable and keyword == "else" and "$ref" in value
            built[keyword] = _built(value, same or keyword == "additionalProperties", inner)
        else:
            built[keyword] = value
    if "integer" in schema_walk.types(built):
        built.setdefault("maximum", 2**31 - 1)
    if nullable and "type" in built:
        built["type"] = list(dict.fromkeys([*schema_walk.types(built), "null"]))
    if nullable and "enum" in built and None not in built["enum"]:
        built["enum"] = [*built["enum"], None]
    if otherwise := built.pop(OTHERWISE, None):
        fits = {keyword: built.pop(keyword) for keyword in ("type", *LIMITS) if keyword in built}
        built |= {"if": fits, "else": {"const": otherwise}}
    if names := built.pop(EXACTLY_ONE, None):
        built |= _exactly_one(names, built)
    if "properties" in built and not adds:
        built.setdefault("additionalProperties", False)
    if built.get("additionalProperties") is True:
        del built["additionalProperties"]
    return built


def _exactly_one(names: list[str], part: Schema) -> Schema:
    """Return a condition that a map has one of these keys: that it has one key where it can have no other."""
    required = part.get("required", [])
    if set(part["properties"]) == {*required, *names}:
        count = len(required) + 1
        fits: Schema = {"minProperties": count, "maxProperties": count, "additionalProperties": _SET}
    else:
        fits = {"oneOf": [{"required": [name], "properties": {name: _SET}} for name in names]}
    return {"if": fits, "else": {"const": f"a map with exactly one of {', '.join(names)}"}}


def _merge_copies(schema: Schema) -> None:
    """Keep only the first of equal definitions of a built schema, and point all references to it."""
    while True:
        first: dict[str, str] = {}
        names = {
            name: first.setdefault(json.dumps(part, sort_keys=True), name)
            for name, part in schema["definitions"].items()
        }
        if len(first) == len(names):
            return
        schema["definitions"] = {name: schema["definitions"][name] for name in first.values()}
        # What referred to equal definitions may be equal after this.
        for _, part in schema_walk.walk(schema):
            if "$ref" in part:
                part["$ref"] = REFERENCE + names[schema_walk.target(part)]


def _share_copies(schema: Schema) -> None:
    """Make one definition of parts of a built schema that differ in their descriptions alone.

    Those that save most come first. A reference is an object and a string: of less, nothing is shared.
    """
    while True:
        _merge_copies(schema)
        copies: dict[str, list[tuple[Place, Schema]]] = {}
        for place, part in schema_walk.walk(schema):
            copies.setdefault(_json(_undescribed(part)), []).append((place, part))
        gains = {_gain(found): found for found in copies.values()}
        if max(gains) <= 0:
            return
        found = gains[max(gains)]
        place, part = next((copy for copy in found if _is_definition(copy[0])), found[0])
        definitions = schema["definitions"]
        name = place[1] if _is_definition(place) else min((_name(p, definitions) for p, _ in found), key=len)
        definitions.setdefault(name, _undescribed(part))
        for copy in [copy for where, copy in found if not _is_definition(where)]:
            described = {key: value for key, value in copy.items() if key == "description"}
            copy.clear()
            copy |= {"$ref": f"{REFERENCE}{name}", **described}


def _gain(copies: list[tuple[Place, Schema]]) -> float:
    """Return how much less a schema costs when equal parts refer to one definition."""
    cost = _cost(_undescribed(copies[0][1]))
    places = [place for place, _ in copies if not _is_definition(place)]
    return len(places) * (cost - _cost({"$ref": ""})) - (cost if len(places) == len(copies) else 0)


def _cost(schema: Schema) -> float:
    """Return about how many KB Helm allocates to read a part, as measured with parts of one kind."""
    return sum(
        1.5 + 0.5 * len(part) + 1.5 * isinstance(part.get("type"), list) + 5 * ("pattern" in part)
        for _, part in schema_walk.walk(schema)
    )


def _undescribed(part: Schema) -> Schema:
    return {keyword: value for keyword, value in part.items() if keyword != "description"}


def _name(place: Place, taken: Iterable[str]) -> str:
    """Return a name for the definition of a part: as little of its place as no other has, from the end."""
    keys = re.findall(r"[A-Za-z0-9]+", path_text(place))
    return next(
        name for start in range(len(keys) - 1, -1, -1) if (name := "-".join(keys[start:])) not in taken
    )


def _inline(schema: Schema) -> None:
    """Put each definition that one reference leads to in the place of that reference.

    Those of maps with keys stay: by their names `invoke explain` and fuzzing know what the keys mean.
    """
    for name, parts in _references(schema).items():
        if len(parts) == 1 and "properties" not in schema_walk.resolved(schema, schema["definitions"][name]):
            described = {keyword: value for keyword, value in parts[0].items() if keyword != "$ref"}
            parts[0].clear()
            parts[0] |= {**schema["definitions"].pop(name), **described}


def _references(schema: Schema) -> dict[str, list[Schema]]:
    """Return the references to each definition."""
    references: dict[str, list[Schema]] = {}
    for _, part in schema_walk.walk(schema):
        if "$ref" in part:
            references.setdefault(schema_walk.target(part), []).append(part)
    return references


def _quick(pattern: str) -> str:
    """Return a pattern that matches the same strings, and that Go compiles in less time.

    Go compiles a pattern that starts with ^ in a second way, unless that is within a group:
    https://github.com/golang/go/blob/go1.25.0/src/regexp/onepass.go. All other groups capture nothing.
    """
    if not (pattern.startswith("^") and pattern.endswith("$")):
        return pattern
    return f"({_GROUP.sub(lambda found: found[1] or '(?:', pattern)})"


def _describe_once(schema: Schema) -> None:
    """Move a description that all references to a definition repeat to that definition."""
    for name, parts in _references(schema).items():
        descriptions = {part.get("description") for part in parts}
        if len(parts) > 1 and len(descriptions) == 1 and descriptions != {None}:
            schema["definitions"][name]["description"] = descriptions.pop()
            for part in parts:
                del part["description"]


def _is_definition(place: Place) -> bool:
    return place[:1] == ("definitions",) and len(place) == 2


def _text(schema: Schema) -> str:
    """Return a schema as JSON with a line for each property and definition: small, and a diff is readable."""
    lines = []
    for keyword, value in schema.items():
        if keyword in MAPS_OF_SCHEMAS:
            parts = ",\n".join(f" {_json(name)}:{_json(part)}" for name, part in value.items())
            lines.append(f"{_json(keyword)}:{{\n{parts}\n}}")
        else:
            lines.append(f"{_json(keyword)}:{_json(value)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
