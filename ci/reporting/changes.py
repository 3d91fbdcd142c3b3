"""What changes between two renders of a part, object by object, and what each change does to pods."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ci.kubernetes import immutable
from ci.kubernetes.differences import ABSENT, Difference, compare, is_version_label
from ci.kubernetes.manifests import Key, Object
from ci.kubernetes.masking import HIDDEN, masked
from ci.kubernetes.workloads import SERVING, dig

NEW, CHANGED, REMOVED = "new", "changed", "removed"
RESTARTS = "restarts pods"
REFUSED = "Kubernetes refuses it"


@dataclass(frozen=True)
class Field:
    """A field that changes; a side without a value is ABSENT, and what tells of a secret is HIDDEN."""

    path: str
    old: object
    new: object
    effect: str = ""


@dataclass(frozen=True)
class Change:
    """What becomes of an object; ``fields`` are those that change, but for labels of versions."""

    status: str
    fields: tuple[Field, ...] = ()
    restarts: bool = False

    @property
    def is_of_labels(self) -> bool:
        """Whether nothing changes but labels of versions, and no pod restarts for them."""
        return self.status == CHANGED and not self.fields and not self.restarts


def changes(old: Mapping[Key, Object], new: Mapping[Key, Object]) -> dict[Key, Change]:
    """Return the objects that differ, with what becomes of them. One that runs as a hook restarts nothing."""
    found: dict[Key, list[Difference]] = {}
    for difference in compare(_comparable(old), _comparable(new)):
        found.setdefault(difference.key, []).append(difference)
    return {key: _change(differences, new.get(key, {})) for key, differences in found.items()}


def _comparable(objects: Mapping[Key, Object]) -> dict[Key, Object]:
    """Return objects in which the data of Secrets are digests."""
    return {**objects, **masked({key: made for key, made in objects.items() if key.kind == "Secret"})}


def _change(differences: list[Difference], made: Object) -> Change:
    first = differences[0]
    if not first.path:
        return Change(NEW if first.old is ABSENT else REMOVED)
    return Change(
        CHANGED,
        tuple(_fields(differences, made)),
        any(_effect(difference, made) == RESTARTS for difference in differences),
    )


def _fields(differences: list[Difference], made: Object) -> Iterator[Field]:
    for difference in differences:
        if is_version_label(difference):
            continue
        key, path, old, new = difference
        secret = key.kind == "Secret" and path.startswith(("data", "stringData"))
        if secret or '["checksum/' in path:
            old, new = (side if side is ABSENT else HIDDEN for side in (old, new))
        yield Field(path, old, new, _effect(difference, made))


def _effect(difference: Difference, made: Object) -> str:
    key, path, _, _ = difference
    if dig(made, "metadata", "annotations", "helm.sh/hook"):
        # Helm makes it anew.
        return ""
    if immutable.rule_of(key.kind, path):
        return REFUSED
    waits = dig(made, "spec", "updateStrategy", "type") == "OnDelete"
    if key.kind in SERVING and f"{path}.".startswith("spec.template.") and not waits:
        return RESTARTS
    return ""
