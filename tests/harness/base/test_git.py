"""git works in the folder that it is given, whatever calls the harness and whatever the user has set."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest

from ci.base import git, repository
from ci.base.processes import CommandError
from tests.support.git_repository import GitRepository


@pytest.fixture
def own(tmp_path: Path) -> GitRepository:
    """Return the repository that the harness is asked about."""
    return GitRepository(tmp_path / "own")


@pytest.fixture
def other(tmp_path: Path) -> GitRepository:
    """Return the repository of someone who calls the harness."""
    return GitRepository(tmp_path / "other")


@pytest.mark.parametrize("variable", ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"])
def test_a_variable_that_names_another_repository_is_ignored(
    variable: str, own: GitRepository, other: GitRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    other.write("file", "of the other")
    before = other.commit()
    value = {"GIT_DIR": ".git", "GIT_WORK_TREE": ".", "GIT_INDEX_FILE": ".git/index"}[variable]
    monkeypatch.setenv(variable, str(other.root / value))
    own.write("file", "of its own")
    commit = own.commit()
    assert own.git("show", "HEAD:file") == "of its own"
    assert commit != before
    monkeypatch.undo()
    assert other.git("rev-parse", "HEAD") == before
    assert other.git("status", "--porcelain") == ""


@pytest.mark.parametrize("work_tree", ["main", "linked"])
def test_a_hook_can_call_the_harness(
    work_tree: str, own: GitRepository, other: GitRepository, tmp_path: Path
) -> None:
    """In a linked work tree git sets GIT_DIR for its hooks, elsewhere GIT_INDEX_FILE for what it commits."""
    before = other.commit()
    folder = other.root
    if work_tree == "linked":
        folder = tmp_path / "linked"
        other.git("worktree", "add", "--quiet", "-b", "work", str(folder))
    own.write("file", "of its own")
    hook = other.hooks / "pre-commit"
    code = (
        # If git committed to the wrong repository, it would call the hook again, and so on.
        f"import os, sys; os.remove({str(hook)!r})\n"
        f"sys.path.insert(0, {str(repository.root())!r})\n"
        "from pathlib import Path\n"
        "from ci.base import git\n"
        f"own = Path({str(own.root)!r})\n"
        "git.run(own, 'add', '--all')\n"
        "git.run(own, 'commit', '--quiet', '--message', 'By the hook')\n"
    )
    hook.parent.mkdir()
    hook.write_text(f"#!/bin/sh\nexec {shlex.join([sys.executable, '-c', code])}\n", encoding="utf-8")
    hook.chmod(0o755)
    git.run(folder, "commit", "--quiet", "--all", "--allow-empty", "--message", "By a person")
    assert git.run(folder, "rev-list", "--format=%s", "--no-commit-header", f"{before}..") == "By a person"
    assert git.run(folder, "status", "--porcelain") == ""
    assert own.git("rev-list", "--format=%s", "--no-commit-header", "HEAD") == "By the hook"
    assert own.git("status", "--porcelain") == ""


def test_a_commit_is_read_as_it_is_whatever_git_replace_shows_instead(own: GitRepository) -> None:
    own.write("file", "of the commit")
    commit = own.commit()
    own.write("file", "of the replacement")
    own.git("replace", commit, own.commit())
    assert own.git("show", f"{commit}:file") == "of the commit"


def test_a_failure_names_the_command_and_says_what_git_says(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=rf"^git log in {tmp_path}: git failed .*\nfatal: not a git repos"):
        git.run(tmp_path, "log")


def test_the_commit_of_a_folder_is_that_of_its_repository(
    own: GitRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert git.head(own.root) == ""
    commit = own.commit()
    assert git.head(own.root) == commit
    assert git.head(tmp_path) == ""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert git.head(own.root) == ""


def test_a_repository_around_a_folder_counts_where_its_commit_holds_the_folder(own: GitRepository) -> None:
    own.write("inside/file", "")
    assert git.head(own.root / "inside") == ""
    commit = own.commit()
    own.write("unpacked/there/file", "")
    assert git.head(own.root / "inside") == commit
    assert git.head(own.root / "unpacked/there") == ""
