"""Checks that the objects and keys that pods need exist, also at the time when a hook runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ci.checks.findings import Finding, Release
from ci.checks.hook_order import missing_at_hook
from ci.kubernetes.manifests import Key, Object
from ci.kubernetes.workloads import Pods, containers_of, dig, entries, pods_of


class Need(NamedTuple):
    """A reference at ``path`` to an object that must exist, and the keys that it must have."""

    path: str
    kind: str
    name: str
    keys: set[str]


def findings(release: Release) -> Iterator[Finding]:
    """Yield each reference to an object or key that does not exist, or not when a hook needs it.

    Objects that the chart would not create (``Release.lacks``) count as existing.
    """
    for user, need in needs(release):
        path, kind, name, keys = need
        made, held = maker(release, kind, name)
        if made is None:
            if release.lacks(kind, name):
                yield Finding(user, path, f"there is no {kind} {name!r}")
            continue
        if message := missing_at_hook(release.objects[user], made):
            yield Finding(user, path, f"{kind} {name!r} {message}")
        for key in sorted(keys - held if held is not None else ()):
            yield Finding(user, path, f"{kind} {name!r} has no key {key!r}")


def needs(release: Release) -> Iterator[tuple[Key, Need]]:
    """Yield what each object of a release needs, but for what is optional."""
    for pods in pods_of(release.objects):
        yield from ((pods.key, need) for need in _of_pods(pods))
    for key, made in release.objects.items():
        yield from ((key, need) for need in _external_needs(key, made))


def maker(release: Release, kind: str, name: str) -> tuple[Object | None, set[str] | None]:
    """Return the object that is or creates the one of that kind and name, and its keys, None if unknown.

    An ExternalSecret creates a Secret: https://external-secrets.io/latest/api/externalsecret/.
    """
    if made := release.get(kind, name):
        fields = ("data", "stringData", "binaryData")
        return made, {key for field in fields for key in dig(made, field) or {}}
    for key, made in release.objects.items():
        target = dig(made, "spec", "target", "name") or key.name
        if (kind, key.kind, target) == ("Secret", "ExternalSecret", name):
            held = {str(entry.get("secretKey")) for _, entry in entries(made, "spec", "data")}
            return made, None if dig(made, "spec", "dataFrom") else held
    return None, None


def _external_needs(key: Key, made: Object) -> Iterator[Need]:
    """Yield the store of an ExternalSecret, and the service account with which a store authenticates."""
    store = dig(made, "spec", "secretStoreRef")
    if key.kind == "ExternalSecret" and store:
        yield Need("spec.secretStoreRef", store.get("kind") or "SecretStore", str(store.get("name")), set())
    if key.kind == "SecretStore":
        for path, account in _accounts(dig(made, "spec", "provider"), "spec.provider"):
            yield from _account(path, account)


def _accounts(node: object, path: str) -> Iterator[tuple[str, str]]:
    """Yield the path and the account name of each serviceAccountRef, at any depth."""
    for field, value in node.items() if isinstance(node, dict) else ():
        if field == "serviceAccountRef":
            yield f"{path}.{field}", str(dig(value, "name"))
        else:
            yield from _accounts(value, f"{path}.{field}")


def _account(path: str, name: str) -> Iterator[Need]:
    # Every namespace has the account "default".
    if name != "default":
        yield Need(path, "ServiceAccount", name, set())


def _of_pods(pods: Pods) -> Iterator[Need]:
    if account := pods.spec.get("serviceAccountName"):
        yield from _account(f"{pods.path}.serviceAccountName", account)
    for path, secret in entries(pods.spec, "imagePullSecrets", at=pods.path):
        yield Need(path, "Secret", str(secret.get("name")), set())
    for path, volume in entries(pods.spec, "volumes", at=pods.path):
        if claim := dig(volume, "persistentVolumeClaim", "claimName"):
            yield Need(f"{path}.persistentVolumeClaim", "PersistentVolumeClaim", claim, set())
        yield from _settings(volume, path)
        for source_path, source in entries(volume, "projected", "sources", at=path):
            yield from _settings(source, source_path)
    for container_path, container in containers_of(pods):
        for path, source in entries(container, "envFrom", at=container_path):
            yield from _settings(source, path)
        for path, variable in entries(container, "env", at=container_path):
            yield from _settings(variable.get("valueFrom"), f"{path}.valueFrom")


def _settings(node: object, path: str) -> Iterator[Need]:
    """Yield the ConfigMaps and Secrets that a volume, a projection, an envFrom or a valueFrom needs."""
    for field in ("configMap", "configMapRef", "configMapKeyRef", "secret", "secretRef", "secretKeyRef"):
        reference = dig(node, field)
        name = dig(reference, "name") or dig(reference, "secretName")
        if name and not dig(reference, "optional"):
            keys = {dig(reference, "key"), *(item.get("key") for _, item in entries(reference, "items"))}
            kind = "ConfigMap" if field.startswith("configMap") else "Secret"
            yield Need(f"{path}.{field}", kind, name, {str(key) for key in keys if key})
