"""Tests the tests: changes the charts' templates in one place at a time, and reports what no test notices."""

from __future__ import annotations

import itertools
import json
import re
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ci.base import git, repository
from ci.base.console import out, progress
from ci.base.errors import UserError
from ci.base.files import write_whole
from ci.charts import catalog
from ci.charts.catalog import Chart
from ci.charts.values_file import merged
from ci.fuzzing import fuzz, generator
from ci.mutation import inputs, survivors
from ci.mutation import verdicts as verdicts_
from ci.mutation.operators import Mutant
from ci.mutation.probe import Outcome, Probe, Try
from ci.mutation.sources import Sources
from ci.mutation.verdicts import Verdict
from ci.values import schema as values_schema

Values = dict[str, Any]

# How many values are drawn for a change before the next one gets its turn.
_EXAMPLES = 120


def run(files: Sequence[str], minutes: float, changed: str, report: str) -> None:
    """Judge every change of the templates, of ``files`` or all, or on the lines changed since a commit.

    Prints a table with the score of each file, and writes it to the JSON file ``report`` unless that is "".
    Searches ``minutes`` for values that show what is not noticed. Raises UserError with the changes that
    nothing notices and the list of survivors has not, and with those that it has and something notices.
    """
    charts = catalog.charts()
    sources = [Sources(chart) for chart in charts]
    wanted = _wanted(sources, files, changed)
    if not any(wanted):
        out.print("no change to try")
        return
    with tempfile.TemporaryDirectory(prefix="mutate-") as folder:
        known = survivors.read()
        judge = verdicts_.Judge(Path(folder), known)
        verdicts = [
            verdict._replace(reason=known.get(survivors.key(each.chart.name, verdict.mutant), ""))
            for each, mutants in zip(sources, wanted, strict=True)
            if mutants
            for verdict in judge(each, mutants)
        ]
        if minutes:
            verdicts = _with_values(sources, verdicts, minutes, Path(folder))
    if report:
        write_whole(Path(report), json.dumps(verdicts_.as_json(verdicts), indent=2))
    out.print(verdicts_.table(verdicts))
    unknown = [str(one) for one in verdicts if not one.by and not one.reason]
    noticed = [str(one) for one in verdicts if one.by and one.reason]
    faults = [
        *(["no test notices these changes:", *unknown] if unknown else []),
        *([f"these are noticed; remove them from {survivors.FILE.name}:", *noticed] if noticed else []),
    ]
    if faults:
        raise UserError("\n".join(faults))


def _wanted(sources: Sequence[Sources], files: Sequence[str], changed: str) -> list[list[Mutant]]:
    chosen = {Path(file).resolve() for file in files}
    known = {each.chart.path / path for each in sources for path in each.templates}
    if strange := sorted(map(repository.shown, chosen - known)):
        raise UserError(f"{', '.join(strange)}: no template of a chart")
    is_changed = _changed_since(changed) if changed else lambda path, line: True
    return [
        [
            mutant
            for mutant in verdicts_.every_mutant(each)
            if (path := each.chart.path / mutant.file) in (chosen or known)
            and is_changed(repository.shown(path), mutant.line)
        ]
        for each in sources
    ]


def _changed_since(commit: str) -> Callable[[str, int], bool]:
    """Return what tells whether a line of a file differs from where HEAD's branch left that of a commit."""
    lines: set[tuple[str, int]] = set()
    path = ""
    command = ["diff-index", "-p", "--unified=0", "--no-color", "--merge-base", commit, "--", "charts"]
    patch = git.run(repository.root(), *command)
    for line in patch.splitlines():
        if line.startswith("+++ b/"):
            path = line.removeprefix("+++ b/")
        elif hunk := re.match(r"@@ -\S+ \+(\d+)(?:,(\d+))? @@", line):
            first, count = int(hunk[1]), int(hunk[2] or 1)
            lines |= {(path, number) for number in range(first, first + count)}
    return lambda path, line: (path, line) in lines


def _with_values(
    sources: Sequence[Sources], verdicts: Sequence[Verdict], minutes: float, folder: Path
) -> list[Verdict]:
    """Return verdicts with values for what nothing notices and no reason accepts, where some are found."""
    searched = [one for one in verdicts if not one.by and not one.reason]
    found = []
    for each in sources:
        own = [one for one in searched if one.chart == each.chart]
        if own:
            share = minutes * len(own) / len(searched)
            values = _shown(each, [one.mutant for one in own], share, folder / "search" / each.chart.name)
            found += [one._replace(values=values.get(number)) for number, one in enumerate(own)]
    return [*(one for one in verdicts if one.by or one.reason), *found]


def _shown(sources: Sources, mutants: Sequence[Mutant], minutes: float, folder: Path) -> dict[int, Values]:
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


def _parts(outcome: Outcome) -> dict[str, Any]:
    # Text that differs in spaces alone makes the same objects.
    return {part: sum_ for part, sum_ in outcome.outcome.items() if part != "text"}


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
            Try(name, changed, [(one, ()) for one in drawn], len(drawn) + 1)
            for name, changed in (("plain", {}), ("changed", {self.mutant.file: self.mutant.text}))
        ]
        found = self._probe.run(tries, drawn)
        plain, changed = ({one.input: _parts(one) for one in found[name]} for name in ("plain", "changed"))
        return [["a difference"] if plain[name] != changed[name] else [] for name in drawn]
