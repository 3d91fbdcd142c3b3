"""What the checks share: a finding, and the release that they check."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from ci.base.suggestions import did_you_mean
from ci.kubernetes.manifests import Key, Object
from ci.kubernetes.workloads import SERVING, Pods


class Finding(NamedTuple):
    """A problem at ``path`` of an object."""

    key: Key
    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.key}: {self.path}: {self.message}"


class Release(NamedTuple):
    """The objects of a rendered stream, and the prefix of the names of its chart's own objects.

    ``written`` are the texts that a person has written in values, names of objects of theirs among them.
    """

    objects: Mapping[Key, Object]
    prefix: str
    written: Collection[str] = ()

    def get(self, kind: str, name: str) -> Object | None:
        """Return the object of that kind and name, None if there is none."""
        return next(
            (made for key, made in self.objects.items() if (key.kind, key.name) == (kind, name)), None
        )

    def owns(self, name: str) -> bool:
        """Return whether an object of that name can only come from the chart."""
        return name == self.prefix or name.startswith(f"{self.prefix}-")

    def lacks(self, kind: str, name: str) -> bool:
        """Return whether an object that is not in the stream is nobody else's.

        A name that a person has written is that of an object of theirs, unless the stream has a near one.
        """
        others = (key.name for key in self.objects if key.kind == kind)
        return self.owns(name) and (name not in self.written or bool(did_you_mean(name, others)))


def not_one_serving(chosen: Sequence[Pods]) -> str | None:
    """Return the message for selected pods unless they are those of exactly one serving workload."""
    if len(chosen) == 1 and chosen[0].key.kind in SERVING:
        return None
    found = " and of ".join(str(pods.key) for pods in chosen) or "no workload"
    return f"matches the pods of {found}; it must match those of one {' or '.join(SERVING)}"
