"""What Helm 3 leaves: fields that it wrote without applying them, so that no apply takes them back."""

from __future__ import annotations

from typing import Any

from ci.deploy.dry_run import FIELD_MANAGER
from ci.kubernetes.manifests import Object
from ci.kubernetes.workloads import entries


def without_dropped(after: Object, live: Object | None, before: Object | None, wanted: Object) -> Object:
    """Return what an object will be without the entries of maps that the release no longer has.

    An apply takes them back only where they were applied. Helm 3 wrote them, and both Helms remove them.
    """
    wrote = any(
        entry.get("manager") == FIELD_MANAGER and entry.get("operation") == "Update"
        for _, entry in entries(live, "metadata", "managedFields")
    )
    if not wrote or before is None:
        return after
    dropped: Object = _dropped(after, before, wanted)
    return dropped


def _dropped(after: Any, before: Any, wanted: Any) -> Any:
    if isinstance(after, dict) and isinstance(before, dict) and isinstance(wanted, dict):
        gone = before.keys() - wanted.keys()
        return {
            name: _dropped(value, before.get(name), wanted.get(name))
            for name, value in after.items()
            if name not in gone
        }
    if isinstance(after, list) and isinstance(before, list) and isinstance(wanted, list):
        was, will = ({_identity(one): one for one in items} for items in (before, wanted))
        return [
            _dropped(one, was.get(name), will.get(name))
            for one in after
            if (name := _identity(one)) in will or name not in was
        ]
    return after


def _identity(item: Any) -> str:
    """Return what tells the items of a list apart: they are merged by it."""
    names = ("name", "mountPath", "containerPort", "port")
    return str(next((item[name] for name in names if name in item), item) if isinstance(item, dict) else item)
