"""Kubernetes' own definitions of its objects, from the files that the package kubernetes-validate bundles."""

from __future__ import annotations

import functools
import importlib.util
import json
from pathlib import Path
from typing import Any

from ci.base.errors import UserError

Definition = dict[str, Any]

# A ``format`` of OpenAPI: its values are from minus this number to one less than it.
INTEGERS = {"int32": 2**31, "int64": 2**63}


@functools.cache
def read(version: str) -> dict[str, Definition]:
    """Return the JSON Schema (2020-12) of each definition of a Kubernetes version, such as "1.30".

    The keys are full names, such as io.k8s.api.core.v1.Affinity; a reference to one is #/$defs/<name>. Every
    object refuses unknown fields. The schemas are changed in four ways: the ``format`` of an integer becomes
    its limits too, a list that is a set has ``uniqueItems``, null is no type, and a ``oneOf`` of types
    (IntOrString, Quantity) becomes a list of types, which makes a plainer message. The result is shared:
    callers must not change it. Raises UserError if the package is missing.
    """
    # Looked up, not imported: the package's imports take as long as reading five versions.
    package = importlib.util.find_spec("kubernetes_validate")
    if package is None or package.origin is None:
        raise UserError(
            "the Python package kubernetes-validate is missing; install what pyproject.toml lists"
        )
    folder = Path(package.origin).parent / "kubernetes-json-schema" / f"v{version}.0-local-strict"
    text = (folder / "_definitions.json").read_bytes()
    definitions: dict[str, Definition] = json.loads(text, object_hook=_plainer)["$defs"]
    return definitions


@functools.cache
def names_of_kinds(version: str) -> dict[tuple[str, str], str]:
    """Return the name of the definition of each (apiVersion, kind) that a Kubernetes version serves."""
    return {
        ("/".join(filter(None, (kind["group"], kind["version"]))), kind["kind"]): name
        for name, definition in read(version).items()
        for kind in definition.get("x-kubernetes-group-version-kind", [])
    }


def _plainer(node: dict[str, Any]) -> dict[str, Any]:
    """Change a JSON object of the file as ``read`` says, if it is a schema; what is below it already is.

    It may also be a map of fields, in which "format", "type" and "oneOf" are names of fields.
    """
    format_, types, choices = node.get("format"), node.get("type"), node.get("oneOf")
    if isinstance(format_, str) and (limit := INTEGERS.get(format_)):
        node |= {"minimum": -limit, "maximum": limit - 1}
    if node.get("x-kubernetes-list-type") == "set":
        node["uniqueItems"] = True
    if isinstance(choices, list):
        del node["oneOf"]
        types = [choice["type"] for choice in choices]
    if isinstance(types, list):
        types = [name for name in types if name != "null"]
        node["type"] = types[0] if len(types) == 1 else types
    return node
