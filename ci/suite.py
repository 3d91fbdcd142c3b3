"""Runs the test suite."""

from __future__ import annotations

import os
import sys

from ci import charts, tools
from ci.console import step
from ci.kubernetes_versions import NEWEST, OLDEST


def run(junit: str) -> None:
    """Become pytest, so that signals reach it and its exit code is ours; ``junit`` names the report."""
    # Here and not by the first test that needs one: pytest would keep the minutes that it can take to itself.
    for tool in (*tools.HELM.values(), tools.KUBE_SCORE):
        tools.find(tool)
    step(f"{len(charts.cases())} cases, {len(tools.HELM)} Helms, Kubernetes {OLDEST} to {NEWEST}")
    os.chdir(charts.ROOT)
    report = [f"--junit-xml={junit}"] if junit else []
    os.execv(sys.executable, [sys.executable, "-m", "pytest", *report])  # noqa: S606
