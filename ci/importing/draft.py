"""The values that an import writes, while they are made, and where each object of the source went."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from ci.importing.selection import Selection, main_container, pod_labels, selects
from ci.kubernetes.defaulting import without_server_annotations
from ci.kubernetes.manifests import Key, Object
from ci.kubernetes.workloads import dig

Values = dict[str, Any]
# Names that entries of a map in the values can have.
KEY = re.compile("[a-z0-9]([-a-z0-9]*[a-z0-9])?")


class Wishes(NamedTuple):
    """What the user wants: ``exact`` takes the chart's defaults back, ``secrets`` writes Secrets' values.

    ``live`` keeps the ports of the Service as they are, since requests go through it meanwhile.
    """

    exact: bool = False
    secrets: bool = False
    live: bool = False


class Place(NamedTuple):
    """The object of the render that holds what an object of the source says."""

    kind: str
    name: str


class Draft:
    """What is left to map of a selection, and what was made of it.

    ``objects`` are those of the selection that have no place yet, and ``values`` those that were mapped.
    ``places`` says where objects went, ``left`` why others have no place.
    """

    def __init__(self, selection: Selection, roles: dict[Key, str], fullname: str, wishes: Wishes) -> None:
        self.name = selection.name
        self.fullname = fullname
        self.wishes = wishes
        self.source = selection.objects
        self.objects = dict(selection.objects)
        self.values: Values = {}
        self.places: dict[Key, Place] = {}
        self.left: dict[Key, str] = {}
        # By the block of the values that has their annotations and labels.
        self.blocks: dict[str, list[Key]] = {}
        self.workload_key = selection.workload
        self.service_key = selection.service
        # Copies from which each mapping takes what it has mapped: what stays has no key of its own.
        self.workload: Object = copy.deepcopy(selection.objects[selection.workload])
        self.pod: dict[str, Any] = dig(self.workload, "spec", "template", "spec") or {}
        self.container = main_container(self.pod, selection)
        self.side_containers = [one for one in self.pod.get("containers", []) if one is not self.container]
        self.labels = pod_labels(self.workload)
        self._other_pods = selection.other_pods
        # By number and protocol: the name in `ports`, and the name that the source has.
        self.port_names: dict[tuple[int, str], str] = {}
        self.old_port_names: dict[tuple[int, str], str] = {}
        # What ConfigMaps and Secrets of the source become, as in the end of the name of the chart's object.
        self.roles = roles

    def of_kind(self, *kinds: str) -> Iterator[tuple[Key, Object]]:
        """Yield the objects of these kinds that have no place yet, and are in the service's namespace."""
        for key in list(self.objects):
            if key.kind in kinds and key.namespace in ("", self.workload_key.namespace):
                yield key, self.objects[key]

    def find(self, kind: str, name: str) -> tuple[Key, Object] | None:
        """Return an object that has no place yet, None if there is none."""
        return next(((key, made) for key, made in self.of_kind(kind) if key.name == name), None)

    def place(self, key: Key, name: str = "", kind: str = "") -> Object:
        """Note that an object becomes one of the chart's, by default the one called fullname; return it."""
        self.places[key] = Place(kind or key.kind, name or self.fullname)
        return self.objects.pop(key)

    def leave(self, key: Key, reason: str) -> None:
        """Note that an object is not carried over."""
        self.left[key] = reason
        del self.objects[key]

    def selects_pods(self, selector: object) -> bool:
        """Tell whether a label selector selects the service's pods, and those of no other workload."""
        return selects(selector, self.labels) and not self.selected_others(selector)

    def selected_others(self, selector: object) -> list[str]:
        """Return the names of the other workloads whose pods a label selector selects."""
        return [name for name, labels in self._other_pods.items() if selects(selector, labels)]

    def set(self, path: str, value: Any) -> None:
        """Merge a value into the values, below a key such as service.type."""
        merge(self.values, nested(path.split("."), value))

    def describe(self, block: str, key: Key) -> None:
        """Note the block of the values whose annotations and labels an object has."""
        self.blocks.setdefault(block, []).append(key)

    def of_block(self, block: str, field: str) -> dict[str, str]:
        """Return the annotations or labels that all objects of a block have, but for those of servers."""
        each = [dig(self.source[key], "metadata", field) or {} for key in self.blocks[block]]
        shared = set.intersection(*(set(texts.items()) for texts in each))
        return without_server_annotations(
            {name: text for name, text in each[0].items() if (name, text) in shared}
        )


def nested(path: Sequence[str], value: Any) -> Values:
    """Return values that have one key: the value of ["service", "type"] stands below service, as its type."""
    for part in reversed(path):
        value = {part: value}
    values: Values = value
    return values


def merge(values: Values, other: Values) -> None:
    """Merge other values into these, in place."""
    for key, value in other.items():
        if isinstance(value, dict) and isinstance(values.get(key), dict):
            merge(values[key], value)
        else:
            values[key] = value


def take(holder: dict[str, Any], *fields: str) -> dict[str, Any]:
    """Remove fields from a map, and return those that have a value."""
    taken = {field: holder.pop(field, None) for field in fields}
    return {field: value for field, value in taken.items() if value is not None}
