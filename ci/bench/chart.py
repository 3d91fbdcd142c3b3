"""Measures the speed of the chart and its checks."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from ci.base.console import step
from ci.base.errors import UserError
from ci.bench.measures import Measure, interleaved, ratio, seconds
from ci.charts import catalog, helm
from ci.charts.catalog import Case
from ci.kubernetes import fields, manifests
from ci.kubernetes.versions import SUPPORTED
from ci.publishing import packages

ROUNDS = 120
WITHOUT_SCHEMA = ("--skip-schema-validation",)


def measures() -> list[Measure]:
    """Return the measures of rendering and validating, and the sizes."""
    rendering = [measure for engine in helm.ENGINES for measure in _rendering(engine)]
    return [*rendering, _validation(), *_sizes()]


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
        taken = interleaved(runs, ROUNDS, f"helm {engine}: {ROUNDS} rounds of {len(runs)} renders")
    # A share of the fastest render, which other work of the machine affects least.
    share = (ratio(taken["schema"], taken["ours"]) - 1) * min(taken["ours"])
    return [
        Measure(f"helm {engine}: values/api.yaml / helm create", ratio(taken["ours"], taken["usual"]), "", 2),
        Measure(
            f"helm {engine}: everything on / helm create",
            ratio(taken["everything"], taken["usual"]),
            "",
            2,
        ),
        Measure(f"helm {engine}: the schema's share", share * 1000, " ms", 25),
    ]


def _validation() -> Measure:
    """Compare validating all objects on every Kubernetes version with rendering all cases."""
    cases = catalog.cases()
    step(f"{len(cases)} cases: rendering with both Helms, validating on {len(SUPPORTED)} Kubernetes versions")
    rendered: dict[tuple[Case, int], str | UserError] = {}
    rendering = seconds(lambda: rendered.update(helm.render_all(cases)))
    streams = [stream for (_, engine), stream in rendered.items() if engine == helm.ENGINES[0]]
    objects = [made for stream in streams for made in manifests.parse(str(stream)).values()]
    validating = seconds(lambda: fields.problems(objects))
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
