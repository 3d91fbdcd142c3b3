"""Chooses which ConfigMaps, Secrets and volumes become those of the chart, and renames references to them."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from ci.importing import references
from ci.importing.draft import Wishes
from ci.importing.external import is_simple
from ci.importing.selection import Selection, main_container
from ci.kubernetes.manifests import Key, Object
from ci.kubernetes.workloads import dig

# The field of envFrom, the kind of a volume and its field with the name, and what the chart's objects end in.
_SETTINGS = {
    "ConfigMap": ("configMapRef", "configMap", "name", "config", "files"),
    "Secret": ("secretRef", "secret", "secretName", "secrets", "secret-files"),
}
OPAQUE = "Opaque"
VERSIONED = "microservice/versioned"


def renamed(selection: Selection, fullname: str, wishes: Wishes) -> tuple[Selection, dict[Key, str]]:
    """Return a copy of a selection with references as in the chart, and the roles of objects.

    A role is the end of the name of the chart's object: config, files, secrets or secret-files. The volume of
    files is named config or secret, one mounted at /tmp tmp, and that of a claim <fullname>-<name> as <name>.
    """
    objects = copy.deepcopy(selection.objects)
    selection = selection._replace(objects=objects)
    workload = objects[selection.workload]
    pod = dig(workload, "spec", "template", "spec") or {}
    container = main_container(pod, selection)
    kinds = ["ConfigMap", "Secret"] if wishes.secrets else ["ConfigMap"]
    roles = {
        key: role for kind in kinds for key, role in _roles(objects, kind, pod, container, fullname).items()
    }
    names = {
        (key.kind, key.name): chart_name(key, objects[key], role, fullname) for key, role in roles.items()
    }
    for key, target in _external(objects, container):
        roles[key] = "external"
        names["Secret", target] = f"{fullname}-external"
    _rename_volumes(pod, container, _volume_names(pod, container, roles, fullname))
    for made in objects.values():
        references.rename(made, names)
    return selection, roles


def _external(objects: Mapping[Key, Object], container: Mapping[str, Any]) -> list[tuple[Key, str]]:
    """Return the ExternalSecret, if any, whose Secret's keys are variables, and that Secret's name."""
    environment = [
        source["secretRef"]["name"]
        for source in container.get("envFrom") or []
        if "secretRef" in source and not source.get("prefix")
    ]
    found = [
        (key, target)
        for key, made in objects.items()
        if key.kind == "ExternalSecret" and is_simple(made)
        for target in [dig(made, "spec", "target", "name") or key.name]
        if target in environment
    ]
    return found[:1]


def chart_name(key: Key, made: Object, role: str, fullname: str) -> str:
    """Return the name that the chart gives to an object with a role; one that is versioned keeps its own."""
    return key.name if dig(made, "metadata", "labels", VERSIONED) else f"{fullname}-{role}"


def _roles(
    objects: Mapping[Key, Object],
    kind: str,
    pod: Mapping[str, Any],
    container: Mapping[str, Any],
    fullname: str,
) -> dict[Key, str]:
    """Choose the object whose entries are variables, and the one whose entries are files."""
    reference, volume, field, data, files = _SETTINGS[kind]
    found: dict[Key, str] = {}
    known = {key.name: key for key in objects if key.kind == kind}
    environment = [
        source[reference]["name"]
        for source in container.get("envFrom") or []
        if reference in source and not source.get("prefix") and not source[reference].get("optional")
    ]
    mounted = [
        one[volume][field]
        for one in pod.get("volumes") or []
        if volume in one and field in one[volume] and not one[volume].get("optional")
    ]
    wanted = [
        name
        for name in environment
        if name in known
        and not objects[known[name]].get("binaryData")
        and _may_come_first((kind, name), container, objects)
    ]
    if wanted:
        found[known[_preferred(wanted, f"{fullname}-{data}")]] = data
    # The chart's Secrets have one type.
    types = {objects[key].get("type", OPAQUE) for key in found}
    free = [name for name in mounted if name in known and known[name] not in found]
    wanted = [name for name in free if types <= {objects[known[name]].get("type", OPAQUE)}]
    if wanted:
        found[known[_preferred(wanted, f"{fullname}-{files}")]] = files
    # A name that another object has is not free.
    taken = {key.name for key in objects if key.kind == kind and key not in found}
    return {key: role for key, role in found.items() if f"{fullname}-{role}" not in taken}


def _may_come_first(
    wanted: tuple[str, str], container: Mapping[str, Any], objects: Mapping[Key, Object]
) -> bool:
    """Tell whether a source of variables can be put before the others, of which later ones count."""
    entries = {
        (key.kind, key.name): {name for field in ("data", "stringData") for name in made.get(field) or {}}
        for key, made in objects.items()
    }
    for source in container.get("envFrom") or []:
        kind = "ConfigMap" if "configMapRef" in source else "Secret"
        name: str = (source.get("configMapRef") or source.get("secretRef") or {}).get("name", "")
        if (kind, name) == wanted:
            return True
        # The chart's own Secrets come after all ConfigMaps.
        passed = kind == "Secret" or wanted[0] == "ConfigMap"
        if passed and ((kind, name) not in entries or entries[kind, name] & entries[wanted]):
            return False
    return True


def _preferred(names: list[str], own: str) -> str:
    return next((name for name in names if name == own or name.startswith(f"{own}-")), names[0])


def _volume_names(
    pod: Mapping[str, Any], container: Mapping[str, Any], roles: Mapping[Key, str], fullname: str
) -> dict[str, str]:
    wanted: dict[str, str] = {}
    files = {(key.kind, key.name): role for key, role in roles.items()}
    mounts = {mount.get("mountPath"): mount["name"] for mount in container.get("volumeMounts") or []}
    for volume in pod.get("volumes") or []:
        config, secret = dig(volume, "configMap", "name"), dig(volume, "secret", "secretName")
        claim = dig(volume, "persistentVolumeClaim", "claimName") or ""
        if files.get(("ConfigMap", config)) == "files":
            wanted[volume["name"]] = "config"
        elif files.get(("Secret", secret)) == "secret-files":
            wanted[volume["name"]] = "secret"
        elif claim.startswith(f"{fullname}-"):
            wanted[volume["name"]] = claim.removeprefix(f"{fullname}-")
        elif mounts.get("/tmp") == volume["name"]:  # noqa: S108
            wanted[volume["name"]] = "tmp"
    names: dict[str, str] = {}
    for volume in pod.get("volumes") or []:
        old = volume["name"]
        new = wanted.get(old, f"{old}-volume" if old in wanted.values() else old)
        names[old] = old if new in names.values() else new
    return {old: new for old, new in names.items() if old != new}


def _rename_volumes(pod: Mapping[str, Any], container: Mapping[str, Any], names: Mapping[str, str]) -> None:
    for volume in pod.get("volumes") or []:
        volume["name"] = names.get(volume["name"], volume["name"])
    for one in [*(pod.get("initContainers") or []), *(pod.get("containers") or [])]:
        for mount in [*(one.get("volumeMounts") or []), *(one.get("volumeDevices") or [])]:
            mount["name"] = names.get(mount["name"], mount["name"])
