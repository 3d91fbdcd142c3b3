"""What the checks have in common: a finding, and the release in which they look for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ci.kubernetes.manifests import Key, Object
from ci.kubernetes.workloads import SERVING, Pods


class Finding(NamedTuple):
    """Something wrong at ``path`` of an object."""

    key: Key
    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.key}: {self.path}: {self.message}"


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


def not_one_serving(chosen: Sequence[Pods]) -> str | None:
    """Say of whom the selected pods are, where that is not one workload that serves; None where it is."""
    if len(chosen) == 1 and chosen[0].key.kind in SERVING:
        return None
    found = " and of ".join(str(pods.key) for pods in chosen) or "no workload"
    return f"matches the pods of {found}, instead of one workload that serves"
