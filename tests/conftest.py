"""Options of all test runs, and fixtures that several folders share."""

from __future__ import annotations

import os
import signal
from collections.abc import Generator
from pathlib import Path

import pytest

from ci.base import cpus
from ci.charts import render_cache
from tests.support import observations, skips
from tests.support.repository import Repository

SEED = "--hypothesis-seed"


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    # The same change has the same result; `invoke fuzz` tries new values.
    if config.getoption(SEED) is None:
        config.option.hypothesis_seed = "1"
    # A shell ignores SIGINT for background jobs, and the programs that tests interrupt would inherit that.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ["GIT_CONFIG_GLOBAL"] = str(Path(__file__).with_name("support") / "gitconfig")
    os.environ["GIT_CONFIG_NOSYSTEM"] = "1"


def pytest_xdist_auto_num_workers() -> int | None:
    # By that variable xdist itself decides.
    return None if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ else cpus.available()


def pytest_report_header(config: pytest.Config) -> str:
    return f"values drawn with {SEED}={config.getoption(SEED)}"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("cluster")
    group.addoption(
        "--no-cluster", metavar="REASON", default="", help="skip the cluster tests for this reason"
    )
    group.addoption(
        "--all-of-it",
        action="store_true",
        help="fail tests that would be skipped, unless the reason is in tests/skips.yaml; CI=true does too",
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, object, object]:
    return (yield from _skipped_only_if_allowed(item))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    return (yield from _skipped_only_if_allowed(item))


def _skipped_only_if_allowed(item: pytest.Item) -> Generator[None, object, object]:
    try:
        return (yield)
    except pytest.skip.Exception as skipped:
        if skips.none_expected(item.config):
            skips.refuse(str(skipped))
        raise


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    observations.write(terminalreporter)


@pytest.fixture(scope="session")
def seed(pytestconfig: pytest.Config) -> int:
    """The seed of the values that this run draws."""
    return int(pytestconfig.getoption(SEED))


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """A temporary repository, which the harness uses instead of this one."""
    monkeypatch.setattr("ci.base.repository._ROOT", tmp_path)
    return Repository(tmp_path)


@pytest.fixture(scope="session", autouse=True)
def _shared_renders(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> None:
    """Have the workers of a run render each case once between them."""
    if worker_id != "master":
        render_cache.share(tmp_path_factory.getbasetemp().parent / "renders")
