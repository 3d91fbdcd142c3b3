"""Finds mistakes in a values file and reports each with its line, its key and what is expected there."""

from __future__ import annotations

import difflib
import functools
import json
from collections.abc import Iterator
from pathlib import Path

import yaml
from jsonschema_rs import Draft7Validator, ValidationError, ValidationErrorKind

from ci.base import kubernetes_yaml
from ci.base.locations import InstancePath, instance_path
from ci.base.repository import root
from ci.base.suggestions import did_you_mean
from ci.charts import environments
from ci.charts.catalog import Chart
from ci.charts.values_file import read_values
from ci.values import schema_walk
from ci.values.document import YAML, Document, Fault
from ci.values.schema_walk import Schema

_KINDS = {
    "string": "a string",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "object": "a map",
    "array": "a list",
    "null": "null",
}
_MOST_KEYS_SHOWN = 20
_LIMITS = (
    *("minimum", "maximum", "minLength", "maxLength"),
    *("minItems", "maxItems", "minProperties", "maxProperties"),
)
# The definition that refuses keys that YAML has read as something else.
_READ_AS_BOOLEAN = "readAsBoolean"
_NO_BUILD = {"const": "not a key here: write it in values/<service>.yaml"}


def faults(file: Path, chart: Chart) -> list[Fault]:
    """Return what the chart's schema refuses in a values file, and what the YAML parser changes in it.

    ``x-build`` of values/<service>.yaml has a schema too, and no other file here may have that key. YAML 1.1
    reads 0644 as 420 and yes as true; the schema sees only the result. Values below ``secret`` are never
    repeated. Raises UserError, with line and column, for a file that Helm could not read.
    """
    service = file.parent == root() / "values" if file.is_relative_to(root()) else None
    return _faults(file, *_of_values(chart, service))


def environment_faults(chart: Chart, file: Path | None = None) -> list[Fault]:
    """Return the same of an environments.yaml, whose ``values`` are those of the services' chart.

    By default it is values/environments.yaml; there are none where there is no such file.
    """
    file = file or environments.file()
    return _faults(file, *_of_environments(chart)) if file.exists() else []


def keys_of(chart: Chart) -> list[str]:
    """Return the keys at the top of a chart's values, as its schema lists them."""
    return list(_schema_of(chart).get("properties", {}))


def _faults(file: Path, schema: Schema, validator: Draft7Validator) -> list[Fault]:
    values = read_values(file)
    document = Document(file)
    renamed = {path for path, key in document.key_nodes() if key.value != path[-1]}
    errors = [(error, instance_path(error, values)) for error in validator.iter_errors(values)]
    meant = {(path, name) for error, path in errors for name in _meant(error, schema)}
    found = [
        fault
        for error, path in errors
        # A required key that is mistyped is one mistake.
        if (path, getattr(error.kind, "property", None)) not in meant
        # The schema refuses such a key too, but cannot see how it is written.
        and not (path in renamed and error.schema_path[-2:] == [_READ_AS_BOOLEAN, "const"])
        for fault in _faults_of(error, path, schema, document)
    ]
    found += [
        fault
        for path, node in document.scalars()
        if (fault := _changed_by_yaml(path, node, schema, document))
    ]
    found += [document.fault(path, f"this key is read as {path[-1]}; quote it", YAML) for path in renamed]
    return sorted(found, key=lambda fault: (fault.line, fault.column))


@functools.cache
def _of_values(chart: Chart, service: bool | None) -> tuple[Schema, Draft7Validator]:
    """Return the schema of a chart's values files and its validator.

    ``service`` tells a service's own file from others; it is None outside this repository: x-build is free.
    """
    schema = _schema_of(chart)
    if service is not None:
        build = _read(environments.BUILD_SCHEMA) if service else _NO_BUILD
        schema.setdefault("properties", {})["x-build"] = build
    return schema, Draft7Validator(schema)


@functools.cache
def _of_environments(chart: Chart) -> tuple[Schema, Draft7Validator]:
    """Return the schema of environments.yaml, with the chart's schema in it, and its validator."""
    schema, values = _read(environments.SCHEMA), _schema_of(chart)
    # References are to the definitions at the top.
    schema["definitions"] = values.pop("definitions", {})
    values.setdefault("properties", {})["x-build"] = _NO_BUILD
    schema["additionalProperties"]["properties"]["values"] = values
    return schema, Draft7Validator(schema)


def _schema_of(chart: Chart) -> Schema:
    """Return a chart's schema; one that accepts everything where there is none."""
    built = chart.path / "values.schema.json"
    return _read(built) if built.exists() else {}


def _read(file: Path) -> Schema:
    return dict(json.loads(file.read_text(encoding="utf-8")))


def _faults_of(
    error: ValidationError, path: InstancePath, schema: Schema, document: Document
) -> Iterator[Fault]:
    within = schema_walk.part_at(schema, error.schema_path[:-1])
    match error.kind:
        case ValidationErrorKind.AdditionalProperties(unexpected=names):
            for name in names:
                yield document.fault((*path, name), _unknown(name, within))
        case ValidationErrorKind.Type():
            yield document.fault(path, _wrong_type(path, within, document))
        case ValidationErrorKind.Enum():
            choices = [str(choice) for choice in within["enum"] if choice not in (None, "")]
            node = document.value(path)
            near = did_you_mean(node.value, choices) if isinstance(node, yaml.ScalarNode) else ""
            yield document.fault(path, f"expected one of {', '.join(choices)}{near}")
        case ValidationErrorKind.Constant():
            *above, keyword = error.schema_path[:-1]
            fits = schema_walk.part_at(schema, above).get("if", {}) if keyword == "else" else {}
            scalar = isinstance(document.value(path), yaml.ScalarNode)
            if scalar and "string" in schema_walk.types(fits):
                # The schema's own message is for Helm, which cannot see how a value is written.
                message = _wrong_type(path, fits, document)
            else:
                message = f"expected {within['const']}" if fits else str(within["const"])
            yield document.fault(path, message)
        case ValidationErrorKind.Required(property=name):
            yield document.fault(path, f"the key {name} is missing")
        case ValidationErrorKind.PropertyNames(error=of_name):
            yield document.fault((*path, str(of_name.instance)), f"expected {within['title']}")
        case _ if "title" in within:
            yield document.fault(path, f"expected {within['title']}")
        case ValidationErrorKind.Pattern():
            yield document.fault(path, f"expected a string of the form {within['pattern']}")
        case _:
            # The validator's own message would repeat the value.
            limits = {name: within[name] for name in _LIMITS if name in within}
            text = ", ".join(f"{name} {limit}" for name, limit in limits.items())
            yield document.fault(path, f"out of range ({text})" if text else "is not allowed here")


def _meant(error: ValidationError, schema: Schema) -> Iterator[str]:
    """Yield the keys that are near the unknown ones of an error."""
    if isinstance(error.kind, ValidationErrorKind.AdditionalProperties):
        known = _known(schema_walk.part_at(schema, error.schema_path[:-1]))
        for name in error.kind.unexpected:
            yield from difflib.get_close_matches(name, known, n=1)


def _known(within: Schema) -> list[str]:
    return sorted(key for key, part in within.get("properties", {}).items() if "const" not in part)


def _unknown(name: str, within: Schema) -> str:
    known = _known(within)
    if near := did_you_mean(name, known):
        return f"unknown key{near}"
    if known:
        more = ", ..." if len(known) > _MOST_KEYS_SHOWN else ""
        return f"unknown key; known keys: {', '.join(known[:_MOST_KEYS_SHOWN])}{more}"
    forms = " or ".join(within.get("patternProperties", {}))
    return f"expected a name of the form {forms}" if forms else "no keys are allowed here"


def _wrong_type(path: InstancePath, within: Schema, document: Document) -> str:
    kinds = {name: _KINDS[name] for name in schema_walk.types(within) if name != "null"}
    node = document.value(path)
    # Where a string is allowed as well, the number may be too large.
    if {"string", "integer"} <= kinds.keys() and "maximum" in within:
        kinds["integer"] += f" up to {within['maximum']}"
    message = f"expected {' or '.join(kinds.values())}"
    if "string" not in kinds or not isinstance(node, yaml.ScalarNode) or not node.value:
        return message
    return f"{message}; quote it" + ("" if "secret" in path else f': "{node.value}"')


def _changed_by_yaml(
    path: InstancePath, node: yaml.ScalarNode, schema: Schema, document: Document
) -> Fault | None:
    """Return a fault if a plain scalar means one thing to its reader and another to Helm."""
    if node.style:
        return None
    value = kubernetes_yaml.load(node.value, "a value")
    types = schema_walk.types(schema_walk.part_for(schema, path)) or ["boolean"]
    written = "this" if "secret" in path else node.value
    if isinstance(value, bool):
        if "boolean" in types and node.value.lower() not in ("true", "false"):
            meant = json.dumps(value)
            return document.fault(path, f"{written} is read as {meant}; write {meant}", YAML)
        return None
    if (
        isinstance(value, int | float)
        and {"string", "integer"} <= set(types)
        and node.value != json.dumps(value)
    ):
        message = f"{written} is read as another number; quote it to keep it as written"
        return document.fault(path, message, YAML)
    return None
