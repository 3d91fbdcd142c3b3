"""Measures the speed of the chart and its checks."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from ci.base.console import step
from ci.base.errors import UserError
from ci.base.files import write_whole
from ci.bench.measures import Measure, interleaved, ratio, seconds
from ci.charts import catalog, helm
from ci.charts.catalog import Case
from ci.importing import sources
from ci.importing.draft import Wishes
from ci.importing.mapping import mapped, text
from ci.importing.proof import prove
from ci.importing.selection import select
from ci.kubernetes import fields, manifests
from ci.kubernetes.versions import SUPPORTED
from ci.publishing import packages

ROUNDS = 120
IMPORTS = 20
WITHOUT_SCHEMA = "--skip-schema-validation"


def measures() -> list[Measure]:
    """Return the measures of rendering and validating, and the sizes."""
    rendering = [measure for engine in helm.ENGINES for measure in _rendering(engine)]
    return [*rendering, _validation(), _importing(), *_sizes()]


def _rendering(engine: int) -> list[Measure]:
    """Compare the chart with that of `helm create`: alone, with its schema, and with everything on.

    The environment is the user's. helm.LEAN would make Helm start faster, which is half of each render.
    """
    case = catalog.find_case("microservice/api")
    everything = catalog.find_case("microservice/everything")
    environment = {name: text for name, text in os.environ.items() if name not in helm.LEAN}

    def render(chart: Path, values: Sequence[Path], *options: str) -> object:
        arguments = ["template", "api", str(chart), *helm.values_arguments(values), *options]
        return helm.run(engine, arguments, subject=helm.subject_of(chart, values), environment=environment)

    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        usual = helm.create("api", Path(folder), engine=engine)
        # Runs that are compared are adjacent.
        runs: dict[str, Callable[[], object]] = {
            "everything": lambda: render(everything.chart.path, everything.values, WITHOUT_SCHEMA),
            "usual": lambda: render(usual, [], WITHOUT_SCHEMA),
            "ours": lambda: render(case.chart.path, case.values, WITHOUT_SCHEMA),
            "schema": lambda: render(case.chart.path, case.values),
        }
        taken = interleaved(runs, ROUNDS, f"helm {engine}: {ROUNDS} rounds of {len(runs)} renders")
    # The goals are 1.3, 1.75 and 2.3; the budgets are 3 to 5 % above what was measured. If helm create takes
    # 52 ms, reading our files takes 2 more, parsing the templates 11, executing them and what Helm does with
    # the manifests 7, and the schema 27: each of its 1,530 parts is compiled. Without a single check the
    # first ratio would still be 1.30 to 1.37.
    return [
        Measure(f"helm {engine}: {what} / helm create", ratio(taken[run], taken["usual"]), "", budget)
        for what, run, budget in (
            ("values/api.yaml", "ours", 1.5),
            ("values/api.yaml with the schema", "schema", 2.06),
            ("everything on", "everything", 2.3),
        )
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


def _importing() -> Measure:
    """Compare the import of a service's manifests, with its proof, with one render."""
    case = catalog.find_case("microservice/api")
    engine = helm.ENGINES[-1]
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        source, values = Path(folder) / "source.yaml", Path(folder) / "values.yaml"
        write_whole(source, helm.template(case.chart.path, case.values, engine=engine))

        def import_() -> object:
            draft = mapped(select(sources.read([str(source)])), Wishes())
            write_whole(values, text(draft.values))
            return prove(draft, values)

        runs: dict[str, Callable[[], object]] = {
            "render": lambda: helm.template(case.chart.path, case.values, engine=engine),
            "import": import_,
        }
        taken = interleaved(runs, IMPORTS, f"{IMPORTS} rounds of a render and an import")
    return Measure("import with proof / render", ratio(taken["import"], taken["render"]), "", 3)


def _sizes() -> list[Measure]:
    """Measure the chart's package and its schema, in units of 1024 bytes."""
    chart = catalog.find_case("microservice/api").chart
    package = packages.pack(chart, 0, engine=helm.ENGINES[-1])
    schema = (chart.path / "values.schema.json").stat().st_size
    return [
        # The Secret of each revision holds it, of 1 MiB at most.
        Measure("microservice's package", len(package) / 1024, " KB", 128),
        Measure("microservice's values.schema.json", schema / 1024, " KB", 160),
    ]
