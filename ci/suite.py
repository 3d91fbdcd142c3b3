"""Runs the test suite."""

from __future__ import annotations

import os
import sys

from ci import charts


def run(junit: str) -> None:
    """Become pytest, so that signals reach it and its exit code is ours; ``junit`` names the report."""
    os.chdir(charts.ROOT)
    report = [f"--junit-xml={junit}"] if junit else []
    os.execv(sys.executable, [sys.executable, "-m", "pytest", *report])  # noqa: S606
