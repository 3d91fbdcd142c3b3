"""A wrong type, name or null at any key of a chart's values or cases is refused, and the key named."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ci.base.locations import InstancePath, path_text, walk
from ci.charts import catalog
from ci.charts.catalog import Chart
from ci.charts.values_file import read_values
from ci.values import schema

VALIDATORS = {
    chart: schema.validator(json.loads(schema.build(chart.path / "schema.yaml")))
    for chart in catalog.charts()
}
OWN = [(chart, chart.path / "values.yaml") for chart in VALIDATORS]
FILES = [*OWN, *dict.fromkeys((case.chart, file) for case in catalog.cases() for file in case.values)]
# Maps with free keys, so that no name of a key is wrong.
FREE = frozenset(
    """
    annotations binaryFiles commonAnnotations commonLabels cronJobs data default defaultRequest
    deploymentAnnotations deploymentLabels env extraIngresses extraRoutes extraServices files hard labels
    limits matchLabels max maxLimitRequestRatio min nodeSelector podAnnotations podLabels ports requests
    volumes workers
    """.split()  # noqa: SIM905
)
# Maps whose values may be strings, numbers or maps.
OF_TEXT = frozenset({"env", "data"})
# Numbers for which any string is allowed too.
OR_NAME = frozenset({"port", "targetPort"})
# Switches for which a map is allowed too.
OR_MAP = frozenset({"volumes"})
# Keys that allow anything: they are not the chart's, or not its alone.
OPEN = ("extraObjects", "global", "x-")
# Below these the schema allows anything.
LEFT = frozenset(
    {"filters", "headers", "metricRelabelings", "queryParams", "relabelings", "templateFrom", "tlsConfig"}
)


def places(values: Any) -> Iterator[tuple[InstancePath, Any]]:
    """The path and value of every key and item whose schema is the chart's."""
    for path, value in walk(values):
        if not str(path[0]).startswith(OPEN) and not LEFT & set(path[:-1]):
            yield path, value


def wrong_types(values: Any) -> Iterator[tuple[InstancePath, Any]]:
    """A path, and a value of a type that is not allowed there."""
    for path, value in places(values):
        if value is None:
            continue
        if len(path) > 1 and path[-2] in OF_TEXT:
            wrong: list[Any] = [[]]
        elif isinstance(value, dict):
            wrong = [["a"], "no name"]
        elif isinstance(value, list):
            wrong = [{}, "no name"]
        elif isinstance(value, str) or path[-1] in OR_NAME:
            wrong = [{"unknown": {}}, []]
        elif path[-1] in OR_MAP:
            wrong = [[], "no switch"]
        else:
            wrong = [{"unknown": {}}, [], f"not {value}"]
        yield from ((path, other) for other in wrong)


def misspellings(values: Any) -> Iterator[tuple[InstancePath, str]]:
    """The path of a key, and the key in another case, with a letter too many or with one too few."""
    for path, _ in places(values):
        key = path[-1]
        if isinstance(key, str) and not (len(path) > 1 and path[-2] in FREE):
            yield from ((path, name) for name in {key.upper(), key.capitalize(), f"{key}s", key[:-1]} - {key})


def keys(values: Any) -> Iterator[InstancePath]:
    """The path of every value of a key."""
    return (path for path, _ in places(values) if isinstance(path[-1], str))


def items(values: Any) -> Iterator[InstancePath]:
    """The path of every item of a list."""
    return (path for path, _ in places(values) if isinstance(path[-1], int))


# How many there must be in all files of a chart, so that no test passes because it changes nothing.
LEAST: dict[str, dict[Callable[[Any], Iterator[Any]], int]] = {
    "microservice": {wrong_types: 3000, misspellings: 4700, keys: 1300, items: 200},
    "namespace": {wrong_types: 300, misspellings: 360, keys: 140, items: 3},
}


def copied(values: Any, path: InstancePath) -> tuple[Any, Any]:
    """A copy of the values along a path, and the map or list within it that has the value at the path."""
    values = holder = copy.copy(values)
    for name in path[:-1]:
        holder[name] = copy.copy(holder[name])
        holder = holder[name]
    return values, holder


def changed(values: Any, path: InstancePath, value: Any) -> Any:
    """The values with another value at a path."""
    values, holder = copied(values, path)
    holder[path[-1]] = value
    return values


def renamed(values: Any, path: InstancePath, name: str) -> Any:
    """The values with another name for the key at a path."""
    values, holder = copied(values, path)
    holder[name] = holder.pop(path[-1])
    return values


def without(values: Any, path: InstancePath) -> Any:
    """The values without the key at a path."""
    values, holder = copied(values, path)
    del holder[path[-1]]
    return values


def errors(chart: Chart, values: Any) -> list[str]:
    """The schema's errors, with the path of the key as Helm prints it."""
    found = VALIDATORS[chart].iter_errors(values)
    return [f"{path_text(error.instance_path)}: {error.message}" for error in found]


every_file = pytest.mark.parametrize(
    ("chart", "file"), FILES, ids=[f"{chart.name}/{file.stem}" for chart, file in FILES]
)


@pytest.mark.parametrize("chart", VALIDATORS, ids=lambda chart: chart.name)
def test_there_is_enough_to_change(chart: Chart) -> None:
    files = [read_values(file) for owner, file in FILES if owner == chart]
    counts = {find: sum(1 for values in files for _ in find(values)) for find in LEAST[chart.name]}
    too_few = {find.__name__: count for find, count in counts.items() if count < LEAST[chart.name][find]}
    assert too_few == {}


@every_file
def test_unchanged_values_are_valid(chart: Chart, file: Path) -> None:
    assert errors(chart, read_values(file)) == []


@every_file
def test_a_wrong_type_is_refused_and_the_key_named(chart: Chart, file: Path) -> None:
    values = read_values(file)
    unnoticed = [
        f"{path_text(path)}: {wrong!r}"
        for path, wrong in wrong_types(values)
        if not any(line.startswith(path_text(path)) for line in errors(chart, changed(values, path, wrong)))
    ]
    assert unnoticed == []


@every_file
def test_a_misspelt_key_is_refused_and_named(chart: Chart, file: Path) -> None:
    values = read_values(file)
    unnoticed = []
    for path, name in misspellings(values):
        misspelt = path_text((*path[:-1], name))
        lines = errors(chart, renamed(values, path, name))
        # A misspelling that is a key of other charts has a message of its own.
        beginnings = (f"{path_text(path[:-1])}: ", f"{misspelt}: ")
        if not any(line.startswith(beginnings) and name in line for line in lines):
            unnoticed.append(f"{misspelt}: {lines}")
    assert unnoticed == []


@every_file
def test_null_is_refused_exactly_where_a_key_is_required(chart: Chart, file: Path) -> None:
    values = read_values(file)
    otherwise = [
        path_text(path)
        for path in keys(values)
        if bool(errors(chart, changed(values, path, None))) != bool(errors(chart, without(values, path)))
    ]
    assert otherwise == []


@every_file
def test_an_item_of_a_list_is_never_null(chart: Chart, file: Path) -> None:
    values = read_values(file)
    accepted = [path_text(path) for path in items(values) if not errors(chart, changed(values, path, None))]
    assert accepted == []
