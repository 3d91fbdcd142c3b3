"""Measures the speed of the chart and its checks, as ratios within one run: those suit any machine."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from rich.table import Table

from ci.base.console import out, progress, step
from ci.base.errors import UserError
from ci.charts import catalog, helm
from ci.charts.catalog import Case
from ci.kubernetes import fields, manifests
from ci.kubernetes.versions import SUPPORTED
from ci.publishing import packages

ROUNDS = 120
WITHOUT_SCHEMA = ("--skip-schema-validation",)


class Measure(NamedTuple):
    """One line of the report: a figure, its unit ("" for a ratio) and its maximum."""

    what: str
    figure: float
    unit: str
    budget: float


def run() -> None:
    """Print every measure, then raise UserError if any is over its budget."""
    measures = [measure for engine in helm.ENGINES for measure in _rendering(engine)]
    measures += [_validation(), *_sizes()]
    table = Table("measure", "figure", "budget", "")
    for measure in measures:
        verdict = "ok" if measure.figure <= measure.budget else "OVER"
        figure, budget = f"{measure.figure:.2f}{measure.unit}", f"{measure.budget:g}{measure.unit}"
        table.add_row(measure.what, figure, budget, verdict)
    out.print(table)
    over = [measure.what for measure in measures if measure.figure > measure.budget]
    if over:
        raise UserError("over its budget: " + "; ".join(over))


def _rendering(engine: int) -> list[Measure]:
    """Compare the chart with that of `helm create`, and with itself without the schema."""
    case = catalog.find_case("microservice/api")
    everything = catalog.find_case("microservice/everything")
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        usual = helm.create("api", Path(folder), engine=engine)
        # Runs that are compared are adjacent.
        runs: dict[str, Callable[[], object]] = {
            "everything": lambda: helm.template(
                everything.chart.path, everything.values, engine=engine, extra=WITHOUT_SCHEMA
            ),
            "usual": lambda: helm.template(usual, engine=engine, extra=WITHOUT_SCHEMA),
            "ours": lambda: helm.template(case.chart.path, case.values, engine=engine, extra=WITHOUT_SCHEMA),
            "schema": lambda: helm.template(case.chart.path, case.values, engine=engine),
        }
        seconds = _interleaved(runs, f"helm {engine}: {ROUNDS} rounds of {len(runs)} renders")
    # A share of the fastest render, which other work of the machine affects least.
    share = (_ratio(seconds["schema"], seconds["ours"]) - 1) * min(seconds["ours"])
    return [
        Measure(
            f"helm {engine}: values/api.yaml / helm create", _ratio(seconds["ours"], seconds["usual"]), "", 2
        ),
        Measure(
            f"helm {engine}: everything on / helm create",
            _ratio(seconds["everything"], seconds["usual"]),
            "",
            2,
        ),
        Measure(f"helm {engine}: the schema's share", share * 1000, " ms", 25),
    ]


def _interleaved(runs: dict[str, Callable[[], object]], title: str) -> dict[str, list[float]]:
    """Run each in turn, in each round; return the seconds of each: {name: seconds by round}."""
    taken: dict[str, list[float]] = {name: [] for name in runs}
    with progress(title) as report:
        for done in range(ROUNDS):
            for name, call in runs.items():
                taken[name].append(_seconds(call))
            report(done, ROUNDS)
    return taken


def _ratio(taken: Sequence[float], other: Sequence[float]) -> float:
    """Return how many times longer one run takes than another: the median over the rounds.

    A machine's speed changes less between two runs of a round than between rounds.
    """
    return statistics.median(one / two for one, two in zip(taken, other, strict=True))


def _validation() -> Measure:
    """Compare validating all objects on every Kubernetes version with rendering all cases."""
    cases = catalog.cases()
    step(f"{len(cases)} cases: rendering with both Helms, validating on {len(SUPPORTED)} Kubernetes versions")
    rendered: dict[tuple[Case, int], str | UserError] = {}
    rendering = _seconds(lambda: rendered.update(helm.render_all(cases)))
    streams = [stream for (_, engine), stream in rendered.items() if engine == helm.ENGINES[0]]
    objects = [made for stream in streams for made in manifests.parse(str(stream)).values()]
    validating = _seconds(lambda: fields.problems(objects))
    return Measure("validating / rendering all cases", validating / rendering, "", 1)


def _sizes() -> list[Measure]:
    """Measure the chart's package and its schema, in units of 1024 bytes."""
    chart = catalog.find_case("microservice/api").chart
    package = packages.pack(chart, 0, engine=helm.ENGINES[-1])
    schema = (chart.path / "values.schema.json").stat().st_size
    return [
        # The indentation of the templates is 2 KB of it.
        Measure("microservice's package", len(package) / 1024, " KB", 64),
        Measure("microservice's values.schema.json", schema / 1024, " KB", 160),
    ]


def _seconds(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began
