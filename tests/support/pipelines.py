"""What published linters find in the pipelines of GitHub and GitLab."""

from __future__ import annotations

import subprocess
import sysconfig
from collections.abc import Sequence
from pathlib import Path

import pytest

from ci.base import programs
from ci.base.errors import UserError

# Where the environment's packages put their programs.
SCRIPTS = Path(sysconfig.get_path("scripts"))


def in_workflows(files: Sequence[Path]) -> str:
    """Return what actionlint finds in GitHub's workflows, and ShellCheck in their scripts; "" for nothing."""
    try:
        program = programs.find(programs.ACTIONLINT)
    except UserError as error:
        pytest.skip(str(error))
    return _printed([program, "-no-color", f"-shellcheck={SCRIPTS / 'shellcheck'}", "-pyflakes=", *files])


def in_scripts(files: Sequence[Path]) -> str:
    """Return what ShellCheck finds in scripts; "" for nothing."""
    return _printed([SCRIPTS / "shellcheck", "--color=never", *files])


def in_pipelines(files: Sequence[Path]) -> str:
    """Return what in GitLab's pipelines its published schema does not allow; "" for nothing."""
    how = ["--builtin-schema=vendor.gitlab-ci", "--data-transform=gitlab-ci", "--color=never"]
    return _printed([SCRIPTS / "check-jsonschema", *how, *files])


def _printed(command: Sequence[str | Path]) -> str:
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    return ended.stdout + ended.stderr if ended.returncode else ""
