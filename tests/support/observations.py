"""What tests observed, written below the sentence that says what their file is about."""

from __future__ import annotations

import pytest


def write(terminal: pytest.TerminalReporter) -> None:
    """Write the sentences that the fixture ``observed`` took, of passed and of failed tests."""
    observed: dict[str, list[str]] = {}
    for report in (*terminal.getreports("passed"), *terminal.getreports("failed")):
        told = [text for name, text in report.user_properties if name == "observed"]
        if report.when == "call" and told:
            test = report.nodeid.rpartition("::")[2].removeprefix("test_").replace("_", " ")
            promise = dict(report.user_properties)["promise"]
            observed.setdefault(str(promise), []).extend(f"{test}: {text}" for text in told)
    if observed:
        terminal.section("observed")
    for promise in sorted(observed):
        terminal.write_line(promise, bold=True)
        for line in sorted(observed[promise]):
            terminal.write_line(f"  {line}")
