"""Finds the fields that a key of the values reaches: a case is rendered with it and without it."""

from __future__ import annotations

import itertools
import json
import shutil
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from ci.base.errors import UserError
from ci.base.files import write_whole
from ci.base.locations import InstancePath, path_text, walk
from ci.charts import catalog, helm
from ci.charts.batch import json_text
from ci.charts.catalog import Case, Chart
from ci.charts.values_file import laid, read_values
from ci.explaining.keys import ENTRY, ITEM, Key
from ci.kubernetes import manifests
from ci.kubernetes.manifests import Object
from ci.values import schema_walk

Values = dict[str, Any]
Objects = dict[manifests.Key, Object]

# The schema and the notes take half the time of a render; the checks would refuse what lacks a key.
_LEFT_OUT = ("ci", "NOTES.txt", "checks.yaml", "values.schema.json", "schema.yaml", "README.md", "icon.svg")
# What tells the items of a list apart.
_IDENTITY = ("name", "mountPath", "containerPort", "port", "host", "path", "topologyKey", "type")
_MOST_TRIES = 4
_NOTHING = object()
# The entry of a map, and the item of a list, that is tried where no case has one.
_STEPS: dict[str, str | int] = {ENTRY: "sample", ITEM: 0}


class Field(NamedTuple):
    """A field of an object, or the whole object if ``path`` is ""; lists are [] where every item is alike."""

    kind: str
    name: str
    path: str


class Try(NamedTuple):
    """Values of a case with a key, which has ``value`` at ``place``, and the same without it."""

    case: Case
    place: InstancePath
    value: Any
    with_: Values
    without: Values


class Reach(NamedTuple):
    """What a key reaches in the case that shows it; ``objects`` are those with the key."""

    case: Case
    place: InstancePath
    value: Any
    fields: list[Field]
    objects: list[Object]


class Renderer:
    """Renders a chart as quickly as possible, without its checks, in a folder of its own."""

    def __init__(self, chart: Chart, folder: Path) -> None:
        self.chart = chart
        self.defaults = read_values(chart.path / "values.yaml")
        self.cases = [case for case in catalog.cases() if case.chart == chart and len(case.values) == 1]
        self._folder = folder
        self._copy = shutil.copytree(
            chart.path, folder / "chart", ignore=shutil.ignore_patterns(*_LEFT_OUT), dirs_exist_ok=True
        )
        self._answers: dict[str, Objects | None] = {}

    def both(self, one: Try) -> tuple[Objects | None, Objects | None]:
        """Return the objects with and without the key; None for what does not render."""
        with ThreadPoolExecutor(max_workers=2) as pool:
            with_, without = pool.map(
                lambda values: self._rendered(one.case, values), (one.with_, one.without)
            )
        return with_, without

    def _rendered(self, case: Case, values: Values) -> Objects | None:
        text = json_text(values)
        question = f"{case.release} {text}"
        if question not in self._answers:
            file = self._folder / f"{abs(hash(question))}.json"
            write_whole(file, text)
            try:
                stream = helm.template(
                    self._copy,
                    [file],
                    engine=helm.ENGINES[-1],
                    release=case.release,
                    extra=["--skip-schema-validation"],
                )
                self._answers[question] = manifests.parse(stream)
            except UserError:
                self._answers[question] = None
        return self._answers[question]


def reach(key: Key, schema: schema_walk.Schema, renderer: Renderer) -> Reach | None:
    """Return what a key reaches in the first try that shows something; None if none does.

    The smallest case that sets the key comes first. Other values are tried only where no case sets it.
    """
    for one in islice(tries(key, schema, renderer), _MOST_TRIES):
        with_, without = renderer.both(one)
        if with_ is None or without is None:
            continue
        fields = _fields(with_, without)
        if any(not field.path for field in fields) and not _is_switch(key):
            # Whether an object exists says less than what the key changes in it.
            for value in islice(_samples(schema, key.part), 1):
                other = one._replace(without=_changed(one.with_, one.place, value))
                _, changed = renderer.both(other)
                fields = (_fields(with_, changed) if changed else []) or fields
        if fields:
            return Reach(one.case, one.place, one.value, fields, list(with_.values()))
    return None


def tries(key: Key, schema: schema_walk.Schema, renderer: Renderer) -> Iterator[Try]:
    """Yield what may show the effect of a key, the likeliest first."""
    own = {case: read_values(case.values[0]) for case in renderer.cases}
    sized = sorted(own, key=lambda case: len(list(walk(own[case]))))
    for case in sized:
        for place in _places(own[case], key.path):
            value = at(own[case], place)
            if value is not None:
                yield Try(case, place, value, own[case], _changed(own[case], place, _NOTHING))
    whole = {case: laid(renderer.defaults, own[case]) for case in sized}
    for case in sorted(sized, key=lambda case: -_likeness(key.path, own[case])):
        for place in islice(_places(whole[case], key.path[:-1]), 1):
            for value in _samples(schema, key.part):
                there = (*place, _STEPS.get(key.path[-1], key.path[-1]))
                if value != at(whole[case], there):
                    yield Try(case, there, value, _changed(whole[case], there, value), whole[case])


def _is_switch(key: Key) -> bool:
    return "boolean" in schema_walk.types(key.part) or "object" in schema_walk.types(key.part)


def _samples(schema: schema_walk.Schema, part: schema_walk.Schema) -> Iterator[Any]:
    """Yield values for a part of the schema, whatever the chart's checks say of them."""
    yield from part.get("examples", ())
    if "enum" in part:
        yield from (choice for choice in reversed(part["enum"]) if choice)
        return
    for kind in schema_walk.types(part):
        match kind:
            case "boolean":
                yield from (True, False)
            case "integer" | "number":
                yield max(7, int(part.get("minimum", 0)))
            case "string":
                yield "sample"
            case "array":
                yield from ([item] for item in islice(_samples(schema, _item(schema, part)), 2))
            case "object":
                yield {"sample": "a"}


def _item(schema: schema_walk.Schema, part: schema_walk.Schema) -> schema_walk.Schema:
    inner = part.get("items", {})
    return schema_walk.resolved(schema, inner) if isinstance(inner, dict) else {}


def _fields(with_: Objects, without: Objects) -> list[Field]:
    found: dict[Field, None] = {}
    for key in [*with_, *(key for key in without if key not in with_)]:
        one, other = with_.get(key), without.get(key)
        if one is None or other is None:
            found[Field(key.kind, key.name, "")] = None
        else:
            for path in _differing(one, other):
                found[Field(key.kind, key.name, path_text(path).replace("[0]", "[]"))] = None
    return list(found)


def _differing(one: Any, other: Any, path: InstancePath = ()) -> Iterator[InstancePath]:
    """Yield the path of each value that only one of two objects has, or that differs."""
    if isinstance(one, dict) and isinstance(other, dict) and one and other:
        for name in [*one, *(name for name in other if name not in one)]:
            yield from _differing(one.get(name, _NOTHING), other.get(name, _NOTHING), (*path, name))
    elif isinstance(one, list) and isinstance(other, list) and one and other:
        left, right = _by_identity(one), _by_identity(other)
        alone = [item for item in left if item not in right], [item for item in right if item not in left]
        # What tells an item apart may be what the key changes.
        pairs = [(left[item], right[item]) for item in left if item in right]
        pairs += itertools.zip_longest(
            (left[item] for item in alone[0]), (right[item] for item in alone[1]), fillvalue=_NOTHING
        )
        for before, after in pairs:
            yield from _differing(before, after, (*path, 0))
    elif json.dumps(one, default=str) != json.dumps(other, default=str):
        yield path


def _by_identity(items: list[Any]) -> dict[object, Any]:
    found: dict[object, Any] = {}
    for number, item in enumerate(items):
        names = [item[field] for field in _IDENTITY if field in item] if isinstance(item, dict) else [item]
        name = json.dumps(names[:1] or number)
        found[(name, number) if name in found else name] = item
    return found


def _places(values: Any, path: tuple[str, ...]) -> Iterator[InstancePath]:
    """Yield each place in the values that a key's path stands for."""
    if not path:
        yield ()
        return
    first, rest = path[0], path[1:]
    for name, inner in _entries(values):
        fits = isinstance(name, int) if first == ITEM else first == name
        if fits or (first == ENTRY and not str(name).startswith("x-")):
            yield from ((name, *below) for below in _places(inner, rest))


def at(values: Any, place: InstancePath) -> Any:
    """Return the value at a place of values, None if there is none."""
    for name in place:
        values = dict(_entries(values)).get(name)
    return values


def _changed(values: Any, place: InstancePath, value: Any) -> Any:
    """Return values with another value at a place, or without what is there."""
    if not place:
        return value
    first, rest = place[0], place[1:]
    holder: dict[Any, Any] = dict(_entries(values))
    if rest or value is not _NOTHING:
        holder[first] = _changed(holder.get(first), rest, value)
    else:
        del holder[first]
    return list(holder.values()) if isinstance(first, int) else holder


def _entries(values: Any) -> Iterable[tuple[Any, Any]]:
    if isinstance(values, dict):
        return values.items()
    return enumerate(values) if isinstance(values, list) else ()


def _likeness(path: tuple[str, ...], values: Any) -> int:
    """Return how many parts of a key's path the values have."""
    return max((length for length in range(len(path) + 1) if any(_places(values, path[:length]))), default=0)
