"""Compares two sets of objects field by field."""

from __future__ import annotations

import difflib
import itertools
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from ci.base.locations import path_text
from ci.kubernetes.manifests import Key, Object


class _Absent:
    def __repr__(self) -> str:
        return "(absent)"


ABSENT = _Absent()


class Difference(NamedTuple):
    """A field that differs; ``path`` is "" for a whole object, and a side without a value is ``ABSENT``."""

    key: Key
    path: str
    old: object
    new: object


# The first of these that two items of a list have tells whether they are the same item, changed.
_IDENTITY = ("mountPath", "name", "containerPort", "topologyKey", "key", "path")

_OF_THE_VERSION = ("metadata.labels", "spec.template.metadata.labels")
_VERSION_LABELS = ('["helm.sh/chart"]', '["app.kubernetes.io/version"]')


def compare(old: Mapping[Key, Object], new: Mapping[Key, Object]) -> list[Difference]:
    """Return what changed between two streams, field by field; the order of objects or keys is no change."""
    differences = [Difference(key, "", gone, ABSENT) for key, gone in old.items() if key not in new]
    for key, object_ in new.items():
        if key not in old:
            differences.append(Difference(key, "", ABSENT, object_))
        # repr too, since 1 == True.
        elif old[key] != object_ or repr(old[key]) != repr(object_):
            differences += _compare_fields(key, old[key], object_)
    return differences


def _compare_fields(key: Key, old: Object, new: Object) -> list[Difference]:
    # Costs more to import than a case to render, and is needed only where something differs.
    from deepdiff import DeepDiff
    from deepdiff.helper import CannotCompare, notpresent

    def same_item(one: Any, other: Any, level: object = None) -> bool:
        if not isinstance(one, dict) or not isinstance(other, dict):
            return bool(one == other)
        for field in _IDENTITY:
            if field in one and field in other:
                return bool(one[field] == other[field])
        raise CannotCompare

    # The threshold: else two mappings with little in common would be one difference.
    tree = DeepDiff(old, new, view="tree", threshold_to_diff_deeper=0, iterable_compare_func=same_item)
    found: dict[str, Difference] = {}
    for what, changes in tree.items():
        for change in changes:
            # An item that moved because others came or went is no news.
            moved = what == "iterable_item_moved"
            if moved and len(change.up.t1) != len(change.up.t2):
                continue
            place = change.up if moved else change
            path = path_text(place.path(output_format="list"))
            before, after = (ABSENT if side is notpresent else side for side in (place.t1, place.t2))
            found[path] = Difference(key, path, before, after)
    return [found[path] for path in sorted(found)]


def is_version_label(difference: Difference) -> bool:
    """Tell whether a difference is in a label that names the version of the chart or of the image."""
    return difference.path.endswith(_VERSION_LABELS) and difference.path.startswith(_OF_THE_VERSION)


def describe(difference: Difference) -> list[str]:
    """Return the lines that tell one difference: path, old -> new; texts of several lines line by line."""
    path, old, new = difference.path, difference.old, difference.new
    if not path:
        return ["the object is new" if old is ABSENT else "the object is gone"]
    if isinstance(old, str) and isinstance(new, str) and "\n" in old + new:
        changed = difflib.unified_diff(old.splitlines(), new.splitlines(), n=1, lineterm="")
        return [f"{path}:", *(f"  {line}" for line in itertools.islice(changed, 2, None))]
    return [f"{path}: {_shown(old)} -> {_shown(new)}"]


def _shown(value: object) -> str:
    return repr(value) if value is ABSENT else json.dumps(value, ensure_ascii=False)
