"""Builds a chart's values.schema.json from the schema.yaml that people write."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs

from ci.base import kubernetes_yaml
from ci.base.errors import UserError
from ci.base.locations import instance_path, path_text
from ci.base.repository import shown
from ci.charts.catalog import read_values
from ci.values import kubernetes_parts, schema_copies
from ci.values.kubernetes_parts import ANNOTATIONS, Schema

Place = tuple[str, ...]

_DRAFT = "http://json-schema.org/draft-07/schema#"
_REFERENCE = "#/definitions/"
# Ends the name of a definition where it is used for what can't be null.
NOT_NULL = "!"
_MAPS_OF_SCHEMAS = frozenset({"properties", "patternProperties", "definitions"})
_SCHEMAS = frozenset({"additionalProperties", "items"})
# What a value of a wrong type is told, in place of the names of types.
_OTHERWISE = "otherwise"
# With the type, they say what is told it.
_LIMITS = ("minimum", "maximum")
_KEYWORDS = (
    _MAPS_OF_SCHEMAS
    | _SCHEMAS
    | ANNOTATIONS
    | {
        *_LIMITS,
        _OTHERWISE,
        "$schema",
        "$ref",
        "type",
        "enum",
        "const",
        "required",
        "minProperties",
        "maxProperties",
    }
    | {"minLength", "maxLength", "pattern", "minItems", "maxItems", "uniqueItems"}
)


def read(source: Path) -> Schema:
    """Return what a schema.yaml says; raises UserError with everything that is wrong with it.

    Kubernetes' definitions that it refers to are part of it then (``kubernetes_parts.resolve``). Wrong
    is what JSON Schema draft-07 does not allow, a keyword that ``build`` does not know, a ``$ref`` to a
    definition that is not there or with more than annotations beside it (draft-07 ignores those: core, 8.3),
    a definition that nothing uses, and a key of the first two levels without a description.
    """
    written = kubernetes_yaml.load(source.read_text(encoding="utf-8"), shown(source))
    if not isinstance(written, dict) or written.get("$schema") != _DRAFT:
        raise _refused(source, [f"$schema: has to be {_DRAFT}"])
    try:
        jsonschema_rs.meta.validate(written)
        schema = kubernetes_parts.resolve(written)
    except jsonschema_rs.ValidationError as error:
        raise _refused(source, [f"{path_text(error.instance_path)}: {error.message}"]) from None
    except LookupError as error:
        raise _refused(source, [str(error)]) from None
    definitions = schema["definitions"]
    problems = [problem for place, part in _walk(schema) for problem in _problems(place, part, definitions)]
    used = _used(schema, definitions)
    problems += [
        f"definitions.{name}: nothing uses it" for name in written.get("definitions", {}) if name not in used
    ]
    problems += [
        f"{path_text(place)}: has no description"
        for place, part in _walk(written)
        if place[::2] in {("properties",), ("properties", "properties")}
        and "description" not in part
        and not _refuses(part)
    ]
    if problems:
        raise _refused(source, problems)
    return schema


def build(source: Path) -> str:
    """Return the values.schema.json that a schema.yaml stands for: JSON Schema draft-07, in one file.

    null is allowed wherever a key that is not required has a type, an enum or a $ref, and is put into the
    type or the enum itself: anyOf would add two lines to every message. An object whose properties are listed
    takes no others unless the source says so, and an integer without a maximum has that of an int32, as
    nearly all of Kubernetes' own.
    ``otherwise`` is what Helm says of a value of another type or beyond minimum and maximum: it becomes the
    only thing that such a value could be. A description beside a $ref
    stays there: draft-07 has validators ignore it, and editors show it. A copy of the definition would say
    the same, and every part of a schema costs Helm time; so of the definitions that say the same one is
    left. Raises UserError as ``read`` does, and for a pattern
    that Helm could not match (https://github.com/google/re2/wiki/Syntax).
    """
    schema = read(source)
    built = _built(schema, nullable=False)
    definitions = built.pop("definitions") | {
        name + NOT_NULL: _built(part, nullable=False) for name, part in schema["definitions"].items()
    }
    used = _used(built, definitions)
    built = schema_copies.merged(
        {**built, "definitions": {name: part for name, part in definitions.items() if name in used}}
    )
    try:
        validator(built)
    except jsonschema_rs.ValidationError as error:
        raise _refused(source, [f"{path_text(error.instance_path)}: {error.message}"]) from None
    # With the longest first a package is smaller: what is alike then lies near each other more often.
    by_length = sorted(built["definitions"].items(), key=lambda item: -len(_json(item[1])))
    return _text({**built, "definitions": dict(by_length)})


def _text(schema: Schema) -> str:
    """Return a schema as JSON with a line for each property and each definition, small and yet to be read."""
    lines = []
    for keyword, value in schema.items():
        if keyword in _MAPS_OF_SCHEMAS:
            parts = ",\n".join(f" {_json(name)}:{_json(part)}" for name, part in value.items())
            lines.append(f"{_json(keyword)}:{{\n{parts}\n}}")
        else:
            lines.append(f"{_json(keyword)}:{_json(value)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def check_values(source: Path, values_file: Path) -> None:
    """Raise UserError with every way in which a chart's values.yaml and its schema.yaml disagree.

    The values have to be valid, so that a key unknown to the schema is refused. And a key that the schema
    lists on its first two levels needs its default in the values, or ``default: null`` in the schema; a block
    that is empty by default needs none for the keys below it.
    """
    values = read_values(values_file)
    problems = [
        f"{path_text(instance_path(error, values)) or 'at the top'}: {error.message}"
        for error in validator(json.loads(build(source))).iter_errors(values)
    ]
    problems += [
        f"{name}: {shown(source)} lists it; write its default here, or `default: null` there if it has none"
        for name in _without_default(read(source), values)
    ]
    if problems:
        raise _refused(values_file, problems)


def definition(schema: Schema, part: Schema) -> Schema:
    """Return a part of a schema with the definition that it refers to, if it does, laid under it."""
    if "$ref" not in part:
        return part
    rest = {keyword: value for keyword, value in part.items() if keyword != "$ref"}
    return {**schema["definitions"][_target(part)], **rest}


def below(schema: Schema, part: Schema, key: str | int) -> Schema:
    """Return the part of a built schema that the value of a key or item is for, within what ``part`` is for.

    It is empty where anything may stand, and where nothing may.
    """
    part = definition(schema, part)
    if isinstance(key, int):
        inner = part.get("items")
    elif key in part.get("properties", {}):
        inner = part["properties"][key]
    else:
        patterns = part.get("patternProperties", {})
        matching = (inner for pattern, inner in patterns.items() if re.search(pattern, key))
        inner = next(matching, part.get("additionalProperties"))
    return definition(schema, inner) if isinstance(inner, dict) else {}


def _built(schema: Any, nullable: bool) -> Any:
    if isinstance(schema, bool):
        return schema
    if "$ref" in schema:
        return {**schema, "$ref": schema["$ref"] + ("" if nullable else NOT_NULL)}
    built: Schema = {}
    required = schema.get("required", [])
    for keyword, value in schema.items():
        if keyword in _MAPS_OF_SCHEMAS:
            built[keyword] = {name: _built(part, name not in required) for name, part in value.items()}
        elif keyword in _SCHEMAS:
            built[keyword] = _built(value, nullable=keyword != "items")
        else:
            built[keyword] = value
    if "integer" in built.get("type", ()):
        built.setdefault("maximum", 2**31 - 1)
    if nullable and "type" in built:
        types = built["type"] if isinstance(built["type"], list) else [built["type"]]
        built["type"] = [*types, "null"]
    if nullable and "enum" in built:
        built["enum"] = [*built["enum"], None]
    if otherwise := built.pop(_OTHERWISE, None):
        fits = {keyword: built.pop(keyword) for keyword in ("type", *_LIMITS) if keyword in built}
        built |= {"if": fits, "else": {"const": otherwise}}
    if "properties" in built:
        built.setdefault("additionalProperties", False)
    return built


def _walk(schema: Any, place: Place = ()) -> Iterator[tuple[Place, Schema]]:
    """Yield every schema within a schema, itself first, with its place; references are not followed."""
    if isinstance(schema, bool):
        return
    yield place, schema
    for keyword, value in schema.items():
        if keyword in _SCHEMAS:
            yield from _walk(value, (*place, keyword))
        elif keyword in _MAPS_OF_SCHEMAS:
            for name, part in value.items():
                yield from _walk(part, (*place, keyword, name))


def _problems(place: Place, part: Schema, definitions: dict[str, Schema]) -> Iterator[str]:
    for keyword in [keyword for keyword in part if keyword not in _KEYWORDS]:
        yield f"{path_text((*place, keyword))}: no keyword of draft-07 that ci/values/schema.py knows"
    if "$ref" not in part:
        return
    if not part["$ref"].startswith(_REFERENCE) or _target(part) not in definitions:
        yield f"{path_text(place)}: $ref leads to {part['$ref']}, which is not there"
    if place[:1] == ("definitions",) and len(place) == 2:
        yield f"{path_text(place)}: a definition can't be a $ref; use {part['$ref']} in its place"
    for keyword in [keyword for keyword in part if keyword not in ANNOTATIONS | {"$ref"}]:
        yield f"{path_text((*place, keyword))}: draft-07 ignores it beside a $ref; write it in a definition"


def _used(schema: Schema, definitions: dict[str, Schema]) -> set[str]:
    """Return the definitions that a schema leads to, through others too."""
    used: set[str] = set()
    waiting = [{keyword: value for keyword, value in schema.items() if keyword != "definitions"}]
    while waiting:
        targets = {_target(part) for _, part in _walk(waiting.pop()) if "$ref" in part}
        waiting += [definitions[name] for name in (targets - used) & definitions.keys()]
        used |= targets
    return used


def _without_default(schema: Schema, values: dict[str, Any]) -> Iterator[str]:
    for key, part in schema["properties"].items():
        if key not in values:
            if not _refuses(part):
                yield key
        elif block := values[key]:
            for name, inner in part.get("properties", {}).items():
                if name not in block and "default" not in inner and not _refuses(inner):
                    yield f"{key}.{name}"


def _refuses(part: Schema) -> bool:
    """Whether a key is one to be told of, and not to be written; as a list it may be empty."""
    return "const" in part or "const" in part.get("items", {})


def validator(schema: Schema) -> jsonschema_rs.Validator:
    """Return what validates by a built schema as Helm does."""
    # The engine without look-around and back references, as Go's.
    return jsonschema_rs.Draft7Validator(schema, pattern_options=jsonschema_rs.RegexOptions())


def _target(reference: Schema) -> str:
    return str(reference["$ref"]).removeprefix(_REFERENCE)


def _refused(file: Path, problems: list[str]) -> UserError:
    return UserError("\n  ".join([f"{shown(file)} is not right:", *problems]))
