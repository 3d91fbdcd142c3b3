"""Kubernetes' own definitions as parts of a values schema: draft-07, without prose."""

from __future__ import annotations

import functools
import itertools
import re
from typing import Any

from ci.kubernetes import definitions
from ci.kubernetes.versions import NEWEST
from ci.values.schema_walk import REFERENCE, Schema

MARKER = "kubernetes:"
ANNOTATIONS = frozenset({"title", "description", "default", "examples"})

_RAW_REFERENCE = "#/$defs/"
# Not Kubernetes' own: short definitions of its most frequent types, since size costs Helm time.
# Helm reads numbers of a file as float64, which is exact for integers only up to 2^53 - 1.
_SHARED: dict[str, Schema] = {
    "text": {"type": "string"},
    "boolean": {"type": "boolean"},
    "int32": {"type": "integer", "minimum": -(2**31), "maximum": 2**31 - 1},
    "int64": {"type": "integer", "minimum": 1 - 2**53, "maximum": 2**53 - 1},
    "listOfText": {"type": "array", "items": {"$ref": MARKER + "text"}},
    "mapOfText": {"type": "object", "additionalProperties": {"$ref": MARKER + "text"}},
}


def resolve(schema: Schema) -> Schema:
    """Return a schema with each ``$ref: kubernetes:<name>`` resolved, such as io.k8s.api.core.v1.Affinity.

    The $ref becomes one to a definition named by the last word (Affinity), which is added with all that it
    refers to; a definition that the schema already has under that name is used instead. If there is more than
    annotations beside the $ref, the definition itself is put in its place: keywords beside it override its
    own, ``properties`` one by one, and its properties that match a pattern beside it are left out. Raises
    LookupError, with the reason, for a definition that the newest supported Kubernetes does not have, and for
    two with the same last word.
    """
    wanted: set[str] = set()
    resolved: Schema = _resolved(schema, wanted)
    own = resolved.setdefault("definitions", {})
    added: dict[str, Schema] = {}
    while missing := {name for name in wanted if _short(name) not in own.keys() | added.keys()}:
        added |= {_short(name): _resolved(definition(name), wanted) for name in missing}
    for name, other in itertools.pairwise(sorted(wanted, key=lambda name: (_short(name), name))):
        if _short(name) == _short(other):
            raise LookupError(f"{name} and {other} would be one definition here, {_short(name)}")
    resolved["definitions"] = {**own, **dict(sorted(added.items()))}
    return resolved


@functools.cache
def definition(name: str) -> Schema:
    """Return a definition of the newest supported Kubernetes, by its full name or one of ``_SHARED``.

    References in it are written as in a schema.yaml: kubernetes:<name>. The result is shared: callers must
    not change it. Raises LookupError, with the reason, for an unknown name.
    """
    if name in _SHARED:
        return _SHARED[name]
    known = definitions.read(NEWEST)
    if name not in known:
        raise LookupError(f"Kubernetes {NEWEST} has no definition {name}")
    return _plain(known[name])


def _resolved(node: Any, wanted: set[str]) -> Any:
    if isinstance(node, list):
        return [_resolved(item, wanted) for item in node]
    if not isinstance(node, dict):
        return node
    reference = str(node.get("$ref", ""))
    if not reference.startswith(MARKER):
        return {key: _resolved(value, wanted) for key, value in node.items()}
    name = reference.removeprefix(MARKER)
    base = definition(name)
    rest = {key: value for key, value in node.items() if key != "$ref"}
    if rest.keys() <= ANNOTATIONS:
        wanted.add(name)
        return {"$ref": REFERENCE + _short(name), **rest}
    merged = {**base.get("properties", {}), **rest.get("properties", {})}
    patterns = rest.get("patternProperties", {})
    own = {name: part for name, part in merged.items() if not any(re.search(p, name) for p in patterns)}
    return _resolved({**base, **rest, "properties": own}, wanted)


def _plain(raw: Schema) -> Schema:
    """Return a part of Kubernetes' definitions as draft-07, with references as in a schema.yaml."""
    if "$ref" in raw:
        return {"$ref": MARKER + raw["$ref"].removeprefix(_RAW_REFERENCE)}
    if raw.get("format") in _SHARED:
        return {"$ref": MARKER + raw["format"]}
    plain: Schema = {keyword: raw[keyword] for keyword in ("type", "uniqueItems") if keyword in raw}
    for keyword in ("items", "additionalProperties"):
        if isinstance(raw.get(keyword), dict):
            plain[keyword] = _plain(raw[keyword])
    if "properties" in raw:
        plain["properties"] = {name: _plain(part) for name, part in raw["properties"].items()}
    if "required" in raw:
        plain["required"] = raw["required"]
    shared = [name for name, definition in _SHARED.items() if definition == plain]
    return {"$ref": MARKER + shared[0]} if shared else plain


def _short(name: str) -> str:
    return name.rpartition(".")[2]
