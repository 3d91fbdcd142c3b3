"""The harness keeps its own rules: typed, formatted, without a known mistake."""

from __future__ import annotations

import subprocess
import sys

import pytest

from ci.charts import ROOT


@pytest.mark.parametrize(
    "command",
    [["mypy"], ["ruff", "check"], ["ruff", "format", "--check"]],
    ids=" ".join,
)
def test_the_code_is_clean(command: list[str]) -> None:
    checked = subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if checked.returncode:
        pytest.fail(checked.stdout + checked.stderr, pytrace=False)
