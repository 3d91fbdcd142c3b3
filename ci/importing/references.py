"""References from one object to another by name, and how to rename them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ci.kubernetes.manifests import Object

# By the field that holds a map: the kind that it refers to, and the fields of it that may have the name.
_MAPS = {
    **dict.fromkeys(("configMapKeyRef", "configMapRef", "configMap"), ("ConfigMap", ("name",))),
    **dict.fromkeys(("secretKeyRef", "secretRef", "secret"), ("Secret", ("secretName", "name"))),
    "persistentVolumeClaim": ("PersistentVolumeClaim", ("claimName",)),
    "imagePullSecrets": ("Secret", ("name",)),
    "secretStoreRef": ("SecretStore", ("name",)),
    "target": ("Secret", ("name",)),
}
_FIELDS = {"serviceAccountName": "ServiceAccount", "serviceAccount": "ServiceAccount", "secretName": "Secret"}


def references(made: Object) -> set[tuple[str, str]]:
    """Return the kind and name of every object that an object refers to within its spec."""
    return {(kind, holder[field]) for kind, holder, field in places(made.get("spec"))}


def rename(made: Object, names: Mapping[tuple[str, str], str]) -> None:
    """Rename references within an object's spec, in place: {(kind, old name): new name}."""
    for kind, holder, field in list(places(made.get("spec"))):
        holder[field] = names.get((kind, holder[field]), holder[field])


def places(node: Any, above: str = "") -> Iterator[tuple[str, dict[str, Any], str]]:
    """Yield each reference below a node: its kind, and the map and the field that have the name.

    ``above`` is the field that the node is the value of.
    """
    if isinstance(node, list):
        for item in node:
            yield from places(item, above)
    elif isinstance(node, dict):
        kind, fields = _MAPS.get(above, ("", ()))
        for field in fields:
            if isinstance(node.get(field), str):
                yield kind, node, field
        for field, value in node.items():
            if field in _FIELDS and isinstance(value, str) and field not in fields:
                yield _FIELDS[field], node, field
            yield from places(value, field)
