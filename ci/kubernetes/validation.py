"""Validates objects with Kubernetes' own schemas of each supported version, without a cluster or network."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from jsonschema_rs import Draft202012Validator, Registry, ValidationError, ValidationErrorKind

from ci.base.locations import instance_path, path_text, walk
from ci.kubernetes import custom_kinds, definitions
from ci.kubernetes.manifests import Key, Object, key_of
from ci.kubernetes.versions import require_supported

_DEFINITIONS = "urn:kubernetes"
_METADATA = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"


class Problem(NamedTuple):
    """A value of an object that a Kubernetes ``version`` refuses, drops or changes; ``path`` may be ""."""

    key: Key
    version: str
    path: str
    message: str


def validate(object_: Object, version: str) -> list[Problem]:
    """Return all problems that a Kubernetes version ("1.30") has with an object from ``manifests.parse``.

    As with --validate=strict, an unknown field is a problem at every level. So are two entries with the same
    key in a list that server-side apply merges by key (x-kubernetes-list-map-keys), and every null, which
    Kubernetes drops. Custom kinds are validated alike for every version. Raises UserError for an unsupported
    version and ValueError if the object has no key.
    """
    require_supported(version)
    key = key_of(object_)
    if key is None:
        raise ValueError("an object needs apiVersion, kind and metadata.name")
    found = [
        (path_text(path), "is null, which Kubernetes drops; leave the field out")
        for path, value in walk(object_)
        if value is None
    ]
    validator = _validator(version, key.api_version, key.kind)
    if validator is None:
        unknown = f"Kubernetes {version} has no {key.api_version} {key.kind}"
        found.append(
            ("", f"{unknown}, and ci/kubernetes/crds no extract of its definition (see CONTRIBUTING.md)")
        )
    else:
        found += [
            (path_text(instance_path(error, object_)), _message(error))
            for error in validator.iter_errors(object_)
            if error.instance is not None
        ]
    return [Problem(key, version, path, message) for path, message in found]


def report(problems: Iterable[Problem]) -> list[str]:
    """Return a line for each problem, with the versions that have it."""
    return [
        f"{key}: {path}: {message} (Kubernetes {', '.join(wrong)})" if path else f"{key}: {message}"
        for (key, path, message), wrong in by_version(problems).items()
    ]


def by_version(problems: Iterable[Problem]) -> dict[tuple[Key, str, str], list[str]]:
    """Return the versions that have each problem, which is its key, path and message."""
    versions: dict[tuple[Key, str, str], list[str]] = {}
    for key, version, path, message in problems:
        versions.setdefault((key, path, message), []).append(version)
    return versions


@functools.cache
def _validator(version: str, api_version: str, kind: str) -> Draft202012Validator | None:
    name = definitions.names_of_kinds(version).get((api_version, kind))
    schema = _reference(name) if name else custom_kinds.schema(api_version, kind, _reference(_METADATA))
    if schema is None:
        return None
    return Draft202012Validator(
        schema,
        registry=_registry(version),
        keywords={"x-kubernetes-list-map-keys": _UniqueKeys},
        mask="the value" if kind == "Secret" else None,
    )


def _reference(name: str) -> dict[str, str]:
    return {"$ref": f"{_DEFINITIONS}#/$defs/{name}"}


@functools.cache
def _registry(version: str) -> Registry:
    return Registry([(_DEFINITIONS, {"$defs": definitions.read(version)})])


class _UniqueKeys:
    """https://kubernetes.io/docs/reference/using-api/server-side-apply/#merge-strategy: listType=map."""

    def __init__(self, parent_schema: dict[str, Any], value: Any, schema_path: list[str | int]) -> None:
        self.keys: list[str] = value

    def validate(self, instance: Any) -> None:
        for error in self.iter_errors(instance):
            raise error

    def iter_errors(self, instance: Any) -> Iterator[ValueError]:
        seen = set()
        for item in instance if isinstance(instance, list) else []:
            if not isinstance(item, dict):
                continue
            # protocol is the only such key with a default, which a server sets before it compares.
            entry = tuple(str(item.get(key, "TCP" if key == "protocol" else None)) for key in self.keys)
            if entry in seen:
                named = ", ".join(f"{key} {value}" for key, value in zip(self.keys, entry, strict=True))
                yield ValueError(f"has two entries with {named}")
            seen.add(entry)


def _message(error: ValidationError) -> str:
    match error.kind:
        case ValidationErrorKind.AdditionalProperties(unexpected=names):
            return f"unknown field{'s' if len(names) > 1 else ''} {', '.join(names)}"
        case ValidationErrorKind.Required(property=name):
            return f"the field {name} is missing"
        case _:
            return error.message
