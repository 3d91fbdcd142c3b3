"""Finds the pods that manifests create, their containers, and fields by their path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ci.kubernetes.manifests import Key, Object

SERVING = ("Deployment", "StatefulSet", "DaemonSet")
_TEMPLATES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys((*SERVING, "ReplicaSet", "Job"), ("spec", "template")),
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
    "Pod": (),
}
# The kinds that create pods, or are one.
WORKLOADS = frozenset(_TEMPLATES)


class Pods(NamedTuple):
    """The pods of a workload: their labels, and their spec with its path in the workload."""

    key: Key
    labels: Mapping[str, str]
    path: str
    spec: Mapping[str, Any]


def pods_of(objects: Mapping[Key, Object]) -> Iterator[Pods]:
    """Yield the pods that the workloads among the objects create."""
    for key, made in objects.items():
        if key.kind in _TEMPLATES:
            path = _TEMPLATES[key.kind]
            template = dig(made, *path)
            labels, spec = dig(template, "metadata", "labels"), dig(template, "spec")
            yield Pods(key, labels or {}, ".".join((*path, "spec")), spec or {})


def selected(objects: Mapping[Key, Object], labels: Mapping[str, str]) -> list[Pods]:
    """Return the pods that have all these labels."""
    return [pods for pods in pods_of(objects) if labels.items() <= pods.labels.items()]


def containers_of(pods: Pods) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the init containers and the containers of a pod, each with its path."""
    for field in ("initContainers", "containers"):
        yield from entries(pods.spec, field, at=pods.path)


def main_container(workload: Object) -> Mapping[str, Any]:
    """Return the service's own container of a Deployment or a pod: the chart lists it first."""
    pod = dig(workload, "spec", "template") or workload
    return next(container for _, container in entries(pod, "spec", "containers"))


def dig(node: Any, *path: str) -> Any:
    """Return the value at a path of keys, None if a part of the path is missing."""
    for part in path:
        node = node.get(part) if isinstance(node, Mapping) else None
    return node


def entries(node: Any, *path: str, at: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the mappings in the list at a path of ``node``, each with its own path, below ``at``."""
    items = dig(node, *path)
    for index, item in enumerate(items if isinstance(items, list) else []):
        if isinstance(item, Mapping):
            yield f"{'.'.join(filter(None, (at, *path)))}[{index}]", item
