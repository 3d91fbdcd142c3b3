"""Looks for values with which a chart does what it should not, and keeps the smallest of them."""

from __future__ import annotations

import contextlib
import json
import secrets
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import hypothesis
from hypothesis import HealthCheck, Phase, Verbosity

from ci.base import kubernetes_yaml, repository
from ci.base.console import out, progress, step
from ci.base.errors import UserError
from ci.base.files import write_whole
from ci.base.repository import shown
from ci.charts import catalog
from ci.charts.catalog import Chart
from ci.fuzzing import experiments
from ci.fuzzing.experiments import Experiment, Values

# As many as one Helm process renders in about half a second.
_BATCH = 24
_EXAMPLES = 240
_MOST_SECONDS_TO_SHRINK = 120


class Find(NamedTuple):
    """Values with which something is wrong, the smallest that were found, and what it is."""

    chart: Chart
    seed: int
    values: Values
    faults: list[str]

    def __str__(self) -> str:
        found = "\n".join(f"  - {fault}" for fault in self.faults)
        return f"{self.chart.name}, seed {self.seed}:\n{found}\nwith these values:\n{_yaml(self.values)}"


class _FaultyError(Exception):
    """Tells Hypothesis that some values are what it looks for."""


def run(minutes: float, seed: int = 0) -> None:
    """Try values for so many minutes, other ones for another ``seed``; 0 stands for one that is new.

    Raise UserError with the first values that go wrong, after they have been written where the tests find
    them.
    """
    if minutes <= 0:
        raise UserError(f"--minutes {minutes:g}: write how long to look, such as --minutes 5")
    first = seed or 1 + secrets.randbelow(2**32)
    step(f"seed {first}: the same values again with --seed {first}")
    tried = 0
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder, progress("trying values") as report:
        wanted = list(_experiments(Path(folder)))
        began = time.monotonic()
        for number in range(first, first + 2**32):
            for experiment in wanted:
                count, find = search(experiment, number, _EXAMPLES)
                tried += count
                if find:
                    raise UserError(f"after {tried} values: {_kept(find)}")
                taken = time.monotonic() - began
                report(taken, minutes * 60, f"{tried} values")
                if taken >= minutes * 60:
                    out.out(f"{tried} values, seeds {first} to {number}: nothing found")
                    return


def search(experiment: Experiment, seed: int, examples: int) -> tuple[int, Find | None]:
    """Draw so many values, some of them twice; return how many were tried, and the first that go wrong.

    One seed draws the same values each time, as long as schema and generator are the same.
    """
    drawn: dict[str, Values] = {}
    _draw(experiment, seed, examples, (Phase.generate,), lambda each: drawn.setdefault(_json(each), each))
    known: dict[str, list[str]] = {}
    texts = list(drawn)
    for batch in (texts[start : start + _BATCH] for start in range(0, len(texts), _BATCH)):
        known |= zip(batch, experiment.judge([drawn[text] for text in batch]), strict=True)
        for text in batch:
            if known[text]:
                values = _smallest(experiment, seed, examples, known) or drawn[text]
                return len(known), Find(experiment.chart, seed, values, known[_json(values)])
    return len(known), None


def _smallest(experiment: Experiment, seed: int, examples: int, known: dict[str, list[str]]) -> Values | None:
    """Return the smallest values that go wrong too, by drawing again what is ``known`` already, and less."""
    deadline = time.monotonic() + _MOST_SECONDS_TO_SHRINK
    found: list[Values] = []

    def use(values: Values) -> None:
        text = _json(values)
        if text not in known:
            known[text] = experiment.judge([values])[0] if time.monotonic() < deadline else []
        if known[text]:
            found.append(values)
            raise _FaultyError

    with contextlib.suppress(_FaultyError):
        _draw(experiment, seed, examples, (Phase.generate, Phase.shrink), use)
    return found[-1] if found else None


def _draw(
    experiment: Experiment,
    seed: int,
    examples: int,
    phases: Sequence[Phase],
    use: Callable[[Values], object],
) -> None:
    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=examples,
        phases=phases,
        database=None,
        deadline=None,
        verbosity=Verbosity.quiet,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(experiment.strategy)
    def draw(values: Values) -> None:
        use(values)

    draw()


def _experiments(folder: Path) -> Iterator[Experiment]:
    for chart in catalog.charts():
        for kind in experiments.ALL:
            place = folder / chart.name / kind.__name__
            place.mkdir(parents=True)
            yield kind(chart, place)


def _kept(find: Find) -> str:
    """Write a find where the tests read it, and return what a person has to know."""
    digest = sha256(_json(find.values).encode()).hexdigest()[:8]
    file = regressions(find.chart) / f"found-{digest}.yaml"
    comment = "".join(f"# {line}\n" for fault in find.faults for line in fault.splitlines())
    write_whole(file, comment + _yaml(find.values))
    return (
        f"{find}{shown(file)} holds them, and `invoke test` tries them from now on: mend the chart, "
        "and give the file a name that says what was wrong"
    )


def regressions(chart: Chart) -> Path:
    """Return the folder of the values with which something was wrong with a chart once."""
    return repository.root() / "tests" / "charts" / "regressions" / chart.name


def _yaml(values: Values) -> str:
    return kubernetes_yaml.dump([values]).removeprefix("---\n")


def _json(values: Values) -> str:
    return json.dumps(values)
