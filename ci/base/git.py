"""git, run in one folder: the only place that calls it."""

from __future__ import annotations

import functools
import os
import shutil
import tarfile
from pathlib import Path

from ci.base import processes
from ci.base.processes import CommandError


def run(folder: Path, *arguments: str) -> str:
    """Return what ``git ARGUMENTS`` prints in ``folder``, stripped; raise CommandError if it fails.

    The user's settings apply, such as a name, a signing key and hooks. To read something, use a command whose
    output no setting changes (https://git-scm.com/docs/git#_low_level_commands_plumbing), or pass every flag
    that a setting could replace. A commit is read as it is, without what git replace puts in its place.
    """
    doing = f"git {arguments[0]} in {folder}"
    command = ["git", "--no-optional-locks", "--no-replace-objects", *arguments]
    return processes.run(command, doing, folder=folder, env=environment()).strip()


def head(folder: Path) -> str:
    """Return the hash of the commit that is checked out in ``folder``; "" without git, repository or commit.

    A repository around ``folder`` counts only if its commit holds the folder. Raises CommandError for an
    error of git.
    """
    if shutil.which("git") is None or not any(
        (above / ".git").exists() for above in (folder, *folder.parents)
    ):
        return ""
    try:
        if not (folder / ".git").exists():
            run(folder, "rev-parse", "--verify", "--quiet", "HEAD:./")
        return run(folder, "rev-parse", "--verify", "--quiet", "HEAD")
    except CommandError as error:
        # It fails silently if HEAD, or the folder in it, does not exist.
        if error.output:
            raise
        return ""


def extract(folder: Path, commit: str, into: Path, *paths: str) -> None:
    """Write the files that a commit has below ``paths`` into the folder ``into``, which has to be there.

    A path that the commit has not is left out. Raises CommandError as ``run`` does.
    """
    there = run(folder, "ls-tree", "--name-only", commit, *paths).splitlines()
    if there:
        archive = into.with_suffix(".tar")
        run(folder, "archive", "--format=tar", f"--output={archive}", commit, *there)
        with tarfile.open(archive) as packed:
            # Python has filters since 3.11.4. What git packed is as safe as its own checkout.
            packed.extraction_filter = getattr(tarfile, "data_filter", None)
            packed.extractall(into)  # noqa: S202
        archive.unlink()


def environment() -> dict[str, str]:
    """Return this process's environment without the variables that point git to another repository.

    git sets them for hooks and for the commands of ``git rebase --exec``.
    """
    return {name: value for name, value in os.environ.items() if name not in _local_variables()}


@functools.cache
def _local_variables() -> frozenset[str]:
    """Ask git which variables belong to one repository: https://git-scm.com/docs/git-rev-parse."""
    return frozenset(processes.run(["git", "rev-parse", "--local-env-vars"], "git rev-parse").split())
