"""Volumes, claims and mounts: `volumes`, `config.mountPath`, `secret.mountPath`."""

from __future__ import annotations

from typing import Any

from ci.importing.draft import Draft
from ci.kubernetes.defaulting import without_defaults
from ci.kubernetes.workloads import dig

# The volumes that the chart makes of files, with the block of values and the source that it gives them.
_FILES = {
    "config": ("config", "configMap", "name", "files"),
    "secret": ("secret", "secret", "secretName", "secret-files"),
}


def map_volumes(draft: Draft) -> None:
    """Map the pod's volumes, where the main container mounts them, and the claims that the chart can make."""
    mounts: dict[str, list[dict[str, Any]]] = {}
    for mount in draft.container.pop("volumeMounts", None) or []:
        own = without_defaults("volumeMounts", _without(mount, "name"))
        mounts.setdefault(mount["name"], []).append(own)
    for volume in draft.pod.pop("volumes", None) or []:
        name = volume["name"]
        source = _without(volume, "name")
        if _is_of_files(draft, name, source):
            _map_files(draft, name, source, mounts.get(name, []))
            continue
        entry = _claim(draft, name, source) or source
        draft.set(f"volumes.{name}", {**entry, **_mounted(mounts.get(name, []))})
    for template in dig(draft.workload, "spec", "volumeClaimTemplates") or []:
        name = template["metadata"]["name"]
        claim = _template(draft, template)
        draft.set(f"volumes.{name}", {"claim": claim, **_mounted(mounts.get(name, []))})


def _template(draft: Draft, template: dict[str, Any]) -> dict[str, Any]:
    """Return the claim that each pod of a StatefulSet has of its own."""
    spec = dict(template.get("spec") or {})
    size = dig(spec, "resources", "requests", "storage")
    spec.pop("resources", None)
    if spec.get("accessModes") == ["ReadWriteOnce"]:
        del spec["accessModes"]
    metadata = {field: template["metadata"].get(field) for field in ("labels", "annotations")}
    retained = dig(draft.workload, "spec", "persistentVolumeClaimRetentionPolicy", "whenDeleted") != "Delete"
    found = {"size": str(size), **spec, **metadata, "retain": None if retained else False}
    return {field: value for field, value in found.items() if value is not None}


def _is_of_files(draft: Draft, name: str, source: dict[str, Any]) -> bool:
    if name not in _FILES:
        return False
    _, kind, field, role = _FILES[name]
    own = [draft.places[key].name for key, found in draft.roles.items() if found == role]
    return dig(source, kind, field) in own


def _map_files(draft: Draft, name: str, source: dict[str, Any], mounts: list[dict[str, Any]]) -> None:
    block, kind, field, _ = _FILES[name]
    options = _without(source[kind], field)
    if options:
        draft.set(f"volumes.{name}", options)
    if len(mounts) == 1 and set(mounts[0]) <= {"mountPath", "readOnly"}:
        draft.set(f"{block}.mountPath", mounts[0]["mountPath"])
    elif mounts:
        draft.set(f"volumes.{name}", {**options, "mounts": mounts})
    else:
        draft.set(f"{block}.mountPath", "")


def _mounted(mounts: list[dict[str, Any]]) -> dict[str, Any]:
    if len(mounts) == 1:
        return mounts[0]
    # tmp has a mountPath by default.
    return {"mountPath": None, "mounts": mounts} if mounts else {}


def _claim(draft: Draft, name: str, source: dict[str, Any]) -> dict[str, Any]:
    """Return the entry for a claim that has the name that the chart would give it, else {}."""
    if draft.workload_key.kind == "StatefulSet":
        # A claim there is one for each pod.
        return {}
    claim_name = f"{draft.fullname}-{name}"
    found = draft.find("PersistentVolumeClaim", claim_name)
    if dig(source, "persistentVolumeClaim", "claimName") != claim_name or not found:
        return {}
    key, made = found
    spec = dict(made.get("spec") or {})
    size = dig(spec, "resources", "requests", "storage")
    if (
        size is None
        or set(dig(spec, "resources", "requests")) != {"storage"}
        or "limits" in spec["resources"]
    ):
        return {}
    draft.place(key, claim_name)
    draft.describe(f"volumes.{name}.claim", key)
    del spec["resources"]
    if spec.get("accessModes") == ["ReadWriteOnce"]:
        del spec["accessModes"]
    claim = {"size": str(size), **spec}
    return {
        "claim": claim,
        **{field: value for field, value in source.items() if field != "persistentVolumeClaim"},
    }


def _without(mapping: dict[str, Any], *fields: str) -> dict[str, Any]:
    return {name: value for name, value in mapping.items() if name not in fields and value is not None}
