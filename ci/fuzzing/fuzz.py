"""Searches for values with which a chart misbehaves, and keeps the smallest of them as a test."""

from __future__ import annotations

import contextlib
import itertools
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
from ci.fuzzing.experiments import Experiment, Kind, Values

# One Helm process renders this number in about half a second.
_BATCH = 24
# Then Hypothesis begins to vary the values that it has drawn.
_OF_ONE_SEED = 10
_EXAMPLES = 240
_MOST_SECONDS_TO_SHRINK = 120


class Find(NamedTuple):
    """The smallest values found with which something is wrong, and the faults."""

    chart: Chart
    seed: int
    values: Values
    faults: list[str]

    def __str__(self) -> str:
        found = "\n".join(f"  - {fault}" for fault in self.faults)
        return f"{self.chart.name}, seed {self.seed}:\n{found}\nwith these values:\n{_yaml(self.values)}"


class _FaultyError(Exception):
    """Makes Hypothesis shrink the values that were just tried."""


def run(
    minutes: float, seed: int = 0, kinds: Sequence[Kind] = experiments.ALL, only: str | None = None
) -> None:
    """Try values in experiments for that many minutes; each ``seed`` draws others, and 0 chooses a new one.

    ``only`` is the name of a chart; without it all are tested.
    Raises UserError with the first faulty values, which are also written to a file that the tests read.
    """
    if minutes <= 0:
        raise UserError(f"--minutes {minutes:g}: give a positive number, such as --minutes 5")
    first = seed or 1 + secrets.randbelow(2**32)
    step(f"seed {first}: repeat this run with --seed {first}")
    tried = 0
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder, progress("trying values") as report:
        charts = [chart for chart in catalog.charts() if only in (None, chart.name)]
        chosen = list(_experiments(Path(folder), charts, kinds))
        began = time.monotonic()
        for number in itertools.count(first, _EXAMPLES // _OF_ONE_SEED):
            for experiment in chosen:
                count, find = search(experiment, number, _EXAMPLES)
                tried += count
                if find:
                    raise UserError(f"after {tried} values: {_kept(find)}")
                taken = time.monotonic() - began
                report(taken, minutes * 60, f"{tried} values")
                if taken >= minutes * 60:
                    out.out(f"{tried} values, from seed {first} on: nothing found")
                    return


def search(experiment: Experiment, seed: int, examples: int) -> tuple[int, Find | None]:
    """Draw ``examples`` values, some of them twice; return how many were tried, and the first faulty ones.

    The values are drawn with ``seed`` and those that follow it. A seed draws the same values each time,
    unless the schema or the generator changes.
    """
    drawn: dict[str, Values] = {}
    seeds: dict[str, int] = {}
    for one in range(seed, seed + -(-examples // _OF_ONE_SEED)):
        _draw(experiment, one, (Phase.generate,), lambda each: drawn.setdefault(_json(each), each))
        seeds |= dict.fromkeys(drawn.keys() - seeds, one)
    known: dict[str, list[str]] = {}
    texts = list(drawn)
    for batch in (texts[start : start + _BATCH] for start in range(0, len(texts), _BATCH)):
        known |= zip(batch, experiment.judge([drawn[text] for text in batch]), strict=True)
        for text in batch:
            if known[text]:
                values = _smallest(experiment, seeds[text], known) or drawn[text]
                return len(known), Find(experiment.chart, seeds[text], values, known[_json(values)])
    return len(known), None


def _smallest(experiment: Experiment, seed: int, known: dict[str, list[str]]) -> Values | None:
    """Draw the ``known`` values again, let Hypothesis shrink a faulty one, and return the smallest."""
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
        _draw(experiment, seed, (Phase.generate, Phase.shrink), use)
    return found[-1] if found else None


def _draw(
    experiment: Experiment, seed: int, phases: Sequence[Phase], use: Callable[[Values], object]
) -> None:
    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=_OF_ONE_SEED,
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


def _experiments(folder: Path, charts: Sequence[Chart], kinds: Sequence[Kind]) -> Iterator[Experiment]:
    for chart in charts:
        for number, kind in enumerate(kinds):
            own = folder / chart.name / str(number)
            own.mkdir(parents=True)
            yield kind(chart, own)


def _kept(find: Find) -> str:
    """Write a find to a file that the tests read, and return the message about it."""
    digest = sha256(_json(find.values).encode()).hexdigest()[:8]
    file = regressions(find.chart) / f"found-{digest}.yaml"
    comment = "".join(f"# {line}\n" for fault in find.faults for line in fault.splitlines())
    write_whole(file, comment + _yaml(find.values))
    return (
        f"{find}They are in {shown(file)}, which `invoke test` tries from now on: fix the chart, and "
        "rename the file so that its name says what was wrong"
    )


def regressions(chart: Chart) -> Path:
    """Return the folder of a chart's values that were once faulty, kept as tests."""
    return repository.root() / "tests" / "charts" / "regressions" / chart.name


def _yaml(values: Values) -> str:
    return kubernetes_yaml.dump([values]).removeprefix("---\n")


def _json(values: Values) -> str:
    return json.dumps(values)
