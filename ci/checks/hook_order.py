"""The order of Helm's hooks: which objects exist when one runs."""

from __future__ import annotations

from typing import NamedTuple

from ci.kubernetes.manifests import Object
from ci.kubernetes.workloads import dig

# Events at which the release's other objects do not exist yet, are of the last revision, or are deleted.
_ALONE = frozenset({"pre-install", "pre-upgrade", "pre-rollback", "post-delete"})


class Hook(NamedTuple):
    """The events at which Helm creates an object as a hook, and its weight; no events if it is not a hook."""

    events: frozenset[str]
    weight: int


def hook_of(made: Object) -> Hook:
    """Return the events and weight of an object (https://helm.sh/docs/topics/charts_hooks/)."""
    annotations = dig(made, "metadata", "annotations") or {}
    events = {event.strip() for event in str(annotations.get("helm.sh/hook", "")).split(",")}
    weight = str(annotations.get("helm.sh/hook-weight"))
    # Helm, too, reads a weight that is missing or not a number as 0.
    number = int(weight) if weight.removeprefix("-").isdigit() else 0
    return Hook(frozenset(events - {""}), number)


def missing_at_hook(user: Object, used: Object) -> str | None:
    """Return why the object ``used`` may not exist when ``user`` needs it, None if it does.

    Helm creates hooks at their events, by weight, and usually deletes them afterwards. It creates all other
    objects after the pre-install, pre-upgrade and pre-rollback hooks, and deletes them before post-delete.
    """
    needed, made = hook_of(user), hook_of(used)
    if not needed.events:
        return "is a hook, which is usually deleted after it has run" if made.events else None
    for event in sorted(needed.events):
        if event in made.events:
            if made.weight >= needed.weight:
                return f"has hook weight {made.weight}; it must be below {needed.weight}, to run earlier"
        elif made.events or event in _ALONE:
            return f"does not exist at {event}: it must be a hook of that event too, with a lower weight"
    return None
