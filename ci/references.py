"""What no schema can see: whether what the objects of one stream say of each other is true."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ci.manifests import Key, Object

LABELS = {"app.kubernetes.io/name", "app.kubernetes.io/instance", "app.kubernetes.io/component"}
SERVING = ("Deployment", "StatefulSet", "DaemonSet")
_TEMPLATES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys((*SERVING, "ReplicaSet", "Job"), ("spec", "template")),
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
    "Pod": (),
}


class Finding(NamedTuple):
    """Something wrong at ``path`` of an object."""

    key: Key
    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.key}: {self.path}: {self.message}"


class Pods(NamedTuple):
    """The pods of a workload: their labels, and their spec with where in the workload it stands."""

    key: Key
    labels: Mapping[str, str]
    path: str
    spec: Mapping[str, Any]


class Release(NamedTuple):
    """The objects of a rendered stream, and what the names of all that its chart makes begin with."""

    objects: Mapping[Key, Object]
    prefix: str

    def get(self, kind: str, name: str) -> Object | None:
        """Return the object of that kind and name."""
        return next(
            (made for key, made in self.objects.items() if (key.kind, key.name) == (kind, name)), None
        )

    def owns(self, name: str) -> bool:
        """Whether the chart would have made an object of that name, so that nobody else does."""
        return name == self.prefix or name.startswith(f"{self.prefix}-")


def references(objects: Mapping[Key, Object], prefix: str) -> list[Finding]:
    """Return all that is wrong between the objects of a stream from ``manifests.parse``.

    A name that is ``prefix`` or begins with ``<prefix>-`` must be in the stream; any other counts as made
    elsewhere. TLS secrets of an Ingress are always made elsewhere: by cert-manager, or by hand.
    """
    release = Release(objects, prefix)
    rules = (_names, _selectors, _services, _ingresses, _autoscalers, _mounts, _probes, _configuration)
    return [finding for rule in rules for finding in rule(release)]


def pods_of(objects: Mapping[Key, Object]) -> Iterator[Pods]:
    """Yield the pods that the workloads among the objects make."""
    for key, made in objects.items():
        if key.kind in _TEMPLATES:
            path = _TEMPLATES[key.kind]
            template = dig(made, *path)
            labels, spec = dig(template, "metadata", "labels"), dig(template, "spec")
            yield Pods(key, labels or {}, ".".join((*path, "spec")), spec or {})


def containers_of(pods: Pods) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield each container of a pod, and each that runs before it, with its path."""
    for field in ("initContainers", "containers"):
        yield from entries(pods.spec, field, at=pods.path)


def dig(node: Any, *path: str) -> Any:
    """Return what stands at a path of mappings, None where a part of it is missing."""
    for part in path:
        node = node.get(part) if isinstance(node, Mapping) else None
    return node


def entries(node: Any, *path: str, at: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the mappings in the list at a path of ``node``, each with its own path; ``at`` is the node's."""
    items = dig(node, *path)
    for index, item in enumerate(items if isinstance(items, list) else []):
        if isinstance(item, Mapping):
            yield f"{'.'.join(filter(None, (at, *path)))}[{index}]", item


def _names(release: Release) -> Iterator[Finding]:
    seen: dict[tuple[str, str, str], Key] = {}
    for key in release.objects:
        first = seen.setdefault((key.kind, key.namespace, key.name), key)
        if first != key:
            yield Finding(key, "metadata.name", f"{first} is the same object in another version")


def _selectors(release: Release) -> Iterator[Finding]:
    """Find selectors that miss their own pods or, since they can never change, hold what may have to."""
    for pods in pods_of(release.objects):
        if pods.key.kind not in SERVING:
            continue
        selector = dig(release.objects[pods.key], "spec", "selector", "matchLabels") or {}
        if not selector.items() <= pods.labels.items():
            yield Finding(pods.key, "spec.selector.matchLabels", "does not match the labels of its own pods")
        if release.owns(pods.key.name) and set(selector) != LABELS:
            message = f"must be made of {', '.join(sorted(LABELS))} and nothing else, for it can never change"
            yield Finding(pods.key, "spec.selector.matchLabels", message)


def _services(release: Release) -> Iterator[Finding]:
    for key, service in release.objects.items():
        selector = dig(service, "spec", "selector")
        if key.kind != "Service" or not selector:
            continue
        chosen = [pods for pods in pods_of(release.objects) if selector.items() <= pods.labels.items()]
        if len(chosen) != 1 or chosen[0].key.kind not in SERVING:
            found = " and of ".join(str(pods.key) for pods in chosen) or "no workload"
            yield Finding(
                key, "spec.selector", f"matches the pods of {found}, instead of one workload that serves"
            )
        names = {name for pods in chosen for name in _port_names(pods)}
        for path, port in entries(service, "spec", "ports"):
            target = port.get("targetPort")
            if chosen and isinstance(target, str) and target not in names:
                yield Finding(key, f"{path}.targetPort", f"no container has a port named {target!r}")


def _port_names(pods: Pods) -> Iterator[str]:
    for path, container in containers_of(pods):
        # Of those that start before the others, only a sidecar is there to be reached.
        if "initContainers" not in path or container.get("restartPolicy") == "Always":
            yield from (port["name"] for _, port in entries(container, "ports", at=path) if port.get("name"))


def _ingresses(release: Release) -> Iterator[Finding]:
    for key, ingress in release.objects.items():
        if key.kind != "Ingress":
            continue
        backends = [("spec.defaultBackend", dig(ingress, "spec", "defaultBackend"))]
        for rule_path, rule in entries(ingress, "spec", "rules"):
            paths = entries(rule, "http", "paths", at=rule_path)
            backends += [(f"{path}.backend", dig(item, "backend")) for path, item in paths]
        for path, backend in backends:
            if name := dig(backend, "service", "name"):
                message = _unreachable(release, name, dig(backend, "service", "port") or {})
                if message:
                    yield Finding(key, f"{path}.service", message)


def _unreachable(release: Release, name: str, port: Mapping[str, Any]) -> str | None:
    service = release.get("Service", name)
    if service is None:
        return f"there is no Service {name!r}" if release.owns(name) else None
    ports = [declared for _, declared in entries(service, "spec", "ports")]
    if any(port == {"name": item.get("name")} or port == {"number": item.get("port")} for item in ports):
        return None
    return f"Service {name!r} has no port {' '.join(str(value) for value in port.values())}"


def _autoscalers(release: Release) -> Iterator[Finding]:
    for key, autoscaler in release.objects.items():
        if key.kind == "HorizontalPodAutoscaler":
            kind, name = (str(dig(autoscaler, "spec", "scaleTargetRef", field)) for field in ("kind", "name"))
            if release.owns(name) and release.get(kind, name) is None:
                yield Finding(key, "spec.scaleTargetRef", f"there is no {kind} {name!r}")


def _mounts(release: Release) -> Iterator[Finding]:
    for pods in pods_of(release.objects):
        volumes = {volume.get("name") for _, volume in entries(pods.spec, "volumes", at=pods.path)}
        for container_path, container in containers_of(pods):
            for field in ("volumeMounts", "volumeDevices"):
                for path, mount in entries(container, field, at=container_path):
                    if mount.get("name") not in volumes:
                        yield Finding(pods.key, path, f"no volume is named {mount.get('name')!r}")


def _probes(release: Release) -> Iterator[Finding]:
    """Find probes and hooks with a port that is none of their own container's."""
    for pods in pods_of(release.objects):
        for container_path, container in containers_of(pods):
            names = {port.get("name") for _, port in entries(container, "ports", at=container_path)}
            for handler in (
                *(("startupProbe",), ("readinessProbe",), ("livenessProbe",)),
                *(("lifecycle", "postStart"), ("lifecycle", "preStop")),
            ):
                for action in ("httpGet", "tcpSocket"):
                    port = dig(container, *handler, action, "port")
                    if isinstance(port, str) and port not in names:
                        path = ".".join((container_path, *handler, action, "port"))
                        yield Finding(pods.key, path, f"the container has no port named {port!r}")


def _configuration(release: Release) -> Iterator[Finding]:
    for pods in pods_of(release.objects):
        for path, kind, name, keys in _needs(pods):
            made = release.get(kind, name)
            if made is None:
                if release.owns(name):
                    yield Finding(pods.key, path, f"there is no {kind} {name!r}")
                continue
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
