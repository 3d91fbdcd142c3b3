"""A release is a commit and a tag that passed the tests, or nothing at all."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from ci.base import repository
from ci.base.errors import UserError
from ci.publishing import cut_release
from tests.support.git_repository import GitRepository, set_for_user

CHANGELOG = """# Changelog

## [Unreleased]

### Added

- Something new.

## [0.0.1] - 2026-01-01

### Added

- All.
"""
CONFTEST = "def pytest_addoption(parser): parser.addoption('--no-cluster')\n"
COPIED = ("ci", "charts", "docs", "tasks.py", "pyproject.toml", "README.md", ".gitignore")


class Clone(GitRepository):
    """A git repository of which a version can be released."""

    def commit_file(self, path: str, text: str) -> None:
        self.write(path, text)
        self.commit()

    def state(self) -> tuple[str, ...]:
        """Return all that a release would change, and what it would leave behind."""
        questions = ("log --format=%H%d", "status --porcelain", "tag", "branch", "worktree list")
        return tuple(self.git(*question.split()) for question in questions)


@pytest.fixture(scope="module")
def committed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a clone with our charts and harness, and one test of its own."""
    made = Clone(tmp_path_factory.mktemp("committed"))
    for name in COPIED:
        source = repository.root() / name
        if source.is_dir():
            shutil.copytree(source, made.root / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, made.root / name)
    made.write("CHANGELOG.md", CHANGELOG)
    made.write("tests/conftest.py", CONFTEST)
    made.commit_file("tests/test_it.py", "def test_it(): assert True\n")
    return made.root


@contextmanager
def worked_on(clone: Clone) -> Iterator[Clone]:
    """Let the harness take a clone for its repository."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PYTEST_ADDOPTS", "-n0")
        # A release tests in a cluster too, where there can be one.
        patched.setenv("DOCKER_HOST", f"unix://{clone.root}/none")
        patched.setattr("ci.base.repository._ROOT", clone.root)
        yield clone


@pytest.fixture
def clone(committed: Path, tmp_path: Path) -> Iterator[Clone]:
    """Return a clone in which the tasks of a release can run."""
    with worked_on(Clone(shutil.copytree(committed, tmp_path / "clone"))) as clone:
        yield clone


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Clone]:
    """Return a clone that has a version, but no task that a release runs."""
    made = Clone(tmp_path / "clone")
    made.write("pyproject.toml", 'version = "0.0.1"\n')
    made.write("README.md", "")
    made.commit_file("CHANGELOG.md", CHANGELOG)
    with worked_on(made) as clone:
        yield clone


class Released(NamedTuple):
    """A clone after a release, how it was before, and what was printed."""

    clone: Clone
    before: tuple[str, ...]
    printed: str


@pytest.fixture(scope="module")
def released(committed: Path, tmp_path_factory: pytest.TempPathFactory) -> Released:
    root = shutil.copytree(committed, tmp_path_factory.mktemp("released") / "clone")
    with worked_on(Clone(root)) as clone, redirect_stdout(StringIO()) as printed:
        before = clone.state()
        cut_release.run("7.1.0-rc.1")
    return Released(clone, before, printed.getvalue())


def test_a_release_is_committed_and_tagged_with_its_version_everywhere(released: Released) -> None:
    clone = released.clone
    assert clone.git("rev-parse", "v7.1.0-rc.1^{commit}") == clone.git("rev-parse", "HEAD")
    assert released.before[0].startswith(clone.git("rev-parse", "HEAD^"))
    assert clone.git("status", "--porcelain") == ""
    for chart in ("microservice", "namespace"):
        assert yaml.safe_load(clone.read(f"charts/{chart}/Chart.yaml"))["version"] == "7.1.0-rc.1"
    assert '\nversion = "7.1.0-rc.1"\n' in clone.read("pyproject.toml")
    assert "dist/microservice-7.1.0-rc.1.tgz" in clone.read("README.md")
    assert "charts/microservice --version 7.1.0-rc.1 " in clone.read("docs/releasing.md")
    today = datetime.now(UTC).date()
    assert clone.read("CHANGELOG.md") == CHANGELOG.replace(
        "## [Unreleased]\n", f"## [Unreleased]\n\n## [7.1.0-rc.1] - {today}\n"
    )
    annotations = yaml.safe_load(clone.read("charts/microservice/Chart.yaml"))["annotations"]
    assert "Something new" in annotations["artifacthub.io/changes"]
    assert "git push --atomic origin main v7.1.0-rc.1" in released.printed


def test_a_release_is_undone_by_what_it_says(released: Released, tmp_path: Path) -> None:
    clone = Clone(shutil.copytree(released.clone.root, tmp_path / "clone"))
    # git takes a file with another time for a changed one.
    clone.git("update-index", "--refresh")
    (undo,) = re.findall(r"undo it: +(.*)", released.printed)
    for command in undo.split(" && "):
        clone.git(*shlex.split(command)[1:])
    before = [told.replace(str(released.clone.root), str(clone.root)) for told in released.before]
    assert list(clone.state()) == before


def test_a_release_that_fails_its_tests_is_none(clone: Clone, capfd: pytest.CaptureFixture[str]) -> None:
    # Passes until the version is set.
    clone.commit_file(
        "tests/test_it.py",
        "from pathlib import Path\n"
        "def test_it(): assert '7.1.0' not in Path('charts/microservice/Chart.yaml').read_text()\n",
    )
    before = clone.state()
    with pytest.raises(UserError, match="invoke test failed, see above: nothing was released"):
        cut_release.run("7.1.0")
    assert "test_it" in capfd.readouterr().out
    assert clone.state() == before


def test_a_branch_that_has_moved_meanwhile_is_left_alone(
    small: Clone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cut_release, "_invoke", lambda _, task: small.commit_file(f"{task}.txt", "commit"))
    with pytest.raises(UserError, match="git merge "):
        cut_release.run("7.1.0")
    assert small.git("tag") == ""
    assert small.read("test.txt") == "commit"


def test_a_project_inside_a_larger_repository_is_released_there(small: Clone) -> None:
    small.write("platform/pyproject.toml", 'version = "0.0.1"\n')
    small.commit_file("platform/CHANGELOG.md", CHANGELOG)
    folders = []
    # Undone before that of ``small``, as ``monkeypatch`` may not be.
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("ci.base.repository._ROOT", small.root / "platform")
        patched.setattr(cut_release, "_invoke", lambda folder, _: folders.append(folder))
        cut_release.run("7.1.0")
    assert small.read("platform/pyproject.toml") == 'version = "7.1.0"\n'
    assert small.read("pyproject.toml") == 'version = "0.0.1"\n'
    assert {folder.name for folder in folders} == {"platform"}


def test_an_interrupted_release_leaves_nothing(clone: Clone, tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    clone.commit_file(
        "tests/test_it.py",
        "import os, pathlib, time\n"
        f"def test_it():\n  pathlib.Path({str(begun)!r}).write_text(str(os.getpid()))\n  time.sleep(60)\n",
    )
    before = clone.state()
    release = subprocess.Popen(
        [sys.executable, "-m", "invoke", "release", "7.1.0"],
        cwd=clone.root,
        env=os.environ | {"TMPDIR": str(tmp_path)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 60
    while not (begun.exists() and begun.read_text(encoding="utf-8")) and time.monotonic() < deadline:
        time.sleep(0.05)
    release.send_signal(signal.SIGTERM)
    assert release.wait(timeout=30) != 0
    with pytest.raises(ProcessLookupError):
        os.kill(int(begun.read_text(encoding="utf-8")), 0)
    assert list(tmp_path.glob("release-*")) == []
    assert clone.state() == before


@pytest.mark.parametrize("version", ["1.2", "v1.2.3", "1.2.3.4", "next", ""])
def test_a_version_that_is_not_semantic_is_refused(small: Clone, version: str) -> None:
    with pytest.raises(UserError, match="is not a semantic version"):
        cut_release.run(version)


@pytest.mark.parametrize("version", ["7.0.9", "7.1.0", "7.1.0-rc.1"])
def test_a_version_that_does_not_come_after_the_last_is_refused(small: Clone, version: str) -> None:
    small.commit_file("CHANGELOG.md", CHANGELOG + "\n## [7.1.0] - 2026-01-01\n\n- Old.\n")
    with pytest.raises(UserError, match=rf"{version} does not come after 7\.1\.0, the last release"):
        cut_release.run(version)


def test_a_version_that_does_not_come_after_the_last_tag_is_refused(small: Clone) -> None:
    small.git("tag", "v7.1.0")
    with pytest.raises(UserError, match=r"7\.0\.0 does not come after 7\.1\.0, the last release"):
        cut_release.run("7.0.0")


def test_a_version_that_another_branch_has_is_refused(small: Clone) -> None:
    small.git("switch", "--quiet", "--create", "other")
    small.commit_file("new", "commit")
    small.git("tag", "v7.1.0")
    small.git("switch", "--quiet", "main")
    with pytest.raises(UserError, match=r"the tag v7\.1\.0 exists"):
        cut_release.run("7.1.0")


@pytest.mark.parametrize("path", ["README.md", "new.txt"], ids=["changed", "untracked"])
@pytest.mark.parametrize(
    "settings", ["", "[status]\nshowUntrackedFiles = no\n"], ids=["", "untracked hidden"]
)
def test_what_is_not_committed_is_named(
    small: Clone, path: str, settings: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_for_user(monkeypatch, tmp_path / "gitconfig", settings)
    small.write(path, "changed")
    with pytest.raises(UserError, match=rf"uncommitted changes; commit or stash them:\n.*{path}"):
        cut_release.run("7.1.0")


def test_a_release_that_says_nothing_is_refused(small: Clone) -> None:
    small.commit_file("CHANGELOG.md", "# Changelog\n\n## [Unreleased]\n\n## [0.0.1]\n\n- Old.\n")
    with pytest.raises(UserError, match=r"CHANGELOG\.md has nothing under \[Unreleased\]"):
        cut_release.run("7.1.0")


def test_a_release_on_no_branch_is_refused(small: Clone) -> None:
    small.git("switch", "--quiet", "--detach")
    with pytest.raises(UserError, match="no branch is checked out"):
        cut_release.run("7.1.0")
