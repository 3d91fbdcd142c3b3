"""Parses rendered manifests into objects, each with the key that identifies it in a cluster."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ci.base import kubernetes_yaml
from ci.base.errors import UserError

Object = dict[str, Any]


class Key(NamedTuple):
    """Identifies an object in a cluster; ``namespace`` is "" if the manifest names none."""

    api_version: str
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.api_version} {self.kind} " + "/".join(filter(None, (self.namespace, self.name)))


def parse(stream: str) -> dict[Key, Object]:
    """Return the objects of a rendered stream, in its order, as the API server reads them; nulls are kept.

    Empty documents are skipped. Raise UserError for invalid YAML, for a document that is no Kubernetes
    object, and for two objects with the same key.
    """
    objects: dict[Key, Object] = {}
    for number, document in enumerate(kubernetes_yaml.load_all(stream, "rendered manifests"), start=1):
        if document is None:
            continue
        key = key_of(document)
        if key is None:
            raise UserError(
                f"rendered manifests: document {number} is no Kubernetes object; "
                "it needs apiVersion, kind and metadata.name, each a string"
            )
        if key in objects:
            raise UserError(f"rendered manifests: two objects are {key}; one of them needs another name")
        objects[key] = document
    return objects


def dump(objects: Mapping[Key, Object]) -> str:
    """Return the objects as canonical YAML, from which ``parse`` reads the same objects."""
    return kubernetes_yaml.dump(objects.values())


def key_of(document: object) -> Key | None:
    """Return the key of an object, None for a document that is no Kubernetes object."""
    metadata = document.get("metadata") if isinstance(document, dict) else None
    if not isinstance(document, dict) or not isinstance(metadata, dict):
        return None
    key = Key(
        document.get("apiVersion", ""),
        document.get("kind", ""),
        metadata.get("namespace") or "",
        metadata.get("name", ""),
    )
    strings = all(isinstance(part, str) for part in key)
    return key if strings and key.api_version and key.kind and key.name else None
