"""When the tests in a cluster run, and when they do not."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import NoReturn

import pytest
from invoke.exceptions import Exit

from ci import suite
from ci.base.errors import UserError
from ci.clusters import testbed
from ci.clusters.lifecycle import Cluster
from tests.support import observations


class Became(Exception):
    """Instead of the process that this one was to become; it carries the command line."""


@pytest.fixture(autouse=True)
def becoming(monkeypatch: pytest.MonkeyPatch) -> None:
    def execv(program: str, command: list[str]) -> NoReturn:
        raise Became(command)

    monkeypatch.setattr(os, "execv", execv)
    monkeypatch.setattr(os, "chdir", lambda folder: None)


@pytest.fixture
def no_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A docker that finds no engine."""
    docker = tmp_path / "docker"
    docker.write_text("#!/bin/sh\necho Cannot connect to the Docker daemon >&2\nexit 1\n")
    docker.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")


def test_a_required_cluster_without_an_engine_is_a_failure_with_its_reason(no_engine: None) -> None:
    with pytest.raises(
        UserError, match=r"(?s)no cluster is possible here: no Docker engine answers.*Cannot connect"
    ):
        suite.run("", testbed.Wanted(), required=True)


def test_a_mistake_in_the_cluster_options_is_reported_before_any_test_runs() -> None:
    with pytest.raises(UserError, match="--nodes=0: a cluster needs at least one node"):
        suite.run("", testbed.Wanted(kube_context="mine", nodes=0))


def test_without_an_engine_the_other_tests_run_and_get_the_reason(no_engine: None) -> None:
    with pytest.raises(Became, match="--no-cluster=no Docker engine answers"):
        suite.run("", testbed.Wanted())


def test_cluster_tests_can_be_left_out_where_an_engine_answers() -> None:
    with pytest.raises(Became, match=r"'--no-cluster=--no-cluster was given', '--junit-xml=.*/report.xml'"):
        suite.run("report.xml", testbed.Wanted(), without=True)


def test_a_cluster_can_not_be_required_and_left_out_at_once() -> None:
    with pytest.raises(UserError, match="contradict each other"):
        suite.run("", testbed.Wanted(), required=True, without=True)


class Machine:
    """An existing cluster, and a Python that logs its arguments and exits as $WORDS says."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        python = folder / "python"
        python.write_text(
            f'#!/bin/sh\necho "$*" >> {folder}/log\ncase "$*" in $WORDS) exit ${{CODE:-1}};; esac\n'
        )
        python.chmod(0o755)
        monkeypatch.setattr(sys, "executable", str(python))
        monkeypatch.setattr(testbed, "prepared", self.prepared)
        monkeypatch.setattr(testbed, "check", lambda wanted: None)
        monkeypatch.setattr(testbed, "why_not", lambda wanted: "")

    @contextmanager
    def prepared(self, wanted: testbed.Wanted) -> Iterator[Cluster]:
        self._log(f"create with {wanted.operators or 'add-ons'}")
        try:
            yield Cluster("made", self.folder)
        finally:
            self._log("remove")

    def _log(self, line: str) -> None:
        with (self.folder / "log").open("a") as log:
            log.write(f"{line}\n")

    @property
    def runs(self) -> list[str]:
        """The runs of pytest, without what was done between them."""
        return [line for line in self.log if line.startswith("-m pytest")]

    @property
    def log(self) -> list[str]:
        return (self.folder / "log").read_text().splitlines()


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(tmp_path, monkeypatch)


WITHOUT_OPERATORS = "tests/cluster --ignore=tests/cluster/operators"


@pytest.mark.parametrize("failing", ["*--ignore=tests/cluster", "*-m quiet*", "*-m not*"])
def test_the_tests_in_a_cluster_follow_the_others_and_a_failure_of_either_counts(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    monkeypatch.setenv("WORDS", failing)
    with pytest.raises(Exit) as ended:
        suite.run("", testbed.Wanted())
    assert ended.value.code == 1
    outside, quiet, together = machine.runs
    assert outside.endswith("--ignore=tests/cluster")
    inside = f"{WITHOUT_OPERATORS} --kubeconfig={machine.folder}/kubeconfig"
    assert f"{inside} --numprocesses=0 -m quiet" in quiet
    assert f"{inside} --numprocesses={suite.AT_ONCE} -m not quiet" in together


def test_without_operators_their_tests_are_skipped_with_the_reason(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    suite.run("", testbed.Wanted())
    assert "skipping tests/cluster/operators: no --operators was given" in capsys.readouterr().err


def test_the_tests_of_operators_get_a_cluster_of_their_own_after_the_first_is_removed(
    machine: Machine,
) -> None:
    suite.run("", testbed.Wanted(operators="keda"))
    kubeconfig = f"--kubeconfig={machine.folder}/kubeconfig"
    first, second = (
        f"{WITHOUT_OPERATORS} {kubeconfig}",
        f"tests/cluster/operators --dist=loadfile {kubeconfig}",
    )
    assert [line.removeprefix("-m pytest ") for line in machine.log[1:]] == [
        "create with add-ons",
        f"{first} --numprocesses=0 -m quiet",
        f"{first} --numprocesses={suite.AT_ONCE} -m not quiet",
        "remove",
        "create with keda",
        f"{second} --numprocesses=0 -m quiet",
        f"{second} --numprocesses={suite.AT_ONCE} -m not quiet",
        "remove",
    ]


@pytest.mark.parametrize("failing", ["*--ignore=tests/cluster/operators*", "*cluster/operators --dist*"])
def test_a_failure_in_either_cluster_counts_and_the_tests_in_the_other_run(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    monkeypatch.setenv("WORDS", failing)
    with pytest.raises(Exit) as ended:
        suite.run("", testbed.Wanted(operators="all"))
    assert ended.value.code == 1
    assert len(machine.runs) == 5


@pytest.mark.parametrize(("failing", "code"), [("*-m quiet*", 0), ("*-m not*", suite.NONE_SELECTED)])
def test_a_group_may_have_no_quiet_tests_but_not_no_tests(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, failing: str, code: int
) -> None:
    monkeypatch.setenv("WORDS", failing)
    monkeypatch.setenv("CODE", str(suite.NONE_SELECTED))
    with pytest.raises(Exit) if code else nullcontext() as ended:
        suite.run("", testbed.Wanted(operators="all"))
    assert not ended or ended.value.code == code


def test_in_an_existing_cluster_the_tests_of_operators_run_where_it_has_them(machine: Machine) -> None:
    suite.run("", testbed.Wanted(kube_context="mine"))
    assert machine.runs[-1].startswith("-m pytest tests/cluster/operators --dist")


@pytest.mark.parametrize(
    ("wanted", "runs", "all_of_it"),
    [
        (testbed.Wanted(), 3, [1, 2]),
        (testbed.Wanted(operators="all"), 5, [1, 2, 3, 4]),
        # Only the operators that are asked for are missed.
        (testbed.Wanted(kube_context="mine"), 5, [1, 2]),
        (testbed.Wanted(kube_context="mine", operators="all"), 5, [1, 2, 3, 4]),
    ],
)
def test_where_a_cluster_is_required_no_test_in_it_may_be_left_out(
    machine: Machine, wanted: testbed.Wanted, runs: int, all_of_it: list[int]
) -> None:
    suite.run("", wanted)
    assert not any("--all-of-it" in run for run in machine.runs)
    suite.run("", wanted, required=True)
    required = machine.runs[runs:]
    assert len(required) == runs
    assert [number for number, run in enumerate(required) if "--all-of-it" in run] == all_of_it


def test_each_run_of_pytest_has_a_report_of_its_own(machine: Machine) -> None:
    suite.run("report.xml", testbed.Wanted(operators="all"))
    assert [run.rpartition("/")[2] for run in machine.runs] == [
        *("report.xml", "report-quiet-cluster.xml", "report-cluster.xml"),
        *("report-quiet-operators.xml", "report-operators.xml"),
    ]


def test_what_the_cluster_and_its_tests_took_is_compared(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    suite.run("", testbed.Wanted())
    assert "times that" in capsys.readouterr().err


class Terminal:
    """What pytest's terminal shows at the end of a run in which these tests passed."""

    def __init__(self, *reports: pytest.TestReport) -> None:
        self.reports = reports
        self.lines: list[str] = []

    def getreports(self, outcome: str) -> list[pytest.TestReport]:
        return [report for report in self.reports if report.outcome == outcome]

    def section(self, title: str) -> None:
        self.lines.append(title)

    def write_line(self, line: str, bold: bool = False) -> None:
        self.lines.append(line)


def test_observations_are_printed_below_their_promise() -> None:
    def report(test: str, *properties: tuple[str, object], failed: bool = False) -> pytest.TestReport:
        where = ("f.py", 1, test)
        return pytest.TestReport(
            f"f.py::{test}",
            where,
            {},
            "failed" if failed else "passed",
            None,
            "call",
            user_properties=properties,
        )

    terminal = Terminal(
        report(
            "test_b_c", ("promise", "It heals."), ("observed", "3 s"), ("observed", "0 failed"), failed=True
        ),
        report("test_a", ("promise", "It heals."), ("observed", "2 s")),
        report("test_silent", ("promise", "It heals.")),
    )
    observations.write(terminal)  # type: ignore[arg-type]
    assert terminal.lines == ["observed", "It heals.", "  a: 2 s", "  b c: 0 failed", "  b c: 3 s"]
