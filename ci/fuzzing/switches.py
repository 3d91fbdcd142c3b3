"""The features of a chart, and the states in which its cases have each: on, off, with or without a part."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from ci.base.locations import InstancePath, walk
from ci.charts import catalog
from ci.charts.catalog import Chart
from ci.charts.values_file import read_values
from ci.kubernetes.workloads import dig
from ci.values import schema_walk

Values = dict[str, Any]

# No features: every case has an image and a name, the umbrella's condition is not the chart's, and guardrails
# say of what is rendered whether it may be.
_NO_FEATURES = frozenset({"enabled", "image", "nameOverride", "fullnameOverride", "guardrails"})


class Value(NamedTuple):
    """What a case has at a key; ``case`` is "" where none has it in this state."""

    case: str
    value: Any


class State(NamedTuple):
    """A state of a feature other than its default: the feature's key, and the values with it, fullest first.

    ``name`` is the key, or where booleans and choices differ from the default, what they are:
    ``secret.external.enabled=true secret.external.provider=aws``.
    """

    key: str
    name: str
    values: tuple[Value, ...]


def states(chart: Chart) -> dict[str, State]:
    """Return each state by its name: those that single-file cases have, and those of no case.

    A feature is a key at the top of the values. Its states differ in the booleans and choices that
    values.yaml has; the rest of a value may be anything. Booleans that no case turns are turned alone.
    """
    schema = json.loads((chart.path / "values.schema.json").read_text(encoding="utf-8"))
    defaults = read_values(chart.path / "values.yaml")
    found: dict[str, State] = {}
    for case, values in _cases(chart).items():
        for key, value in values.items():
            if key in _NO_FEATURES or key.startswith("x-") or value is None:
                continue
            turned = list(_turned(schema, defaults, {key: value}))
            name = " ".join(_text(path, now) for path, now in turned) or key
            known = found[name].values if name in found else ()
            ranked = sorted([*known, Value(case, value)], key=lambda one: (-_size(one.value), one.case))
            found[name] = State(key, name, tuple(ranked))
    for path, default in walk(defaults):
        if isinstance(default, bool) and path[0] not in _NO_FEATURES:
            word = _text(path, not default)
            if not any(word in name.split() for name in found):
                nested: Any = not default
                for part in reversed(path[1:]):
                    nested = {part: nested}
                found[word] = State(str(path[0]), word, (Value("", nested),))
    return dict(sorted(found.items()))


def _cases(chart: Chart) -> dict[str, Values]:
    cases = [case for case in catalog.cases() if case.chart == chart and len(case.values) == 1]
    return {case.name: read_values(case.values[0]) for case in cases if case.values[0].parent.name == "ci"}


def _turned(
    schema: schema_walk.Schema, defaults: Values, values: Values
) -> Iterator[tuple[InstancePath, Any]]:
    """Yield the booleans and choices that differ from their default, and the path of each."""
    for path, value in walk(values):
        if any(isinstance(name, int) for name in path):
            continue
        default = dig(defaults, *map(str, path))
        chosen = isinstance(value, bool) or "enum" in schema_walk.part_for(schema, path)
        if chosen and default is not None and value not in (None, default):
            yield path, value


def _text(path: InstancePath, value: Any) -> str:
    return f"{'.'.join(map(str, path))}={str(value).lower() if isinstance(value, bool) else value}"


def _size(value: Any) -> int:
    return len(list(walk({"": value})))
