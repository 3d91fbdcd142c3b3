"""Options of every run, and fixtures of more than one folder."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

from ci.charts import render_cache
from tests.support import observations
from tests.support.repository import Repository

SEED = "--hypothesis-seed"


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    # One change gets one verdict; `invoke fuzz` is for values that were not tried before.
    if config.getoption(SEED) is None:
        config.option.hypothesis_seed = "1"
    # In a shell's background it is ignored, and what the tests interrupt would inherit that.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_report_header(config: pytest.Config) -> str:
    return f"values drawn with {SEED}={config.getoption(SEED)}"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("cluster")
    group.addoption("--no-cluster", metavar="REASON", default="", help="why there is no cluster to test in")
    group.addoption(
        "--all-of-it", action="store_true", help="fail what would be skipped for want of something"
    )


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    observations.write(terminalreporter)


@pytest.fixture(scope="session")
def seed(pytestconfig: pytest.Config) -> int:
    """The number that the drawn values of this run follow from."""
    return int(pytestconfig.getoption(SEED))


@pytest.fixture(scope="session")
def unavailable(pytestconfig: pytest.Config) -> Callable[[str], NoReturn]:
    """Skips a test for want of something, or fails it where nothing may be left out."""

    def leave_out(reason: str) -> NoReturn:
        if pytestconfig.getoption("all_of_it"):
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)

    return leave_out


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """A repository of the test's own, which the harness takes for this one."""
    monkeypatch.setattr("ci.base.repository._ROOT", tmp_path)
    return Repository(tmp_path)


@pytest.fixture(scope="session", autouse=True)
def _shared_renders(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> None:
    """Have the workers of a run render each case once between them."""
    if worker_id != "master":
        render_cache.share(tmp_path_factory.getbasetemp().parent / "renders")
