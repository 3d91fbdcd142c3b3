"""The code is typed, formatted and free of known mistakes, and packages import only what lies below them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from ci.base.repository import root


@pytest.mark.parametrize(
    "command",
    [["mypy"], ["ruff", "check"], ["ruff", "format", "--check"], ["lint-imports", "--no-cache"]],
    ids=" ".join,
)
def test_the_code_is_clean(command: list[str]) -> None:
    program = Path(sys.executable).with_name(command[0])
    checked = subprocess.run([program, *command[1:]], cwd=root(), capture_output=True, text=True, check=False)
    if checked.returncode:
        pytest.fail(checked.stdout + checked.stderr, pytrace=False)


def test_git_is_called_in_one_place() -> None:
    """ci/base/git.py leaves out what a hook, or the user, sets for other repositories."""
    files = [root() / "tasks.py", *(root() / "ci").rglob("*.py"), *(root() / "tests").rglob("*.py")]
    # The doctor asks for a version, which is that of no repository.
    allowed = {root() / "ci/base/git.py", root() / "ci/doctor.py"}
    calling = {file for file in files if re.search(r"\[\s*[\"']git[\"'],", file.read_text(encoding="utf-8"))}
    assert calling == allowed
