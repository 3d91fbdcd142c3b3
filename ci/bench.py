"""How fast the chart and its checks are, as ratios within one run: a slow machine slows both sides alike."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from rich.progress import track
from rich.table import Table

from ci import charts, helm, kubernetes_fields, manifests, release
from ci.charts import Case
from ci.console import err, out, step
from ci.errors import UserError
from ci.kubernetes_versions import SUPPORTED

ROUNDS = 60
WITHOUT_SCHEMA = ("--skip-schema-validation",)


class Measure(NamedTuple):
    """One line of the report: a figure, its unit (a ratio has none) and the most that it may be."""

    what: str
    figure: float
    unit: str
    budget: float


def run() -> None:
    """Print every measure; raise UserError, after the whole report, where one is over its budget."""
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
    """Our chart against the chart that `helm create` makes, and ours with its schema against without."""
    case = charts.find_case("microservice/api")
    everything = charts.find_case("microservice/everything")
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        usual = helm.create("api", Path(folder), engine=engine)
        runs: dict[str, Callable[[], object]] = {
            "usual": lambda: helm.template(usual, engine=engine, extra=WITHOUT_SCHEMA),
            "ours": lambda: helm.template(case.chart.path, case.values, engine=engine, extra=WITHOUT_SCHEMA),
            "schema": lambda: helm.template(case.chart.path, case.values, engine=engine),
            "everything": lambda: helm.template(
                everything.chart.path, everything.values, engine=engine, extra=WITHOUT_SCHEMA
            ),
        }
        seconds = _interleaved(runs, f"helm {engine}: {ROUNDS} rounds of {len(runs)} renders")
    return [
        Measure(f"helm {engine}: values/api.yaml / helm create", seconds["ours"] / seconds["usual"], "", 2),
        Measure(
            f"helm {engine}: everything on / helm create", seconds["everything"] / seconds["usual"], "", 2
        ),
        Measure(
            f"helm {engine}: the schema's share", (seconds["schema"] - seconds["ours"]) * 1000, " ms", 25
        ),
    ]


def _interleaved(runs: dict[str, Callable[[], object]], title: str) -> dict[str, float]:
    """Return the fewest seconds of each run, all taken in turns.

    What else a machine does can only add to a run, so the least is what the work itself takes
    (https://docs.python.org/3/library/timeit.html#timeit.Timer.repeat).
    """
    taken: dict[str, list[float]] = {name: [] for name in runs}
    for _ in track(range(ROUNDS), title, console=err):
        for name, call in runs.items():
            taken[name].append(_seconds(call))
    return {name: min(seconds) for name, seconds in taken.items()}


def _validation() -> Measure:
    """Validate every object of every case on every Kubernetes version, against rendering the cases."""
    cases = charts.cases()
    step(f"{len(cases)} cases: rendering with both Helms, validating on {len(SUPPORTED)} Kubernetes versions")
    rendered: dict[tuple[Case, int], str | UserError] = {}
    rendering = _seconds(lambda: rendered.update(helm.render_all(cases)))
    streams = [stream for (_, engine), stream in rendered.items() if engine == helm.ENGINES[0]]
    objects = [made for stream in streams for made in manifests.parse(str(stream)).values()]
    validating = _seconds(lambda: kubernetes_fields.problems(objects))
    return Measure("validating / rendering all cases", validating / rendering, "", 1)


def _sizes() -> list[Measure]:
    """How large the chart is that a consumer downloads, and its schema, in units of 1024 bytes."""
    chart = charts.find_case("microservice/api").chart
    package = release.pack(chart, 0, engine=helm.ENGINES[-1])
    schema = (chart.path / "values.schema.json").stat().st_size
    return [
        Measure("microservice's package", len(package) / 1024, " KB", 60),
        Measure("microservice's values.schema.json", schema / 1024, " KB", 160),
    ]


def _seconds(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began
