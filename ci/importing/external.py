"""Secrets of External Secrets: `secret.external`."""

from __future__ import annotations

from typing import Any

from ci.importing.draft import Draft, take
from ci.kubernetes.defaulting import without_defaults
from ci.kubernetes.manifests import Object
from ci.kubernetes.workloads import dig

_FIELDS = {"refreshInterval", "secretStoreRef", "target", "data", "dataFrom"}
_REMOTE = {"key", "property", "version"}
_PROVIDERS = {"aws": "aws", "vault": "vault", "azurekv": "azure"}


def map_external_secret(draft: Draft) -> None:
    """Map the ExternalSecret whose Secret is named as the chart names it, and the store that the chart makes.

    ``renames`` has given the Secret that name, if all its keys are variables.
    """
    name = f"{draft.fullname}-external"
    for key, _ in list(draft.of_kind("ExternalSecret")):
        if not draft.roles.get(key):
            continue
        spec = draft.place(key, name)["spec"]
        draft.describe("secret.external", key)
        store = dict(spec.get("secretStoreRef") or {})
        found: dict[str, Any] = {
            "enabled": True,
            "refreshInterval": spec.get("refreshInterval"),
            "data": {one["secretKey"]: _remote(one["remoteRef"]) for one in spec.get("data") or []},
            "dataFrom": [entry["extract"]["key"] for entry in spec.get("dataFrom") or []],
        }
        provider = _provider(draft, store)
        draft.set("secret.external", {**found, **(provider or {"store": store})})


def is_simple(made: Object) -> bool:
    """Tell whether the chart has a key for everything that an ExternalSecret says."""
    spec = made.get("spec") or {}
    references = [one.get("remoteRef") or {} for one in spec.get("data") or []]
    extracts = [one.get("extract") for one in spec.get("dataFrom") or []]
    return (
        made["apiVersion"] == "external-secrets.io/v1"
        and set(spec) <= _FIELDS
        and set(without_defaults("target", spec.get("target") or {})) <= {"name"}
        and all(set(one) == {"secretKey", "remoteRef"} for one in spec.get("data") or [])
        and all(set(without_defaults("remoteRef", one)) <= _REMOTE for one in references)
        and all(set(without_defaults("extract", one or {})) == {"key"} for one in extracts)
    )


def _remote(reference: dict[str, Any]) -> Any:
    reference = without_defaults("remoteRef", reference)
    return reference["key"] if set(reference) == {"key"} else reference


def _provider(draft: Draft, store: dict[str, Any]) -> dict[str, Any] | None:
    """Return the keys of a store that the chart can make, None for any other."""
    found = draft.find("SecretStore", store.get("name", ""))
    if not found or found[0].name != f"{draft.fullname}-external" or set(found[1]["spec"]) != {"provider"}:
        return None
    (name, settings), *others = found[1]["spec"]["provider"].items()
    settings = dict(settings)
    if others or name not in _PROVIDERS:
        return None
    auth = settings.pop("auth", {}) if name != "azurekv" else take(settings, "authType", "serviceAccountRef")
    if name == "vault":
        settings |= take(dict(dig(auth, "kubernetes") or {}), "mountPath", "role")
        if settings.get("role") == draft.fullname:
            del settings["role"]
    draft.place(found[0], f"{draft.fullname}-external")
    draft.describe("secret.external", found[0])
    return {"provider": _PROVIDERS[name], _PROVIDERS[name]: settings}
