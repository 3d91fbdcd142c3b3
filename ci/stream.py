"""A rendered stream as a whole: its objects by kind and name, its pods, and what stands where in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ci.manifests import Key, Object

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


def pods_of(objects: Mapping[Key, Object]) -> Iterator[Pods]:
    """Yield the pods that the workloads among the objects make."""
    for key, made in objects.items():
        if key.kind in _TEMPLATES:
            path = _TEMPLATES[key.kind]
            template = dig(made, *path)
            labels, spec = dig(template, "metadata", "labels"), dig(template, "spec")
            yield Pods(key, labels or {}, ".".join((*path, "spec")), spec or {})


def selected(objects: Mapping[Key, Object], labels: Mapping[str, str]) -> list[Pods]:
    """Return the pods that bear all these labels."""
    return [pods for pods in pods_of(objects) if labels.items() <= pods.labels.items()]


def not_one_serving(chosen: Sequence[Pods]) -> str | None:
    """Say of whom the selected pods are, where that is not one workload that serves; None where it is."""
    if len(chosen) == 1 and chosen[0].key.kind in SERVING:
        return None
    found = " and of ".join(str(pods.key) for pods in chosen) or "no workload"
    return f"matches the pods of {found}, instead of one workload that serves"


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
