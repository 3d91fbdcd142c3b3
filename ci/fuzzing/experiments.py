"""The experiments: each draws values for a chart, tries them, and returns what is wrong."""

from __future__ import annotations

import copy
import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ci.base import cpus
from ci.base.files import write_whole
from ci.base.locations import instance_path, walk
from ci.charts import helm
from ci.charts.batch import Batch, Outcome, json_text
from ci.charts.catalog import Chart
from ci.charts.values_file import merged, read_values
from ci.fuzzing import generator, invariants, placeholders
from ci.fuzzing.invariants import Trial
from ci.values import schema as values_schema
from ci.values.schema_walk import Schema

Values = dict[str, Any]

_PLAIN = "plain"


class Experiment(Protocol):
    """A way to test a chart with values that are drawn from ``strategy``."""

    chart: Chart
    strategy: SearchStrategy[Values]

    def accepts(self, values: Values) -> bool:
        """Return whether the experiment can judge these values."""

    def judge(self, values: Sequence[Values]) -> list[list[str]]:
        """Return the faults, one sentence each, of each of the values; many at once are cheaper."""


class Accepted:
    """Values that a chart's schema accepts; ``invariants.faults`` must find nothing."""

    def __init__(self, chart: Chart, folder: Path) -> None:
        self.chart = chart
        self._folder = folder
        self.schema = _schema(chart)
        drawn = generator.values(self.schema)
        self._validator = values_schema.validator(self.schema)
        # Mutated values, too, if they are still valid.
        self.strategy = drawn | drawn.flatmap(_mutated).filter(self.accepts)
        self._defaults = read_values(chart.path / "values.yaml")
        names = (*map(str, helm.ENGINES), _PLAIN)
        self._batches = {name: Batch(chart.path, folder / name) for name in names}

    def accepts(self, values: Values) -> bool:
        """Return whether the values are valid."""
        return self._validator.is_valid(values)

    def judge(self, values: Sequence[Values]) -> list[list[str]]:
        """Return the faults; the first values are also rendered without the batch, for comparison."""
        trials = self._trials({f"v{number}": each for number, each in enumerate(values)})
        found = [invariants.faults(trial) for trial in trials]
        found[0] += self._alone(trials[0])
        return found

    def _trials(self, written: Mapping[str, Values]) -> list[Trial]:
        plain = {part: placeholders.plain(self.schema, each) for part, each in written.items()}
        with ThreadPoolExecutor(max_workers=cpus.available()) as pool:
            engines = {
                engine: pool.submit(self._batches[str(engine)].render, written, engine)
                for engine in helm.ENGINES
            }
            with_placeholders = {part: each.values for part, each in plain.items()}
            others = pool.submit(self._batches[_PLAIN].render, with_placeholders, helm.ENGINES[-1])
        return [
            Trial(
                self.chart.name,
                part,
                each,
                merged(self._defaults, each),
                {engine: future.result()[part] for engine, future in engines.items()},
                others.result()[part],
                plain[part].texts,
            )
            for part, each in written.items()
        ]

    def _alone(self, trial: Trial) -> list[str]:
        """Compare the render of values outside the batch with that in it."""
        file = self._folder / "alone.json"
        write_whole(file, json_text(trial.written))
        engine, outcome = next(iter(trial.outcomes.items()))
        try:
            alone = helm.template(self.chart.path, engine=engine, extra=["--values", helm.one_path(file)])
        except helm.HelmError as error:
            missing = [problem for problem in outcome.problems if problem not in str(error)]
            expected = bool(outcome.problems) and not missing
            return (
                [] if expected or outcome.error else [f"refused for other reasons outside the batch: {error}"]
            )
        same = _kinds(Outcome(alone)) == _kinds(outcome) or bool(outcome.error)
        return [] if same else ["renders other objects outside the batch than in it"]


class Refused:
    """Mutated values: Helm must refuse exactly the places that the harness's own validator refuses."""

    def __init__(self, chart: Chart, folder: Path) -> None:
        self.chart = chart
        self._folder = folder
        schema = _schema(chart)
        self.strategy = generator.values(schema).flatmap(_mutated)
        self._validator = values_schema.validator(schema)
        # One chart without templates, whose schema validates many values at once.
        own = {keyword: part for keyword, part in schema.items() if keyword != "definitions"}
        definitions = {**schema.get("definitions", {}), "values": own}
        many: Schema = {"additionalProperties": {"$ref": "#/definitions/values"}, "definitions": definitions}
        write_whole(folder / "values.schema.json", json.dumps(many))
        write_whole(folder / "Chart.yaml", "{apiVersion: v2, name: many, version: 0.1.0}")

    def accepts(self, values: Values) -> bool:
        """Return True: any values can be judged."""
        return True

    def judge(self, values: Sequence[Values]) -> list[list[str]]:
        """Return the differences between the places that Helm and the validator refuse."""
        named = {f"v{number}": each for number, each in enumerate(values)}
        write_whole(self._folder / "values.json", json_text(named))
        refused = {engine: self._refused_places(engine) for engine in helm.ENGINES}
        return [
            [
                f"Helm {engine} refuses {sorted(here)}, the validator {sorted(expected)}"
                for engine, places in refused.items()
                if (here := places.get(name, set())) != expected
            ]
            for name, each in named.items()
            for expected in [
                {_place(instance_path(error, each)) for error in self._validator.iter_errors(each)}
            ]
        ]

    def _refused_places(self, engine: int) -> dict[str, set[str]]:
        """Return the places that Helm refuses: {name of the values: places}."""
        try:
            extra = ["--values", helm.one_path(self._folder / "values.json")]
            helm.template(self._folder, engine=engine, extra=extra)
        except helm.HelmError as error:
            errors = re.findall(r"^ *- at '/(v\d+)(.*?)': (?!validation failed)", str(error), re.MULTILINE)
            places: dict[str, set[str]] = {}
            for name, place in errors:
                places.setdefault(name, set()).add(_plain_place(place))
            return places
        return {}


# Makes an experiment for a chart, which renders in a folder that must be empty.
Kind = Callable[[Chart, Path], Experiment]
# Those that need no cluster.
ALL: tuple[type[Accepted] | type[Refused], ...] = (Accepted, Refused)


def _schema(chart: Chart) -> Schema:
    schema: Schema = json.loads((chart.path / "values.schema.json").read_text(encoding="utf-8"))
    return schema


def _place(path: Sequence[str | int]) -> str:
    """Return a path as Helm writes it, a JSON pointer: https://datatracker.ietf.org/doc/html/rfc6901."""
    return _plain_place("".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in path))


def _plain_place(place: str) -> str:
    # Helm escapes other characters in its own way.
    return place if re.fullmatch(r"[\w/.~-]*", place, re.ASCII) else "a place with other characters"


def _kinds(outcome: Outcome) -> Counter[str]:
    return Counter(re.findall(r"^kind: (\w+)$", outcome.stream, re.MULTILINE))


def _mutated(values: Values) -> SearchStrategy[Values]:
    """Draw a copy of values in which one value is replaced, removed, repeated or has another key."""
    places = [path for path, _ in walk(values)]
    if not places:
        return st.just({"unknown": 1})
    return st.builds(_changed, st.just(values), st.sampled_from(places), st.sampled_from(_REPLACEMENTS))


_REMOVED, _MISSPELT, _REPEATED = object(), object(), object()
_REPLACEMENTS: tuple[Any, ...] = (
    *(_REMOVED, _MISSPELT, _REPEATED, None, True, False),
    *(0, -1, 1.5, 2**31, 2**53, 10**20, 1e300, "", "text", "0"),
    *([], {}, [None], [""], {"": {}}, "a b", "A", "-", "a" * 300, "\n", "é", {"unknown": 1}, ["a", "a"]),
)


def _changed(values: Values, path: tuple[str | int, ...], replacement: Any) -> Values:
    values = copy.deepcopy(values)
    holder: Any = values
    for part in path[:-1]:
        holder = holder[part]
    name: Any = path[-1]
    if replacement is _REPEATED and isinstance(holder, list):
        holder.append(holder[name])
    elif replacement is _MISSPELT and isinstance(holder, dict):
        holder[f"{name}s"] = holder.pop(name)
    elif replacement in (_REMOVED, _MISSPELT, _REPEATED):
        del holder[name]
    else:
        holder[name] = replacement
    return values
