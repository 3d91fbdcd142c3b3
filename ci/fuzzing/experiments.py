"""What is tried with values: each experiment draws them, and says what came out that should not."""

from __future__ import annotations

import copy
import json
import os
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ci.base.files import write_whole
from ci.base.locations import instance_path, walk
from ci.charts import catalog, helm
from ci.charts.batch import Batch, Outcome, json_text
from ci.charts.catalog import Chart
from ci.fuzzing import generator, invariants, placeholders
from ci.fuzzing.invariants import Trial
from ci.values import schema as values_schema
from ci.values.schema_walk import Schema

Values = dict[str, Any]

_PLAIN = "plain"


class Experiment(Protocol):
    """What values are drawn for."""

    chart: Chart
    strategy: SearchStrategy[Values]

    def __init__(self, chart: Chart, folder: Path) -> None:
        """Prepare to render in ``folder``, which has to be empty."""

    def takes(self, values: Values) -> bool:
        """Whether these are values that the experiment is about."""

    def judge(self, values: Sequence[Values]) -> list[list[str]]:
        """Return for each of some values, most cheaply for many at once, a sentence for each fault."""


class Accepted:
    """Values that a chart's schema accepts, and what holds for all of them (``properties.faults``)."""

    def __init__(self, chart: Chart, folder: Path) -> None:
        self.chart = chart
        self._folder = folder
        self.schema = _schema(chart)
        drawn = generator.values(self.schema)
        self._validator = values_schema.validator(self.schema)
        # What is nearly wrong, too.
        self.strategy = drawn | drawn.flatmap(_wrong).filter(self.takes)
        self._defaults = catalog.read_values(chart.path / "values.yaml")
        names = (*map(str, helm.ENGINES), _PLAIN)
        self._batches = {name: Batch(chart.path, folder / name) for name in names}

    def takes(self, values: Values) -> bool:
        """Whether the schema accepts them."""
        return self._validator.is_valid(values)

    def judge(self, values: Sequence[Values]) -> list[list[str]]:
        """Say what does not hold, of the first values for what Helm makes of them alone, too."""
        trials = self._trials({f"v{number}": each for number, each in enumerate(values)})
        found = [invariants.faults(trial) for trial in trials]
        found[0] += self._alone(trials[0])
        return found

    def _trials(self, written: Mapping[str, Values]) -> list[Trial]:
        plain = {part: placeholders.plain(self.schema, each) for part, each in written.items()}
        with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
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
                invariants.merged(self._defaults, each),
                {engine: future.result()[part] for engine, future in engines.items()},
                others.result()[part],
                plain[part].texts,
            )
            for part, each in written.items()
        ]

    def _alone(self, trial: Trial) -> list[str]:
        """Look whether Helm installs values by themselves as it does in a batch."""
        file = self._folder / "alone.json"
        write_whole(file, json_text(trial.written))
        engine, outcome = next(iter(trial.outcomes.items()))
        try:
            alone = helm.template(self.chart.path, engine=engine, extra=["--values", str(file)])
        except helm.HelmError as error:
            unsaid = [problem for problem in outcome.problems if problem not in str(error)]
            expected = bool(outcome.problems) and not unsaid
            return [] if expected or outcome.error else [f"refused for other reasons by itself: {error}"]
        same = _kinds(Outcome(alone)) == _kinds(outcome) or bool(outcome.error)
        return [] if same else ["makes other objects by itself than beside others"]


class Refused:
    """Values with something wrong: Helm refuses what the harness's own validator does, and nothing else."""

    def __init__(self, chart: Chart, folder: Path) -> None:
        self.chart = chart
        self._folder = folder
        schema = _schema(chart)
        self.strategy = generator.values(schema).flatmap(_wrong)
        self._validator = values_schema.validator(schema)
        # One chart for many values, and for them no template.
        own = {keyword: part for keyword, part in schema.items() if keyword != "definitions"}
        definitions = {**schema.get("definitions", {}), "values": own}
        many: Schema = {"additionalProperties": {"$ref": "#/definitions/values"}, "definitions": definitions}
        write_whole(folder / "values.schema.json", json.dumps(many))
        write_whole(folder / "Chart.yaml", "{apiVersion: v2, name: many, version: 0.1.0}")

    def takes(self, values: Values) -> bool:
        """Whether these are values: always."""
        return True

    def judge(self, values: Sequence[Values]) -> list[list[str]]:
        """Say where Helm and the validator find fault with other places of the values."""
        named = {f"v{number}": each for number, each in enumerate(values)}
        write_whole(self._folder / "values.json", json_text(named))
        told = {engine: self._told(engine) for engine in helm.ENGINES}
        return [
            [
                f"Helm {engine} finds fault with {sorted(here)}, the validator with {sorted(expected)}"
                for engine, places in told.items()
                if (here := places.get(name, set())) != expected
            ]
            for name, each in named.items()
            for expected in [
                {_place(instance_path(error, each)) for error in self._validator.iter_errors(each)}
            ]
        ]

    def _told(self, engine: int) -> dict[str, set[str]]:
        """Return with which places of each values Helm finds fault."""
        try:
            extra = ["--values", str(self._folder / "values.json")]
            helm.template(self._folder, engine=engine, extra=extra)
        except helm.HelmError as error:
            told = re.findall(r"^ *- at '/(v\d+)(.*?)': (?!validation failed)", str(error), re.MULTILINE)
            places: dict[str, set[str]] = {}
            for name, place in told:
                places.setdefault(name, set()).add(_plain_place(place))
            return places
        return {}


ALL: tuple[type[Experiment], ...] = (Accepted, Refused)


def _schema(chart: Chart) -> Schema:
    schema: Schema = json.loads((chart.path / "values.schema.json").read_text(encoding="utf-8"))
    return schema


def _place(path: Sequence[str | int]) -> str:
    """Return a place as Helm writes it: https://datatracker.ietf.org/doc/html/rfc6901."""
    return _plain_place("".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in path))


def _plain_place(place: str) -> str:
    # Helm escapes strange characters in its own way.
    return place if re.fullmatch(r"[\w/.~-]*", place, re.ASCII) else "a strange place"


def _kinds(outcome: Outcome) -> Counter[str]:
    return Counter(re.findall(r"^kind: (\w+)$", outcome.stream, re.MULTILINE))


def _wrong(values: Values) -> SearchStrategy[Values]:
    """Draw a copy of values with something else at one of its places, or under another name."""
    places = [path for path, _ in walk(values)]
    if not places:
        return st.just({"unknown": 1})
    return st.builds(_changed, st.just(values), st.sampled_from(places), st.sampled_from(_INSTEAD))


_GONE, _MISSPELT, _TWICE = object(), object(), object()
_INSTEAD: tuple[Any, ...] = (
    *(_GONE, _MISSPELT, _TWICE, None, True, False, 0, -1, 1.5, 2**31, 2**53, 10**20, 1e300, "", "text", "0"),
    *([], {}, [None], [""], {"": {}}, "a b", "A", "-", "a" * 300, "\n", "é", {"unknown": 1}, ["a", "a"]),
)


def _changed(values: Values, path: tuple[str | int, ...], instead: Any) -> Values:
    values = copy.deepcopy(values)
    holder: Any = values
    for part in path[:-1]:
        holder = holder[part]
    name: Any = path[-1]
    if instead is _TWICE and isinstance(holder, list):
        holder.append(holder[name])
    elif instead is _MISSPELT and isinstance(holder, dict):
        holder[f"{name}s"] = holder.pop(name)
    elif instead in (_GONE, _MISSPELT, _TWICE):
        del holder[name]
    else:
        holder[name] = instead
    return values
