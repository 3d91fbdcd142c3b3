"""Reads the definitions of Kubernetes' objects that the package kubernetes-validate bundles."""

from __future__ import annotations

import functools
import importlib.util
import json
from pathlib import Path
from typing import Any

from ci.base.errors import UserError

Definition = dict[str, Any]


@functools.cache
def read(version: str) -> dict[str, Definition]:
    """Return the JSON Schema of each definition of a Kubernetes version ("1.30"), closed at every level.

    The keys are full names, such as io.k8s.api.core.v1.Affinity. Callers must not change what they get.
    Raise UserError where the package is missing.
    """
    # Found, not imported: its imports take as long as all the schemas of five versions.
    package = importlib.util.find_spec("kubernetes_validate")
    if package is None or package.origin is None:
        raise UserError(
            "the Python package kubernetes-validate is missing; install what pyproject.toml lists"
        )
    folder = Path(package.origin).parent / "kubernetes-json-schema" / f"v{version}.0-local-strict"
    definitions: dict[str, Definition] = json.loads((folder / "_definitions.json").read_bytes())["$defs"]
    return definitions


@functools.cache
def names_of_kinds(version: str) -> dict[tuple[str, str], str]:
    """Return the name of the definition of each (apiVersion, kind) that a Kubernetes version serves."""
    return {
        ("/".join(filter(None, (kind["group"], kind["version"]))), kind["kind"]): name
        for name, definition in read(version).items()
        for kind in definition.get("x-kubernetes-group-version-kind", [])
    }
