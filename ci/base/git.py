"""git, run in one folder: the only place that calls it."""

from __future__ import annotations

import functools
import os
import shutil
from pathlib import Path

from ci.base import processes


def run(folder: Path, *arguments: str) -> str:
    """Return what ``git ARGUMENTS`` prints in ``folder``, stripped; raise CommandError if it fails.

    The user's settings apply, such as a name, a signing key and hooks. To read something, use a command whose
    output no setting changes (https://git-scm.com/docs/git#_low_level_commands_plumbing), or pass every flag
    that a setting could replace. A commit is read as it is, without what git replace puts in its place.
    """
    doing = f"git {arguments[0]} in {folder}"
    command = ["git", "--no-optional-locks", "--no-replace-objects", *arguments]
    return processes.run(command, doing, folder=folder, env=environment()).strip()


def is_repository(folder: Path) -> bool:
    """Return whether ``folder`` is the top of a git working tree and git is installed."""
    return (folder / ".git").exists() and shutil.which("git") is not None


def environment() -> dict[str, str]:
    """Return this process's environment without the variables that point git to another repository.

    git sets them for hooks and for the commands of ``git rebase --exec``.
    """
    return {name: value for name, value in os.environ.items() if name not in _local_variables()}


@functools.cache
def _local_variables() -> frozenset[str]:
    """Ask git which variables belong to one repository: https://git-scm.com/docs/git-rev-parse."""
    return frozenset(processes.run(["git", "rev-parse", "--local-env-vars"], "git rev-parse").split())
