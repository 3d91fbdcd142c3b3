"""Helm's hooks: what is there when one runs."""

from __future__ import annotations

from typing import NamedTuple

from ci.kubernetes.manifests import Object
from ci.kubernetes.workloads import dig

# Those at which the release's own objects are still to be made, still those of the last revision, or gone.
_ALONE = frozenset({"pre-install", "pre-upgrade", "pre-rollback", "post-delete"})


class Hook(NamedTuple):
    """At which events an object is made as a hook, and in which order; without an event it is none."""

    events: frozenset[str]
    weight: int


def hook_of(made: Object) -> Hook:
    """Return when an object is made (https://helm.sh/docs/topics/charts_hooks/)."""
    annotations = dig(made, "metadata", "annotations") or {}
    events = {event.strip() for event in str(annotations.get("helm.sh/hook", "")).split(",")}
    weight = str(annotations.get("helm.sh/hook-weight", "0"))
    # As Helm does with a weight that is no number.
    number = int(weight) if weight.removeprefix("-").isdigit() else 0
    return Hook(frozenset(events - {""}), number)


def not_there(user: Object, used: Object) -> str | None:
    """Say why an object is not there when the one that refers to it needs it; None where it is.

    A hook is made at its events, by weight, and usually deleted after them; all else is made after the
    hooks that come before an install, upgrade or rollback, and gone when those after a removal come.
    """
    needed, made = hook_of(user), hook_of(used)
    if not needed.events:
        return "is a hook, and not there for long" if made.events else None
    for event in sorted(needed.events):
        if event in made.events:
            if made.weight >= needed.weight:
                return f"is no earlier hook: its weight is {made.weight}, and has to be below {needed.weight}"
        elif made.events or event in _ALONE:
            return f"is not there at {event}: it has to be a hook of that event too, of a lower weight"
    return None
