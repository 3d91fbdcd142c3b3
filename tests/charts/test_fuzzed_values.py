"""What the schema accepts renders as Kubernetes takes it, and Helm refuses what it does not accept."""

from __future__ import annotations

from pathlib import Path

import pytest

from ci.base.repository import shown
from ci.charts import catalog
from ci.charts.catalog import Chart
from ci.charts.values_file import read_values
from ci.fuzzing import experiments, fuzz
from ci.fuzzing.experiments import Accepted, Kind

# All that a run of the tests has time for; `invoke fuzz` takes more.
EXAMPLES: dict[tuple[str, Kind], int] = {("microservice", Accepted): 40}
FEWER = 20

every_chart = pytest.mark.parametrize("chart", catalog.charts(), ids=lambda chart: chart.name)
every_experiment = pytest.mark.parametrize("kind", experiments.ALL, ids=lambda kind: kind.__name__.lower())


@every_chart
@every_experiment
def test_unusual_values_do_no_harm(chart: Chart, kind: Kind, tmp_path: Path, seed: int) -> None:
    _, find = fuzz.search(kind(chart, tmp_path), seed, EXAMPLES.get((chart.name, kind), FEWER))
    if find:
        folder = shown(fuzz.regressions(chart))
        pytest.fail(f"{find}Keep them as a file of {folder}/, named after what went wrong.", pytrace=False)


@every_chart
@every_experiment
def test_values_that_once_went_wrong_do_not_again(chart: Chart, kind: Kind, tmp_path: Path) -> None:
    experiment = kind(chart, tmp_path)
    files = [
        file
        for file in sorted(fuzz.regressions(chart).glob("*.yaml"))
        if experiment.accepts(read_values(file))
    ]
    found = experiment.judge([read_values(file) for file in files])
    assert {file.name: faults for file, faults in zip(files, found, strict=True) if faults} == {}
