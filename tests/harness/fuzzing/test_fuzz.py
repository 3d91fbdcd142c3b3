"""Faulty values are found, shrunk, and kept in a file that the tests read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st

from ci.base.errors import UserError
from ci.base.repository import root, shown
from ci.charts.catalog import Chart
from ci.charts.values_file import read_values
from ci.fuzzing import fuzz
from tests.support.repository import Repository

Values = dict[str, Any]


class Hundred:
    """Finds fault with numbers from a hundred on."""

    strategy = st.fixed_dictionaries({"number": st.integers(0, 10000), "text": st.text(max_size=3)})

    def __init__(self, chart: Chart, folder: Path) -> None:
        self.chart = chart
        self.asked: list[Sequence[Values]] = []

    def accepts(self, values: Values) -> bool:
        return True

    def judge(self, values: Sequence[Values]) -> list[list[str]]:
        self.asked.append(values)
        return [
            [f"{each['number']} is not\na small number"] if each["number"] >= 100 else [] for each in values
        ]


class Fine(Hundred):
    """Finds no fault."""

    def judge(self, values: Sequence[Values]) -> list[list[str]]:
        self.asked.append(values)
        return [[] for _ in values]


@pytest.fixture
def chart() -> Chart:
    return Chart("microservice", root() / "charts" / "microservice")


def test_the_smallest_faulty_values_are_found(chart: Chart, tmp_path: Path) -> None:
    _, find = fuzz.search(Hundred(chart, tmp_path), seed=1, examples=50)
    assert find is not None
    assert find.values == {"number": 100, "text": ""}
    assert find.faults == ["100 is not\na small number"]
    assert "microservice, seed 1:\n  - 100 is not\na small number\nwith these values:\nnumber: 100\n" in str(
        find
    )


def test_values_are_judged_in_batches_and_each_only_once(chart: Chart, tmp_path: Path) -> None:
    experiment = Fine(chart, tmp_path)
    tried, find = fuzz.search(experiment, seed=1, examples=60)
    assert find is None
    judged = [str(each) for batch in experiment.asked for each in batch]
    assert len(judged) == len(set(judged)) == tried > 40
    assert len(experiment.asked) == 3


def test_the_same_seed_tries_the_same_values(chart: Chart, tmp_path: Path) -> None:
    one, other, another = (Fine(chart, tmp_path) for _ in range(3))
    for experiment, seed in ((one, 5), (other, 5), (another, 6)):
        fuzz.search(experiment, seed, examples=20)
    assert one.asked == other.asked != another.asked


def test_a_find_is_kept_as_a_values_file_with_its_faults(repository: Repository) -> None:
    with pytest.raises(UserError, match=r"after \d+ values: microservice, seed 3:") as ended:
        fuzz.run(minutes=1, seed=3, kinds=[Hundred])
    (file,) = (repository.root / "tests" / "charts" / "regressions" / "microservice").iterdir()
    assert file.read_text(encoding="utf-8").startswith("# 100 is not\n# a small number\nnumber: 100\n")
    assert read_values(file) == {"number": 100, "text": ""}
    assert f"\nThey are in {shown(file)}, which `invoke test` tries from now on" in str(ended.value)


@pytest.mark.usefixtures("repository")
def test_without_a_find_the_number_of_values_is_reported(capsys: pytest.CaptureFixture[str]) -> None:
    fuzz.run(minutes=0.0001, seed=3, kinds=[Fine])
    printed = capsys.readouterr()
    assert printed.out.endswith(" values, from seed 3 on: nothing found\n")
    assert "· seed 3: repeat this run with --seed 3\n" in printed.err


@pytest.mark.usefixtures("repository")
def test_without_a_seed_each_run_chooses_another(capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        fuzz.run(minutes=0.0001, kinds=[Fine])
    one, other = (line for line in capsys.readouterr().err.splitlines() if "seed" in line)
    assert one != other


@pytest.mark.parametrize("minutes", [0, -1])
def test_a_duration_that_is_not_positive_is_refused(minutes: float) -> None:
    with pytest.raises(UserError, match="give a positive number, such as --minutes 5"):
        fuzz.run(minutes)
