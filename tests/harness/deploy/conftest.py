"""A cluster for the daily commands: a kubectl with scripted answers."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from tests.support.fake_kubectl import FakeKubectl

# The modules of ci.deploy that reach a cluster for a daily command, and those that print.
_REACHING = ("forward", "history", "logs", "shell", "status")
_PRINTING = ("forward", "logs", "status", "tables")


@pytest.fixture
def kubectl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeKubectl]:
    """Have all calls of kubectl answered by a script, in a repository with the one service api."""
    monkeypatch.setattr("ci.base.repository._ROOT", tmp_path)
    (tmp_path / "values").mkdir()
    (tmp_path / "values" / "api.yaml").touch()
    fake = FakeKubectl(tmp_path)
    monkeypatch.setattr("ci.base.programs.find", lambda tool: fake.program)
    for module in _REACHING:
        monkeypatch.setattr(f"ci.deploy.{module}.reached", fake.reached)
    # An interrupt is for the rest of a task, which here is the test's.
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield fake
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture(params=[False, True], ids=["elsewhere", "terminal"])
def is_terminal(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Have the commands print to a terminal, or elsewhere."""
    on: bool = request.param
    console = Console(
        force_terminal=on,
        width=200,
        color_system="standard" if on else None,
        highlight=False,
        soft_wrap=True,
    )
    for module in _PRINTING:
        monkeypatch.setattr(f"ci.deploy.{module}.out", console)
    return on
