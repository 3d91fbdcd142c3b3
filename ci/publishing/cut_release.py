"""Releases the last commit: sets the version, tests, commits and tags, or changes nothing."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from semver import Version

from ci.base import git, repository
from ci.base.console import out, step
from ci.base.errors import UserError
from ci.publishing import changelog, since_release, versions


def run(version: str) -> None:
    """Release ``version`` (1.2.3): commit it, tag it v1.2.3, and print how to publish and how to undo it.

    The commit is made and tested in a separate checkout: if anything fails, branch, tags and files stay as
    they were. Raises UserError for what has to be fixed first.
    """
    before = _check(version)
    tag = f"v{version}"
    with _checkout(before) as checkout:
        step(f"setting the version to {version}")
        _set_version(checkout, version)
        _invoke(checkout, "docs")
        git.run(checkout, "add", "--all")
        # The clone's hooks need its .venv; the tests below run the same checks and more.
        git.run(checkout, "commit", "--no-verify", "--quiet", "--message", f"Release {version}")
        commit = git.run(checkout, "rev-parse", "HEAD")
        step("testing the release")
        _invoke(checkout, "test")
    git.run(repository.root(), "tag", "--annotate", "--message", f"Release {version}", tag, commit)
    try:
        git.run(repository.root(), "merge", "--quiet", "--ff-only", commit)
    except BaseException:
        git.run(repository.root(), "tag", "--delete", tag)
        raise
    branch = git.run(repository.root(), "branch", "--show-current")
    out.out(f"{version} is committed and tagged {tag}, on this machine only")
    out.out(f"  publish it:  git push --atomic origin {branch} {tag}")
    out.out(f"  or undo it:  git tag --delete {tag} && git reset --keep {before}")


def _check(version: str) -> str:
    """Return the commit to release; raise UserError for the first reason against it."""
    if not Version.is_valid(version):
        raise UserError(
            f"{version!r} is not a semantic version (https://semver.org) such as 1.2.3 or 1.2.3-rc.1"
        )
    before = git.run(repository.root(), "rev-parse", "--verify", "HEAD")
    if not git.run(repository.root(), "branch", "--show-current"):
        raise UserError("no branch is checked out to release on: git switch main")
    if git.run(repository.root(), "for-each-ref", f"refs/tags/v{version}"):
        raise UserError(f"the tag v{version} exists: choose a higher version")
    if changed := versions.changed():
        raise UserError(f"uncommitted changes; commit or stash them:\n{changed}")
    sections = changelog.read(repository.root())
    released = {*versions.releases(), *filter(Version.is_valid, sections)}
    last = max(map(Version.parse, released), default=None)
    if last and last >= Version.parse(version):
        raise UserError(f"{version} does not come after {last}, the last release: choose a higher version")
    if not sections.get(changelog.UNRELEASED):
        raise UserError("CHANGELOG.md has nothing under [Unreleased]: describe there what changes for users")
    since_release.check(version)
    return before


def _set_version(folder: Path, version: str) -> None:
    """Set the version in Chart.yaml and pyproject.toml, and date the unreleased changes in CHANGELOG.md."""
    for chart in sorted(folder.glob("charts/*/Chart.yaml")):
        _replace(chart, r"^version: .*$", f"version: {version}")
    _replace(folder / "pyproject.toml", r'^version = ".*"$', f'version = "{version}"')
    changelog.release(folder, version, datetime.now(UTC).date())


def _replace(path: Path, pattern: str, text: str) -> None:
    before = path.read_text(encoding="utf-8")
    after, found = re.subn(pattern, lambda _: text, before, flags=re.MULTILINE)
    if found != 1:
        raise UserError(f"{path.name} of {path.parent.name}: expected one line {pattern}, got {found}")
    path.write_text(after, encoding="utf-8")


@contextmanager
def _checkout(commit: str) -> Iterator[Path]:
    """Yield this project's folder in a temporary checkout of a commit, on no branch."""
    inside = git.run(repository.root(), "rev-parse", "--show-prefix")
    with tempfile.TemporaryDirectory(prefix="release-") as temporary:
        folder = Path(temporary) / "checkout"
        git.run(repository.root(), "worktree", "add", "--quiet", "--detach", str(folder), commit)
        try:
            yield folder / inside
        finally:
            git.run(repository.root(), "worktree", "remove", "--force", str(folder))


def _invoke(folder: Path, task: str) -> None:
    """Run a task of a checkout; raise UserError if it fails.

    Not by ``processes.run``: the task prints for itself.
    """
    child = subprocess.Popen([sys.executable, "-m", "invoke", task], cwd=folder)
    try:
        code = child.wait()
    except BaseException:
        # It has to clean up; subprocess.run would kill it.
        child.terminate()
        child.wait()
        raise
    if code:
        raise UserError(f"invoke {task} failed, see above: nothing was released or changed")
