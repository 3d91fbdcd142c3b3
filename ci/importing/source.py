"""What an import reads: objects, and what the source says beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ci.kubernetes.manifests import Key, Object


class Source(NamedTuple):
    """The objects of a source; manifests are nothing else.

    ``left`` are lines about what the source says that no object has, with the reason; ``unneeded`` are lines
    about what needs no object, because Kubernetes does it by itself or because it has no effect.
    """

    objects: Mapping[Key, Object]
    left: Sequence[str] = ()
    unneeded: Sequence[str] = ()
