"""The values with which changed templates are rendered: those of the cases, and of the tests of charts."""

from __future__ import annotations

import functools
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ci.base import repository
from ci.base.errors import UserError
from ci.charts import catalog
from ci.charts.catalog import Chart
from ci.charts.values_file import merged, read_values
from ci.mutation.probe import Input

Values = dict[str, Any]

# What only Helm's version decides is decided by its first digit.
_HELM = "v{}.0.0"
# Of pytest, in this repository.
PLUGIN = "tests.support.mutation"
# A golden file has the objects of a case, and a table of problems those of its rows.
_OF_CASES = ("problems", "report", "objects")
_OF_ROWS = ("problems",)


class Inputs(NamedTuple):
    """Inputs by name, and which tests render each: their pytest IDs; none for those that are sure."""

    inputs: dict[str, Input]
    tests: dict[str, list[str]]


def record(folder: Path) -> list[dict[str, Any]]:
    """Run the tests of charts once, and return what they render, a map for each render.

    Raises UserError if a test fails.
    """
    command = [sys.executable, "-m", "pytest", "-q", "-p", PLUGIN, f"--record-renders={folder}"]
    paths = [f"tests/charts/{chart.name}" for chart in catalog.charts()]
    done = subprocess.run(
        [*command, *paths], cwd=repository.root(), capture_output=True, encoding="utf-8", check=False
    )
    if done.returncode:
        raise UserError(f"the tests of the charts fail without any change:\n{done.stdout[-4000:]}")
    return recorded(folder)


def recorded(folder: Path) -> list[dict[str, Any]]:
    """Return what a recording in a folder has."""
    files = sorted(folder.glob("*.jsonl"))
    return [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]


def of(chart: Chart, renders: Sequence[dict[str, Any]]) -> Inputs:
    """Return the inputs of a chart: its cases, and what was recorded for it."""
    inputs: dict[str, Input] = {}
    tests: dict[str, list[str]] = {}
    names: dict[str, str] = {}
    for prefix, values, render, sure in (*_cases(chart), *_rendered(chart, renders)):
        release = {
            "Name": render["release"],
            "Namespace": render["namespace"],
            "Service": "Helm",
            "Revision": 1,
            "IsInstall": not render["upgrade"],
            "IsUpgrade": render["upgrade"],
        }
        one = Input("", values, release, _HELM.format(render["engine"]), sure)
        key = json.dumps(one[:-2])
        name = names.setdefault(key, f"{prefix}-{len(names)}")
        # The same values in a table of problems are the better ones.
        if name not in inputs or (sure and not inputs[name].sure):
            inputs[name] = one._replace(name=name)
        if not sure and render["test"] not in tests.setdefault(name, []):
            tests[name].append(render["test"])
    return Inputs(inputs, tests)


def _cases(chart: Chart) -> Iterator[tuple[str, Values, dict[str, Any], tuple[str, ...]]]:
    for case in catalog.cases():
        if case.chart == chart:
            render = {
                "release": case.release,
                "namespace": case.namespace,
                "upgrade": False,
                "engine": 4,
                "test": "",
            }
            yield "case", _whole(chart, [read_values(file) for file in case.values]), render, _OF_CASES


def _rendered(
    chart: Chart, renders: Sequence[dict[str, Any]]
) -> Iterator[tuple[str, Values, dict[str, Any], tuple[str, ...]]]:
    for render in renders:
        if render["chart"] == chart.name:
            sure = _OF_ROWS if render["batch"] else ()
            yield "row" if sure else "test", _whole(chart, render["layers"]), render, sure


def _whole(chart: Chart, layers: Sequence[Values]) -> Values:
    return functools.reduce(merged, layers, read_values(chart.path / "values.yaml"))
