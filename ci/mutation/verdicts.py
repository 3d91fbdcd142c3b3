"""Which changes of the templates a test notices, and the score of each file."""

from __future__ import annotations

import json
from collections.abc import Container, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from rich.table import Table

from ci.base import repository
from ci.base.console import step
from ci.charts.catalog import Chart
from ci.mutation import inputs, operators, survivors, tried
from ci.mutation.operators import Mutant
from ci.mutation.renders import QUICK, REST, SAMPLE, Renders
from ci.mutation.sources import Sources


class Verdict(NamedTuple):
    """What became of a change: ``by`` is the input or test that notices it, "" if none does.

    ``reached`` is the number of inputs whose render runs what it changes: for a condition that becomes true,
    what runs where it is false. ``reason`` is that of the list of survivors, and ``values`` would show the
    change.
    """

    chart: Chart
    mutant: Mutant
    by: str
    reached: int
    reason: str = ""
    values: dict[str, Any] | None = None

    @property
    def path(self) -> str:
        """The template, from the repository's root."""
        return repository.shown(self.chart.path / self.mutant.file)

    def __str__(self) -> str:
        reach = f"{self.reached} renders run" if self.reached else "no render runs"
        shown = f"; these values show it: {json.dumps(self.values)}" if self.values else ""
        return f"{self.path}:{self.mutant.line}: {self.mutant.change} ({reach} what it changes{shown})"


class Judge:
    """Finds what notices changes; what a chart's tests render is recorded when it is needed.

    Those whose keys are ``accepted`` are tried with fewer inputs.
    """

    def __init__(self, folder: Path, accepted: Container[survivors.Key] = ()) -> None:
        self._folder = folder
        self._accepted = accepted

    def __call__(self, sources: Sources, mutants: Sequence[Mutant]) -> Iterator[Verdict]:
        """Yield the verdict on each change, not in their order."""
        chart, folder = sources.chart, self._folder / sources.chart.name
        cases = inputs.of(chart, [])
        renders = Renders(sources, cases.inputs, folder / "cases")
        left = []
        for mutant, outcomes in renders.differences(mutants, QUICK):
            if by := renders.settled(outcomes):
                yield Verdict(chart, mutant, by, len(renders.reaching(mutant)))
            else:
                left.append(mutant)
        if not left:
            return
        step(f"{len(left)} of {len(mutants)} changes are not noticed by a golden file")
        (folder / "recorded").mkdir()
        every = inputs.of(chart, inputs.record(chart, folder / "recorded"))
        renders = Renders(sources, every.inputs, folder / "all")
        ran: dict[Mutant, set[str]] = {mutant: set() for mutant in left}
        # Tests are quicker than the renders with all inputs, so they come before these.
        for rounds in (SAMPLE, REST):
            unsure = []
            trials = []
            for mutant, outcomes in renders.differences(left, rounds):
                if by := renders.settled(outcomes):
                    yield Verdict(chart, mutant, by, len(renders.reaching(mutant)))
                    continue
                tests = dict.fromkeys(test for one in outcomes for test in every.tests.get(one.input, ()))
                more = tuple(test for test in tests if test not in ran[mutant])
                ran[mutant].update(more)
                unsure.append(mutant)
                if more:
                    path = repository.shown(chart.path / mutant.file)
                    trials.append(tried.Trial(str(len(unsure) - 1), path, mutant.text, more))
            if trials:
                step(f"{len(trials)} changes make a difference only in renders of tests")
            noticed = tried.noticed(trials, folder / f"tests-{rounds[0]}") if trials else {}
            left = []
            for number, mutant in enumerate(unsure):
                by = noticed.get(str(number), "")
                if by or rounds == REST or survivors.key(chart.name, mutant) in self._accepted:
                    yield Verdict(chart, mutant, by, len(renders.reaching(mutant)))
                else:
                    left.append(mutant)


def every_mutant(sources: Sources) -> Iterator[Mutant]:
    """Yield each change of a chart's templates."""
    for path, template in sources.templates.items():
        yield from operators.mutants(path, template)


def as_json(verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """Return the score of each file, and of all, and the changes that nothing notices."""
    return {
        "files": {path: _score(own) for path, own in _by_file(verdicts).items()},
        "total": _score(verdicts),
        "survivors": [
            {
                "file": one.path,
                "line": one.mutant.line,
                "definition": one.mutant.definition,
                "change": one.mutant.change,
                "renders": one.reached,
                "reason": one.reason,
                "values": one.values,
            }
            for one in verdicts
            if not one.by
        ],
    }


def _by_file(verdicts: Sequence[Verdict]) -> dict[str, list[Verdict]]:
    found: dict[str, list[Verdict]] = {}
    for one in sorted(verdicts, key=lambda one: (one.path, one.mutant.line)):
        found.setdefault(one.path, []).append(one)
    return found


def _score(verdicts: Sequence[Verdict]) -> dict[str, Any]:
    noticed = sum(bool(one.by) for one in verdicts)
    return {
        "changes": len(verdicts),
        "noticed": noticed,
        "accepted": sum(bool(one.reason) for one in verdicts),
        "percent": round(100 * noticed / len(verdicts), 1),
    }


def table(verdicts: Sequence[Verdict]) -> Table:
    """Return the score of each file, and of all, for people."""
    table = Table("template", "changes", "noticed", "accepted", "%")
    for path, own in _by_file(verdicts).items():
        table.add_row(path, *map(str, _score(own).values()))
    table.add_section()
    table.add_row("all", *map(str, _score(verdicts).values()))
    return table
