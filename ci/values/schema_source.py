"""Reads and checks a chart's schema.yaml, the values schema as people write it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import jsonschema_rs

from ci.base import kubernetes_yaml
from ci.base.errors import UserError
from ci.base.locations import path_text
from ci.base.repository import shown
from ci.values import kubernetes_parts, schema_walk
from ci.values.kubernetes_parts import ANNOTATIONS
from ci.values.schema_walk import REFERENCE, Place, Schema

# Not of draft-07: the whole message for a value of a wrong type or beyond LIMITS, and a choice of keys.
OTHERWISE = "otherwise"
LIMITS = ("minimum", "maximum")
EXACTLY_ONE = "exactlyOne"

_DRAFT = "http://json-schema.org/draft-07/schema#"
_KEYWORDS = (
    schema_walk.MAPS_OF_SCHEMAS
    | schema_walk.SCHEMAS
    | ANNOTATIONS
    | {"$schema", "$ref", "type", "enum", "const", "required", "if", OTHERWISE, EXACTLY_ONE}
    | {*LIMITS, "minLength", "maxLength", "pattern", "minItems", "maxItems", "uniqueItems"}
    | {"minProperties", "maxProperties"}
)
# Each becomes the one "if" that a schema can have.
_CONDITIONS = ("if", OTHERWISE, EXACTLY_ONE)


def read(source: Path) -> Schema:
    """Return the schema of a schema.yaml, with the definitions of Kubernetes that it refers to.

    Raises UserError, with all problems, for what JSON Schema draft-07 does not allow, a keyword that
    ``schema.build`` does not know, two keywords that both become an "if", a ``$ref`` without its definition
    or with more than annotations beside it (draft-07 ignores those: core, 8.3), a definition that is itself
    a ``$ref``, a definition that is not used, and a key of the first two levels without a description.
    """
    written = kubernetes_yaml.load(source.read_text(encoding="utf-8"), shown(source))
    if not isinstance(written, dict) or written.get("$schema") != _DRAFT:
        raise refused(source, [f"$schema: has to be {_DRAFT}"])
    try:
        jsonschema_rs.meta.validate(written)
        schema = kubernetes_parts.resolve(written)
    except jsonschema_rs.ValidationError as error:
        raise refused(source, [f"{path_text(error.instance_path)}: {error.message}"]) from None
    except LookupError as error:
        raise refused(source, [str(error)]) from None
    problems = [
        problem for place, part in schema_walk.walk(schema) for problem in _problems(place, part, schema)
    ]
    used = schema_walk.used_definitions(schema)
    problems += [
        f"definitions.{name}: nothing uses it" for name in written.get("definitions", {}) if name not in used
    ]
    problems += [
        f"{path_text(place)}: has no description"
        for place, part in schema_walk.walk(written)
        if place[::2] in {("properties",), ("properties", "properties")}
        and "description" not in part
        and not refuses(part)
    ]
    if problems:
        raise refused(source, problems)
    return schema


def refuses(part: Schema) -> bool:
    """Whether a part is only there to refuse a key with a message; an empty list may still be allowed."""
    return "const" in part or "const" in part.get("items", {})


def refused(file: Path, problems: list[str]) -> UserError:
    """Return an error with all problems of a schema.yaml or of a chart's values.yaml."""
    return UserError("\n  ".join([f"{shown(file)} is not right:", *problems]))


def _problems(place: Place, part: Schema, schema: Schema) -> Iterator[str]:
    for keyword in [keyword for keyword in part if keyword not in _KEYWORDS]:
        yield f"{path_text((*place, keyword))}: no keyword of draft-07 that ci/values/schema.py knows"
    if len(conditions := [keyword for keyword in part if keyword in _CONDITIONS]) > 1:
        yield f"{path_text(place)}: has room for only one of {', '.join(conditions)}"
    if "$ref" not in part:
        return
    if not part["$ref"].startswith(REFERENCE) or schema_walk.target(part) not in schema["definitions"]:
        yield f"{path_text(place)}: $ref leads to {part['$ref']}, which is not there"
    if place[:1] == ("definitions",) and len(place) == 2:
        yield f"{path_text(place)}: a definition can't be a $ref; use {part['$ref']} in its place"
    for keyword in [keyword for keyword in part if keyword not in ANNOTATIONS | {"$ref"}]:
        yield f"{path_text((*place, keyword))}: draft-07 ignores it beside a $ref; write it in a definition"
