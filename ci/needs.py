"""What pods do not start without: accounts, claims, ConfigMaps and Secrets, there when the pods come."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ci.hooks import not_there
from ci.stream import Finding, Pods, Release, containers_of, dig, entries, pods_of


def findings(release: Release) -> Iterator[Finding]:
    """Yield all that the pods of a stream need and don't find, or don't find in time.

    What the chart would not have made (``Release.owns``) counts as made elsewhere.
    """
    for pods in pods_of(release.objects):
        for path, kind, name, keys in _needs(pods):
            made = release.get(kind, name)
            if made is None:
                if release.owns(name):
                    yield Finding(pods.key, path, f"there is no {kind} {name!r}")
                continue
            if message := not_there(release.objects[pods.key], made):
                yield Finding(pods.key, path, f"{kind} {name!r} {message}")
            held = {key for field in ("data", "stringData", "binaryData") for key in dig(made, field) or {}}
            for key in sorted(keys - held):
                yield Finding(pods.key, path, f"{kind} {name!r} has no key {key!r}")


class _Need(NamedTuple):
    """A kind and name that pods do not start without, with the keys that they read of it."""

    path: str
    kind: str
    name: str
    keys: set[str]


def _needs(pods: Pods) -> Iterator[_Need]:
    # Every namespace has the account "default".
    account = pods.spec.get("serviceAccountName") or "default"
    if account != "default":
        yield _Need(f"{pods.path}.serviceAccountName", "ServiceAccount", account, set())
    for path, secret in entries(pods.spec, "imagePullSecrets", at=pods.path):
        yield _Need(path, "Secret", str(secret.get("name")), set())
    for path, volume in entries(pods.spec, "volumes", at=pods.path):
        if claim := dig(volume, "persistentVolumeClaim", "claimName"):
            yield _Need(f"{path}.persistentVolumeClaim", "PersistentVolumeClaim", claim, set())
        yield from _settings(volume, path)
        for source_path, source in entries(volume, "projected", "sources", at=path):
            yield from _settings(source, source_path)
    for container_path, container in containers_of(pods):
        for path, source in entries(container, "envFrom", at=container_path):
            yield from _settings(source, path)
        for path, variable in entries(container, "env", at=container_path):
            yield from _settings(variable.get("valueFrom"), f"{path}.valueFrom")


def _settings(node: object, path: str) -> Iterator[_Need]:
    """Yield the ConfigMaps and Secrets that a volume, a projection, an envFrom or a valueFrom needs."""
    for field in ("configMap", "configMapRef", "configMapKeyRef", "secret", "secretRef", "secretKeyRef"):
        reference = dig(node, field)
        name = dig(reference, "name") or dig(reference, "secretName")
        if name and not dig(reference, "optional"):
            keys = {
                dig(reference, "key"),
                *(item.get("key") for _, item in entries(reference, "items", at=path)),
            }
            kind = "ConfigMap" if field.startswith("configMap") else "Secret"
            yield _Need(f"{path}.{field}", kind, name, {str(key) for key in keys if key})
