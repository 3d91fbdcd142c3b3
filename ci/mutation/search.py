"""Searches for values that would show a change that no test notices."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ci.base.console import progress
from ci.charts.catalog import Chart
from ci.fuzzing import fuzz, generator
from ci.fuzzing.invariants import merged
from ci.mutation import inputs
from ci.mutation.operators import Mutant
from ci.mutation.probe import Outcome, Probe, Try
from ci.mutation.sources import Sources
from ci.values import schema as values_schema

Values = dict[str, Any]

_EXAMPLES = 120


class Showing:
    """An experiment: values that a chart's schema accepts, and whether they show a change."""

    def __init__(self, sources: Sources, folder: Path) -> None:
        self.chart: Chart = sources.chart
        schema = json.loads((self.chart.path / "values.schema.json").read_text(encoding="utf-8"))
        self.strategy = generator.values(schema)
        self._validator = values_schema.validator(schema)
        self._probe = Probe(sources, folder)
        # What it takes to render at all is in the case with the fewest keys.
        cases = inputs.of(self.chart, []).inputs.values()
        self._base = min(cases, key=lambda one: len(json.dumps(one.values)))
        self.mutant: Mutant | None = None

    def accepts(self, values: Values) -> bool:
        """Return whether the values are valid."""
        return self._validator.is_valid(values)

    def judge(self, values: Sequence[Values]) -> list[list[str]]:
        """Return for each of the values what ``mutant`` makes different, in a list."""
        assert self.mutant  # noqa: S101
        drawn = {
            str(number): self._base._replace(values=merged(self._base.values, each), sure=())
            for number, each in enumerate(values)
        }
        tries = [
            Try(name, changed, list(drawn), len(drawn) + 1)
            for name, changed in (("plain", {}), ("changed", {self.mutant.file: self.mutant.text}))
        ]
        found = self._probe.run(tries, drawn)
        plain, changed = ({one.input: _parts(one) for one in found[name]} for name in ("plain", "changed"))
        return [["a difference"] if plain[name] != changed[name] else [] for name in drawn]


def values(sources: Sources, mutants: Sequence[Mutant], minutes: float, folder: Path) -> dict[int, Values]:
    """Return the smallest values found that show a change, by its place in ``mutants``, for some of them.

    Each gets its turn, again and again with other values, until the time is over.
    """
    experiment = Showing(sources, folder)
    found: dict[int, Values] = {}
    began = time.monotonic()
    with progress("searching for values") as report:
        for seed in itertools.count(1, _EXAMPLES):
            for number, mutant in enumerate(mutants):
                taken = time.monotonic() - began
                if taken >= minutes * 60 or len(found) == len(mutants):
                    return found
                if number not in found:
                    experiment.mutant = mutant
                    _, find = fuzz.search(experiment, seed, _EXAMPLES)
                    if find:
                        found[number] = find.values
                    report(taken, minutes * 60, f"{len(found)} of {len(mutants)} changes shown")
    return found


def _parts(outcome: Outcome) -> dict[str, str]:
    # Text that differs in spaces alone makes the same objects.
    return {part: sum_ for part, sum_ in outcome.outcome.items() if part != "text"}
