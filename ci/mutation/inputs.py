"""The values with which changed templates are rendered: those of the cases, and of the tests of charts."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ci.base import repository
from ci.base.console import progress
from ci.base.errors import UserError
from ci.charts import catalog, helm
from ci.charts.catalog import Chart
from ci.charts.values_file import laid, merged, read_values
from ci.mutation import pytests
from ci.mutation.probe import Input

Values = dict[str, Any]

# A golden file has the objects of a case, and a table of problems those of its rows.
_OF_CASES = ("problems", "report", "objects")
_OF_ROWS = ("problems",)


class Inputs(NamedTuple):
    """Inputs by name, and which tests render each: their pytest IDs; none for those that are sure."""

    inputs: dict[str, Input]
    tests: dict[str, list[str]]


def record(chart: Chart, folder: Path) -> list[dict[str, Any]]:
    """Run the tests of a chart once, and return what they render, a map for each render.

    Raises UserError if a test fails.
    """
    log = folder / "log"
    options = [f"--record-renders={folder}", f"tests/charts/{chart.name}"]
    with (
        progress("recording what the tests render") as report,
        pytests.running(options, repository.root(), log) as process,
    ):
        while pytests.is_going(process):
            report()
    if process.returncode:
        raise UserError(
            f"the tests of the chart fail without any change:\n{log.read_text(encoding='utf-8')[-4000:]}"
        )
    return recorded(folder)


def recorded(folder: Path) -> list[dict[str, Any]]:
    """Return what a recording in a folder has."""
    files = sorted(folder.glob("*.jsonl"))
    return [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]


def of(chart: Chart, renders: Sequence[dict[str, Any]]) -> Inputs:
    """Return the inputs of a chart: its cases, with both Helms, and what was recorded for it."""
    inputs: dict[str, Input] = {}
    tests: dict[str, list[str]] = {}
    names: dict[str, str] = {}
    for prefix, render, sure in (*_cases(chart), *_rendered(chart, renders)):
        release = {
            "Name": render["release"],
            "Namespace": render["namespace"],
            "Service": "Helm",
            "Revision": 1,
            "IsInstall": not render["upgrade"],
            "IsUpgrade": render["upgrade"],
        }
        values = _whole(chart, render["layers"], render["engine"])
        # Only notes ask which Helm it is, and those of cases are not tested.
        of_older_helm = prefix == "test" and render["notes"] and render["engine"] != helm.ENGINES[-1]
        name = names.setdefault(json.dumps([values, release, of_older_helm]), f"{prefix}-{len(names)}")
        # What a table of problems has is better known than what a test renders.
        if name not in inputs or (sure and not inputs[name].sure):
            notes = render["notes"] or (name in inputs and inputs[name].notes)
            inputs[name] = Input(name, values, release, f"v{render['engine']}.0.0", sure, notes)
        elif render["notes"]:
            inputs[name] = inputs[name]._replace(notes=True)
        if not sure and render["test"] not in tests.setdefault(name, []):
            tests[name].append(render["test"])
    return Inputs(inputs, tests)


def _cases(chart: Chart) -> Iterator[tuple[str, dict[str, Any], tuple[str, ...]]]:
    for case in catalog.cases():
        if case.chart == chart:
            for engine in reversed(helm.ENGINES):
                render = {
                    "layers": [read_values(file) for file in case.values],
                    "release": case.release,
                    "namespace": case.namespace,
                    "upgrade": False,
                    "engine": engine,
                    "notes": True,
                }
                yield "case", render, _OF_CASES


def _rendered(
    chart: Chart, renders: Sequence[dict[str, Any]]
) -> Iterator[tuple[str, dict[str, Any], tuple[str, ...]]]:
    for render in renders:
        if render["chart"] == chart.name:
            sure = _OF_ROWS if render["batch"] else ()
            yield "row" if sure else "test", render, sure


def _whole(chart: Chart, layers: Sequence[Values], engine: int) -> Values:
    defaults = read_values(chart.path / "values.yaml")
    nothing: Values = {}
    written = functools.reduce(laid, layers, nothing)
    return merged(defaults, written) if engine > helm.ENGINES[0] else _with_nulls(defaults, written)


def _with_nulls(defaults: Values, values: Values) -> Values:
    """Return values merged into defaults as Helm 3 does it: a null stays where there is no default."""
    result = {key: value for key, value in defaults.items() if value is not None} | values
    for key, value in values.items():
        if isinstance(value, dict) and isinstance(defaults.get(key), dict):
            result[key] = _with_nulls(defaults[key], value)
        elif value is None and key in defaults:
            del result[key]
    return result
