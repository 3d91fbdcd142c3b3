"""Variables, ConfigMaps and Secrets: `env`, `envFrom`, `config`, `secret`."""

from __future__ import annotations

import base64
import re
from typing import Any

from ci.importing import references
from ci.importing.draft import Draft
from ci.importing.renames import OPAQUE, VERSIONED, chart_name
from ci.kubernetes.manifests import Key, Object
from ci.kubernetes.workloads import dig

_REFERRING = ("env", "envFrom", "volumes", "initContainers", "extraContainers", "cronJobs", "migration")
# What the chart makes of a role: the block of values and the key in it.
_KEYS = {
    "config": ("config", "data"),
    "files": ("config", "files"),
    "secrets": ("secret", "data"),
    "secret-files": ("secret", "files"),
}


def map_settings(draft: Draft) -> None:
    """Map the variables of the main container, and the objects that they and the volume of files come from.

    The values of a Secret are only written if the user wishes it; else it stays in the cluster.
    """
    env = draft.container.pop("env", None) or []
    if env:
        draft.set("env", variables(env))
    for key, role in draft.roles.items():
        if role in _KEYS:
            _map_object(draft, key, role)
    _map_sources(draft, draft.container.pop("envFrom", None) or [])
    for key in [key for key in draft.objects if key.kind == "Secret" and not draft.wishes.secrets]:
        draft.leave(key, "its values stay out of the file: it has to be in the cluster before an install")


def let_others_own(draft: Draft) -> None:
    """Make references to objects that the chart could make, and does not, optional, or it refuses them."""
    own = {
        (kind, f"{draft.fullname}-{role}")
        for kind, roles in (
            ("ConfigMap", ("config", "files")),
            ("Secret", ("secrets", "secret-files", "external")),
        )
        for role in roles
    }
    made = {(place.kind, place.name) for place in draft.places.values()}
    made |= {("Secret", place.name) for place in draft.places.values() if place.kind == "ExternalSecret"}
    for block, kind in (("config", "ConfigMap"), ("secret", "Secret")):
        made |= {(kind, name) for name in (draft.values.get(block) or {}).get("existing") or []}
    places = references.places({key: draft.values.get(key) for key in _REFERRING})
    for kind, holder, field in places:
        if (kind, holder[field]) in own - made:
            holder["optional"] = True


def _map_object(draft: Draft, key: Key, role: str) -> None:
    name = chart_name(key, draft.objects[key], role, draft.fullname)
    made = draft.place(key, name)
    block, field = _KEYS[role]
    draft.describe(block, key)
    data, binary = _data(made)
    if data:
        draft.set(f"{block}.{field}", data)
    if made.get("type", OPAQUE) != OPAQUE:
        draft.set("secret.type", made["type"])
    if binary:
        draft.set(f"{block}.binaryFiles", binary)
    if dig(made, "metadata", "labels", VERSIONED):
        draft.set(f"{block}.versioned", True)


def _data(made: Object) -> tuple[dict[str, str], dict[str, str]]:
    """Return the entries of a ConfigMap or Secret that are text, and those that are not, in base64."""
    if made["kind"] == "ConfigMap":
        return made.get("data") or {}, made.get("binaryData") or {}
    data, binary = {}, {}
    for name, encoded in (made.get("data") or {}).items():
        try:
            data[name] = base64.b64decode("".join(str(encoded).split()), validate=True).decode()
        except ValueError:
            binary[name] = str(encoded)
    return {**data, **(made.get("stringData") or {})}, binary


def variables(env: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a container's variables as the chart has them: by name, each with its value or its source."""
    found: dict[str, Any] = {}
    for number, variable in enumerate(env):
        later = {one["name"] for one in env[number + 1 :]} - {one["name"] for one in env[:number]}
        value = variable.get("valueFrom") or str(variable.get("value") or "")
        # Kubernetes leaves a reference to a later variable as it is; the chart would put that one first.
        found[variable["name"]] = _escaped(value, later) if isinstance(value, str) else value
    return found


def _escaped(text: str, names: set[str]) -> str:
    def escape(found: re.Match[str]) -> str:
        return f"${found[0]}" if found[1] in names else found[0]

    return re.sub(r"\$\$|\$\(([^)]+)\)", escape, text)


def _map_sources(draft: Draft, sources: list[dict[str, Any]]) -> None:
    """Map envFrom: the chart reads its own objects first, then config.existing, secret.existing, envFrom."""
    own = {
        ("ConfigMap" if role == "config" else "Secret", _name(draft, key, role))
        for key, role in draft.roles.items()
        if role in ("config", "secrets", "external")
    }
    rest = [source for source in sources if _reference(source) not in own]
    plain = [source for source in rest if _is_plain(source)]
    # Own Secrets come after config.existing.
    kinds = ["configMapRef" in source for source in sources if source in rest or "secretRef" in source]
    if len(plain) == len(rest) and kinds == sorted(kinds, reverse=True):
        for block, field in (("config", "configMapRef"), ("secret", "secretRef")):
            names = [source[field]["name"] for source in rest if field in source]
            if names:
                draft.set(f"{block}.existing", names)
    elif rest:
        draft.set("envFrom", rest)


def _name(draft: Draft, key: Key, role: str) -> str:
    return draft.places[key].name if key in draft.places else f"{draft.fullname}-{role}"


def _reference(source: dict[str, Any]) -> tuple[str, str]:
    kind = "ConfigMap" if "configMapRef" in source else "Secret"
    return kind, (source.get("configMapRef") or source.get("secretRef") or {}).get("name", "")


def _is_plain(source: dict[str, Any]) -> bool:
    reference = source.get("configMapRef") or source.get("secretRef") or {}
    return not source.get("prefix") and not reference.get("optional")
