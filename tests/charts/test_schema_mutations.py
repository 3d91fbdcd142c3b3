"""For every leaf of a chart's own values and of every case: what is wrong there is refused, and named."""

from __future__ import annotations

import copy
import functools
import json
import operator
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest

from ci.base.locations import path_text
from ci.charts import catalog
from ci.charts.catalog import Chart, read_values
from ci.values import schema

Path = tuple[str | int, ...]

VALIDATORS = {
    chart: jsonschema_rs.Draft7Validator(json.loads(schema.build(chart.path / "schema.yaml")))
    for chart in catalog.charts()
}
OWN = [(chart, chart.path / "values.yaml") for chart in VALIDATORS]
FILES = [*OWN, *dict.fromkeys((case.chart, file) for case in catalog.cases() for file in case.values)]
# Maps whose keys a person chooses, so that no key of theirs is wrong in itself.
FREE = frozenset(
    """
    annotations commonAnnotations commonLabels cronJobs data default defaultRequest
    deploymentAnnotations env files hard labels limits matchLabels max maxLimitRequestRatio min
    nodeSelector podAnnotations podLabels ports requests volumes
    """.split()  # noqa: SIM905
)
# Maps where a text does as well as a number, or as a map.
OF_TEXT = frozenset({"env", "data"})
# A number, for which Kubernetes takes any text too.
OR_NAME = frozenset({"port", "targetPort"})
# What is not the chart's, or not its alone.
OPEN = ("extraObjects", "global", "x-")
# Within these the schema leaves everything to those who define it.
LEFT = frozenset({"filters", "headers", "metricRelabelings", "queryParams", "relabelings", "tlsConfig"})


def places(node: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every key and every item, with what stands there."""
    if path and not str(path[0]).startswith(OPEN):
        yield path, node
    inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for name, value in inner if not LEFT & set(path) else ():
        yield from places(value, (*path, name))


def copied(values: Any, path: Path) -> tuple[Any, Any]:
    """A copy of the values, and the map or list within it that holds what is at a path."""
    values = copy.deepcopy(values)
    return values, functools.reduce(operator.getitem, path[:-1], values)


def changed(values: Any, path: Path, value: Any) -> Any:
    """The values with another value at a path."""
    values, holder = copied(values, path)
    holder[path[-1]] = value
    return values


def renamed(values: Any, path: Path, name: str) -> Any:
    """The values with another name for the key at a path."""
    values, holder = copied(values, path)
    holder[name] = holder.pop(path[-1])
    return values


def without(values: Any, path: Path) -> Any:
    """The values without the key at a path."""
    values, holder = copied(values, path)
    del holder[path[-1]]
    return values


def told(chart: Chart, values: Any) -> list[str]:
    """What a chart's schema says, with the path of the key as Helm has it."""
    errors = VALIDATORS[chart].iter_errors(values)
    return [f"{path_text(error.instance_path)}: {error.message}" for error in errors]


def free(path: Path) -> bool:
    """Whether a key is a name that a person chooses."""
    return isinstance(path[-1], int) or (len(path) > 1 and path[-2] in FREE)


def misspelt(key: str) -> set[str]:
    """A key in another case, with a letter too many, and with one too few."""
    return {key.upper(), key.capitalize(), f"{key}s", key[:-1]} - {key}


def wrong_for(path: Path, value: Any) -> list[Any]:
    """Values of a type that the key does not take, whatever else it does."""
    if len(path) > 1 and path[-2] in OF_TEXT:
        return [[]]
    if isinstance(value, dict):
        return [["a"], "text"]
    if isinstance(value, list):
        return [{}, "text"]
    return (
        [{"unknown": {}}, []]
        if isinstance(value, str) or path[-1] in OR_NAME
        else [{"unknown": {}}, [], f"not {value}"]
    )


every_file = pytest.mark.parametrize(
    ("chart", "file"), FILES, ids=[f"{chart.name}/{file.stem}" for chart, file in FILES]
)


@every_file
def test_the_values_as_they_are_pass(chart: Chart, file: Any) -> None:
    assert told(chart, read_values(file)) == []


@every_file
def test_a_wrong_type_is_refused_and_the_key_named(chart: Chart, file: Any) -> None:
    values = read_values(file)
    unnoticed = [
        f"{path_text(path)}: {wrong!r}"
        for path, value in places(values)
        if value is not None
        for wrong in wrong_for(path, value)
        if not any(line.startswith(path_text(path)) for line in told(chart, changed(values, path, wrong)))
    ]
    assert unnoticed == []


@every_file
def test_a_key_written_otherwise_is_refused_and_named(chart: Chart, file: Any) -> None:
    values = read_values(file)
    unnoticed = []
    for path, _ in places(values):
        for name in () if free(path) else misspelt(str(path[-1])):
            place = path_text(path[:-1])
            lines = told(chart, renamed(values, path, name))
            # Some are what other charts call it, and have a message of their own.
            beginnings = (f"{place}: ", f"{path_text((*path[:-1], name))}: ")
            if not any(line.startswith(beginnings) and name in line for line in lines):
                unnoticed.append(f"{path_text((*path[:-1], name))}: {lines}")
    assert unnoticed == []


@every_file
def test_null_is_refused_where_a_key_may_not_be_missing_and_nowhere_else(chart: Chart, file: Any) -> None:
    values = read_values(file)
    otherwise = [
        path_text(path)
        for path, _ in places(values)
        if isinstance(path[-1], str)
        and bool(told(chart, changed(values, path, None))) != bool(told(chart, without(values, path)))
    ]
    assert otherwise == []


@every_file
def test_an_item_of_a_list_is_never_null(chart: Chart, file: Any) -> None:
    values = read_values(file)
    taken = [
        path_text(path)
        for path, _ in places(values)
        if isinstance(path[-1], int) and not told(chart, changed(values, path, None))
    ]
    assert taken == []
