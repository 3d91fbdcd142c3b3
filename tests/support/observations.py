"""Prints what the tests observed, below the docstring of their file."""

from __future__ import annotations

import pytest


def write(terminal: pytest.TerminalReporter) -> None:
    """Print the sentences that passed and failed tests gave to the fixture ``observed``."""
    observed: dict[str, list[str]] = {}
    for report in (*terminal.getreports("passed"), *terminal.getreports("failed")):
        sentences = [text for name, text in report.user_properties if name == "observed"]
        if report.when == "call" and sentences:
            test = report.nodeid.rpartition("::")[2].removeprefix("test_").replace("_", " ")
            promise = dict(report.user_properties)["promise"]
            observed.setdefault(str(promise), []).extend(f"{test}: {text}" for text in sentences)
    if observed:
        terminal.section("observed")
    for promise in sorted(observed):
        terminal.write_line(promise, bold=True)
        for line in sorted(observed[promise]):
            terminal.write_line(f"  {line}")
