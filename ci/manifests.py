"""Rendered manifests as objects: taken apart, told from one another, compared field by field."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from ci import kubernetes_yaml
from ci.errors import UserError

Object = dict[str, Any]


class Key(NamedTuple):
    """What tells one object of a cluster from another; ``namespace`` is "" where the manifest names none."""

    api_version: str
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.api_version} {self.kind} " + "/".join(filter(None, (self.namespace, self.name)))


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


def parse(stream: str) -> dict[Key, Object]:
    """Return the objects of a rendered stream, in its order, as the API server reads them; nulls stay.

    Documents without content are passed over. Raise UserError for YAML that cannot be read, a document that
    is no Kubernetes object, and two objects of one key.
    """
    objects: dict[Key, Object] = {}
    for number, document in enumerate(kubernetes_yaml.load_all(stream, "rendered manifests"), start=1):
        if document is None:
            continue
        key = key_of(document)
        if key is None:
            raise UserError(
                f"rendered manifests: document {number} is no Kubernetes object; "
                "it needs apiVersion, kind and metadata.name, each a text"
            )
        if key in objects:
            raise UserError(f"rendered manifests: two objects are {key}; one of them needs another name")
        objects[key] = document
    return objects


def dump(objects: Mapping[Key, Object]) -> str:
    """Return canonical text of the objects, which ``parse`` reads back as the same."""
    return kubernetes_yaml.dump(objects.values())


def key_of(document: object) -> Key | None:
    """Return the key of an object, or None where the document is none."""
    metadata = document.get("metadata") if isinstance(document, dict) else None
    if not isinstance(document, dict) or not isinstance(metadata, dict):
        return None
    key = Key(
        document.get("apiVersion", ""),
        document.get("kind", ""),
        metadata.get("namespace") or "",
        metadata.get("name", ""),
    )
    texts = all(isinstance(part, str) for part in key)
    return key if texts and key.api_version and key.kind and key.name else None


def path_text(parts: Iterable[str | int]) -> str:
    """Return a path for people: ``spec.containers[0].image``, ``metadata.annotations["a.b/c"]``."""
    text = ""
    for part in parts:
        if isinstance(part, int):
            text += f"[{part}]"
        elif re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]*", part):
            text += f".{part}"
        else:
            text += f"[{json.dumps(part, ensure_ascii=False)}]"
    return text.removeprefix(".")


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
