"""The first Kubernetes version with each field, from the definitions of all supported versions."""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterable, Iterator
from typing import Any, NamedTuple

from ci.base.locations import InstancePath, path_text
from ci.kubernetes import definitions, validation
from ci.kubernetes.manifests import Key, Object, key_of
from ci.kubernetes.validation import Problem
from ci.kubernetes.versions import OLDEST, SUPPORTED, require_supported

_REFERENCE = "#/$defs/"


class NewField(NamedTuple):
    """A field and the first version that has it; ``path`` is "" if the object's whole kind is new."""

    key: Key
    path: str
    since: str


class _Place(NamedTuple):
    """The definition for a value: its name in each supported version, "" where that version has none.

    The value may be nested in any number of lists, and is nested in ``maps`` maps with free keys.
    """

    names: tuple[str, ...]
    maps: int = 0


class _Definitions(NamedTuple):
    """A version's definitions: {name: {field: (name of its value's definition or "", ``_Place.maps``)}}."""

    fields: dict[str, dict[str, tuple[str, int]]]
    kinds: dict[tuple[str, str], str]


def newer(object_: Object, version: str = OLDEST) -> list[NewField]:
    """Return the fields of an object that a Kubernetes version ("1.30") does not have, but a later one does.

    A field within a newer field is only listed if it is newer still. Raises UserError for an unsupported
    version and ValueError if the object has no key.
    """
    require_supported(version)
    key = _key(object_)
    return [
        NewField(key, path_text(path), since)
        for path, since in _late(key, object_)
        if _is_later(since, version)
    ]


def problems(objects: Iterable[Object], versions: Collection[str] = SUPPORTED) -> list[Problem]:
    """Return the problems that ``validation.validate`` finds in objects, for each of the versions.

    A field that is newer than a version is no problem: the object is validated there without it.
    """
    found = []
    for object_ in objects:
        late = list(_late(_key(object_), object_))
        for version in versions:
            unknown = {path for path, since in late if _is_later(since, version)}
            if () not in unknown:
                found += validation.validate(_without(object_, unknown) if unknown else object_, version)
    return found


def known(object_: Object, version: str) -> Object | None:
    """Return an object without the fields that are newer than a Kubernetes version; None if its kind is.

    Raises UserError for an unsupported version and ValueError if the object has no key.
    """
    require_supported(version)
    late = {path for path, since in _late(_key(object_), object_) if _is_later(since, version)}
    return None if () in late else _without(object_, late)


def _late(key: Key, object_: Object) -> Iterator[tuple[InstancePath, str]]:
    """Yield the path of each field that the oldest version lacks, and the first version that has it."""
    oldest = _definitions(OLDEST).kinds.get((key.api_version, key.kind))
    if oldest and _is_old(object_, oldest, 0):
        return
    names = tuple(_definitions(version).kinds.get((key.api_version, key.kind), "") for version in SUPPORTED)
    if any(names):
        since = _first(names)
        if since != OLDEST:
            yield (), since
        yield from _late_below(object_, _Place(names), (), since)


def _is_old(node: Any, name: str, maps: int) -> bool:
    """Return whether the oldest version has each field of a node; to read the other versions takes long.

    ``name`` is that of its definition there, "" for none, and ``maps`` as that of a _Place.
    """
    if isinstance(node, list):
        return all(_is_old(item, name, maps) for item in node)
    if not isinstance(node, dict) or not name:
        return True
    if maps:
        return all(_is_old(value, name, maps - 1) for value in node.values())
    fields = _definitions(OLDEST).fields[name]
    return all(field in fields and _is_old(value, *fields[field]) for field, value in node.items())


def _late_below(
    node: Any, place: _Place, path: InstancePath, above: str
) -> Iterator[tuple[InstancePath, str]]:
    """Yield as ``_late`` does, for a node at ``path`` that first exists in the version ``above``."""
    if isinstance(node, list):
        for index, item in enumerate(node):
            yield from _late_below(item, place, (*path, index), above)
    elif isinstance(node, dict) and place.maps:
        for name, value in node.items():
            yield from _late_below(value, place._replace(maps=place.maps - 1), (*path, name), above)
    elif isinstance(node, dict):
        fields = _fields(place.names)
        for name, value in node.items():
            if name in fields:
                since, below = fields[name]
                if _is_later(since, above):
                    yield (*path, name), since
                yield from _late_below(value, below, (*path, name), max(since, above, key=SUPPORTED.index))


@functools.cache
def _fields(names: tuple[str, ...]) -> dict[str, tuple[str, _Place]]:
    """Return the fields of a definition: the first version that has each, and the place of its value."""
    versions = [
        _definitions(version).fields.get(name, {}) for version, name in zip(SUPPORTED, names, strict=True)
    ]
    fields = {}
    for field in {field: None for version in versions for field in version}:
        values = [version.get(field) for version in versions]
        below = _Place(
            tuple(value[0] if value else "" for value in values), max(value[1] for value in values if value)
        )
        fields[field] = (_first(values), below)
    return fields


def _first(by_version: Iterable[object]) -> str:
    """Return the first supported version for which ``by_version`` is true."""
    return next(version for version, there in zip(SUPPORTED, by_version, strict=True) if there)


@functools.cache
def _definitions(version: str) -> _Definitions:
    fields = {
        name: {field: _value(part) for field, part in definition.get("properties", {}).items()}
        for name, definition in definitions.read(version).items()
    }
    return _Definitions(fields, definitions.names_of_kinds(version))


def _value(part: dict[str, Any]) -> tuple[str, int]:
    maps = 0
    while "$ref" not in part:
        inner = part.get("items") or part.get("additionalProperties")
        if not isinstance(inner, dict):
            return "", 0
        maps += "items" not in part
        part = inner
    return part["$ref"].removeprefix(_REFERENCE), maps


def _without(node: Any, paths: Collection[InstancePath], path: InstancePath = ()) -> Any:
    """Return a copy of an object without the fields at some paths."""
    if isinstance(node, list):
        return [_without(item, paths, (*path, index)) for index, item in enumerate(node)]
    if isinstance(node, dict):
        below = {name: (*path, name) for name in node}
        return {
            name: _without(node[name], paths, place) for name, place in below.items() if place not in paths
        }
    return node


def _is_later(one: str, other: str) -> bool:
    return SUPPORTED.index(one) > SUPPORTED.index(other)


def _key(object_: Object) -> Key:
    key = key_of(object_)
    if key is None:
        raise ValueError("an object needs apiVersion, kind and metadata.name")
    return key
