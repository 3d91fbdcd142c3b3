"""The repository as it was at another commit, in a folder of its own while it is needed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ci.base import git
from ci.base.errors import UserError
from ci.base.files import private_folder
from ci.base.processes import CommandError
from ci.base.programs import cache_folder
from ci.base.repository import root
from ci.base.suggestions import did_you_mean

_OPTION = "--from"
# What a render reads.
_FOLDERS = ("charts", "values")


def commit_of(ref: str) -> str:
    """Return the hash of the commit that a branch, tag or other revision of git names; UserError for none."""
    if not git.head(root()):
        raise UserError(f"{_OPTION} {ref}: {root()} is in no git repository with a commit to compare with")
    try:
        return git.run(root(), "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
    except CommandError:
        pass
    known = git.run(root(), "for-each-ref", "--format=%(refname:lstrip=2)").splitlines()
    remote = next((name for name in known if name.endswith(f"/{ref}")), "")
    near = f"; did you mean {remote}?" if remote else did_you_mean(ref, known)
    # A pipeline often clones the last commit only.
    remedy = near or f": fetch it first, with git fetch origin {ref}"
    raise UserError(f"{_OPTION} {ref}: there is no such branch, tag or commit here{remedy}")


@contextmanager
def checked_out(commit: str) -> Iterator[Path]:
    """Give the block a folder with the charts and values of a commit, which only this user can read.

    It is removed after the block; that of a process which was killed, by the next one.
    """
    with private_folder(cache_folder() / "reports") as folder:
        tree = folder / "tree"
        tree.mkdir()
        git.extract(root(), commit, tree, *_FOLDERS)
        yield tree
