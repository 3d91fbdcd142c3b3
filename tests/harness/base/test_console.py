"""What is printed while work goes on, on a terminal and elsewhere."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from ci.base import console

ADDRESS = "http://[::1]/" + "a" * 90
TEXT = f"see [bold] and [/tmp/a] of {ADDRESS}"


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """Return what a terminal of 100 columns is sent."""
    shown = io.StringIO()
    monkeypatch.setattr(console, "err", Console(file=shown, force_terminal=True, width=100, soft_wrap=True))
    return shown


def test_a_step_is_printed_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    console.step(TEXT)
    assert capsys.readouterr().err == f"· {TEXT}\n"


def test_a_bar_has_room_beside_a_long_address(terminal: io.StringIO) -> None:
    with console.progress(f"downloading {ADDRESS}") as report:
        report(1, 4)
    assert "downloading http://[::1]/aaa" in terminal.getvalue()
    assert "━━━━" in terminal.getvalue()
    assert " 25%" in terminal.getvalue()


def test_without_a_terminal_a_line_is_printed_now_and_then(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(console, "REPORT_SECONDS", 0)
    with console.progress("trying [/tmp/a]") as report:
        report(1, 4, "3 values")
        report()
    assert capsys.readouterr().err.splitlines() == [
        "· trying [/tmp/a]",
        "· still trying [/tmp/a]: 0 s, 3 values",
        "· still trying [/tmp/a]: 0 s",
    ]
