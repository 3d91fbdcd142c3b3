"""``invoke mutate``: which changes of the templates no test notices."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from rich.table import Table

from ci.base import git, repository
from ci.base.console import out, step
from ci.base.errors import UserError
from ci.base.files import write_whole
from ci.charts import catalog
from ci.charts.catalog import Chart
from ci.mutation import inputs, operators, search, survivors, tried
from ci.mutation.operators import Mutant
from ci.mutation.renders import Renders
from ci.mutation.sources import Sources


class Verdict(NamedTuple):
    """What became of a change: ``by`` is the input or test that notices it, "" if none does.

    ``reached`` is the number of inputs whose render runs the changed place, ``reason`` that of the list of
    survivors, and ``values`` would show the change.
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
        reach = f"{self.reached} renders run it" if self.reached else "no render runs it"
        shown = f"; these values show it: {json.dumps(self.values)}" if self.values else ""
        return f"{self.path}:{self.mutant.line}: {self.mutant.change} ({reach}{shown})"


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
        judge = Judge(Path(folder))
        known = survivors.read()
        verdicts = [
            verdict._replace(reason=known.get(survivors.key(each.chart.name, verdict.mutant), ""))
            for each, mutants in zip(sources, wanted, strict=True)
            if mutants
            for verdict in judge(each, mutants)
        ]
        if minutes:
            verdicts = _with_values(sources, verdicts, minutes, Path(folder))
    if report:
        write_whole(Path(report), json.dumps(as_json(verdicts), indent=2))
    out.print(_table(verdicts))
    unknown = [str(one) for one in verdicts if not one.by and not one.reason]
    noticed = [str(one) for one in verdicts if one.by and one.reason]
    faults = [
        *(["no test notices these changes:", *unknown] if unknown else []),
        *([f"these are noticed; remove them from {survivors.FILE.name}:", *noticed] if noticed else []),
    ]
    if faults:
        raise UserError("\n".join(faults))


class Judge:
    """Finds what notices changes; what the tests render is recorded once, when it is first needed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self, sources: Sources, mutants: Sequence[Mutant]) -> Iterator[Verdict]:
        """Yield the verdict on each change, not in their order."""
        chart, folder = sources.chart, self._folder / sources.chart.name
        cases = inputs.of(chart, [])
        renders = Renders(sources, cases.inputs, folder / "cases")
        left = []
        for mutant, outcomes in renders.differences(mutants):
            if by := next((one.input for one in outcomes if renders.settles(one)), ""):
                yield Verdict(chart, mutant, by, len(renders.reaching(mutant)))
            else:
                left.append(mutant)
        if not left:
            return
        step(f"{len(left)} of {len(mutants)} changes are not noticed by a golden file")
        every = inputs.of(chart, self._recorded)
        renders = Renders(sources, every.inputs, folder / "all")
        unsure: dict[str, tuple[Mutant, tried.Trial]] = {}
        for mutant, outcomes in renders.differences(left):
            by = next((one.input for one in outcomes if renders.settles(one)), "")
            tests = [test for one in outcomes for test in every.tests.get(one.input, ())]
            if by or not tests:
                yield Verdict(chart, mutant, by, len(renders.reaching(mutant)))
            else:
                path = repository.shown(chart.path / mutant.file)
                name = str(len(unsure))
                unsure[name] = (mutant, tried.Trial(name, path, mutant.text, tuple(dict.fromkeys(tests))))
        if unsure:
            step(f"{len(unsure)} changes make a difference only in renders of tests")
            trials = [trial for _, trial in unsure.values()]
            for name, test in tried.noticed(trials, folder).items():
                mutant, _ = unsure[name]
                yield Verdict(chart, mutant, test, len(renders.reaching(mutant)))

    @cached_property
    def _recorded(self) -> list[dict[str, Any]]:
        folder = self._folder / "recorded"
        folder.mkdir()
        return inputs.record(folder)


def every_mutant(sources: Sources) -> Iterator[Mutant]:
    """Yield each change of a chart's templates."""
    for path, template in sources.templates.items():
        yield from operators.mutants(path, template)


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
            values = search.values(
                each, [one.mutant for one in own], share, folder / "search" / each.chart.name
            )
            found += [one._replace(values=values.get(number)) for number, one in enumerate(own)]
    return [*(one for one in verdicts if one.by or one.reason), *found]


def _wanted(sources: Sequence[Sources], files: Sequence[str], changed: str) -> list[list[Mutant]]:
    chosen = {Path(file).resolve() for file in files}
    known = {each.chart.path / path for each in sources for path in each.templates}
    if strange := sorted(map(repository.shown, chosen - known)):
        raise UserError(f"{', '.join(strange)}: no template of a chart")
    is_changed = _changed_since(changed) if changed else lambda path, line: True
    return [
        [
            mutant
            for mutant in every_mutant(each)
            if (path := each.chart.path / mutant.file) in (chosen or known)
            and is_changed(repository.shown(path), mutant.line)
        ]
        for each in sources
    ]


def _changed_since(commit: str) -> Callable[[str, int], bool]:
    """Return what tells whether a line of a file of the repository differs from a commit."""
    lines: set[tuple[str, int]] = set()
    path = ""
    patch = git.run(
        repository.root(), "diff-index", "-p", "--unified=0", "--no-color", commit, "--", "charts"
    )
    for line in patch.splitlines():
        if line.startswith("+++ b/"):
            path = line.removeprefix("+++ b/")
        elif hunk := re.match(r"@@ -\S+ \+(\d+)(?:,(\d+))? @@", line):
            first, count = int(hunk[1]), int(hunk[2] or 1)
            lines |= {(path, number) for number in range(first, first + count)}
    return lambda path, line: (path, line) in lines


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


def _table(verdicts: Sequence[Verdict]) -> Table:
    table = Table("template", "changes", "noticed", "accepted", "%")
    for path, own in _by_file(verdicts).items():
        table.add_row(path, *map(str, _score(own).values()))
    table.add_section()
    table.add_row("all", *map(str, _score(verdicts).values()))
    return table
