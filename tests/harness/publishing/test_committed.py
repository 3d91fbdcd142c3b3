"""A package has the bytes of the commit, or is refused with what differs, whatever git status says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ci.publishing import packages
from tests.support.git_repository import GitRepository, set_for_user
from tests.support.repository import Repository

VALUES = "charts/microservice/values.yaml"
NOTES = "charts/microservice/templates/NOTES.txt"


@pytest.fixture
def clone(unlinted: None, repository: Repository, monkeypatch: pytest.MonkeyPatch) -> GitRepository:
    """Return a git repository of one chart, all of it committed."""
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    clone = GitRepository(repository.root)
    clone.write("CHANGELOG.md", "## [Unreleased]\n\n- Something.\n")
    clone.write(VALUES, "colour: blue\n")
    clone.commit()
    return clone


def differing(clone: GitRepository) -> list[str]:
    """Package the chart, and return the files that are said to differ from the commit, with what is wrong."""
    doubts = packages.doubts(packages.make(clone.root.parent / "packages"))
    for doubt in doubts:
        assert doubt.startswith("charts/ has uncommitted changes: commit or remove them ")
    return [line.strip() for doubt in doubts for line in doubt.splitlines()[1:]]


def crlf_by_an_editor(clone: GitRepository, _: pytest.MonkeyPatch) -> None:
    clone.git("config", "core.autocrlf", "true")
    (clone.root / VALUES).write_bytes(b"colour: blue\r\n")
    # From then on git status takes it for the same.
    clone.git("add", "--all")


def smudge_filter(clone: GitRepository, _: pytest.MonkeyPatch) -> None:
    clone.git("config", "filter.red.smudge", "sed s/blue/red/")
    clone.git("config", "filter.red.clean", "sed s/red/blue/")
    clone.write(".git/info/attributes", "values.yaml filter=red\n")
    (clone.root / VALUES).unlink()
    clone.git("checkout", "--quiet", "HEAD", "--", VALUES)


def assumed_unchanged(clone: GitRepository, _: pytest.MonkeyPatch) -> None:
    clone.git("update-index", "--assume-unchanged", VALUES)
    clone.write(VALUES, "colour: red\n")


def skipped_in_the_work_tree(clone: GitRepository, _: pytest.MonkeyPatch) -> None:
    clone.git("update-index", "--skip-worktree", VALUES)
    clone.write(VALUES, "colour: red\n")


@pytest.mark.parametrize(
    "change", [crlf_by_an_editor, smudge_filter, assumed_unchanged, skipped_in_the_work_tree]
)
def test_other_bytes_that_git_status_does_not_see_are_refused(
    change: Callable[[GitRepository, pytest.MonkeyPatch], None],
    clone: GitRepository,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert differing(clone) == []
    change(clone, monkeypatch)
    assert clone.git("status", "--porcelain") == ""
    assert (clone.root / VALUES).read_bytes() != b"colour: blue\n"
    assert differing(clone) == [f"{VALUES}: other content"]


def hidden_by_a_setting(clone: GitRepository, monkeypatch: pytest.MonkeyPatch) -> None:
    set_for_user(monkeypatch, clone.root.parent / "gitconfig", "[status]\nshowUntrackedFiles = no\n")


def ignored(clone: GitRepository, _: pytest.MonkeyPatch) -> None:
    clone.write(".git/info/exclude", "NOTES.txt\n")


@pytest.mark.parametrize("hide", [hidden_by_a_setting, ignored])
def test_a_new_file_that_git_status_does_not_see_is_refused(
    hide: Callable[[GitRepository, pytest.MonkeyPatch], None],
    clone: GitRepository,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hide(clone, monkeypatch)
    clone.write(NOTES, "Installed.")
    assert clone.git("status", "--porcelain") == ""
    assert differing(clone) == [f"{NOTES}: not in the commit"]


def test_a_new_file_that_is_not_packaged_does_not_matter(clone: GitRepository) -> None:
    clone.write("charts/microservice/.helmignore", "*.tmp\n")
    clone.commit()
    clone.write("charts/microservice/templates/configmap.tmp", "")
    assert differing(clone) == []


def test_a_new_list_of_what_is_not_packaged_is_refused(clone: GitRepository) -> None:
    clone.write("charts/microservice/.helmignore", "values.yaml\n.helmignore\n")
    assert differing(clone) == ["charts/microservice/.helmignore: not in the commit"]


@pytest.mark.parametrize("sparse", [True, False], ids=["sparse checkout", "removed"])
def test_a_missing_file_is_refused(sparse: bool, clone: GitRepository) -> None:
    if sparse:
        clone.git("update-index", "--skip-worktree", VALUES)
    (clone.root / VALUES).unlink()
    assert differing(clone) == [f"{VALUES}: missing"]


def test_a_symbolic_link_is_not_packaged_but_may_lie_there(clone: GitRepository) -> None:
    link = clone.root / "charts/microservice/ci/values.yaml"
    link.parent.mkdir()
    link.symlink_to("../values.yaml")
    clone.write("charts/microservice/.helmignore", "ci/\n")
    clone.commit()
    assert differing(clone) == []
    (clone.root / "charts/microservice/more.yaml").symlink_to("values.yaml")
    clone.commit()
    assert differing(clone) == ["charts/microservice/more.yaml: a symbolic link: commit the file itself"]


def test_a_repository_with_longer_hashes_is_compared_as_any_other(
    unlinted: None, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    monkeypatch.setenv("GIT_DEFAULT_HASH", "sha256")
    clone = GitRepository(repository.root)
    clone.write("CHANGELOG.md", "## [Unreleased]\n\n- Something.\n")
    assert len(clone.commit()) == 64
    assert differing(clone) == []


def test_of_many_files_the_first_are_named(clone: GitRepository) -> None:
    for number in range(12):
        clone.write(f"charts/microservice/files/{number:02}", "")
    named = differing(clone)
    assert named[0] == "charts/microservice/files/00: not in the commit"
    assert named[10:] == ["and 2 more"]


def test_what_lies_in_the_commit_of_a_larger_repository_is_compared_too(
    clone: GitRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    larger = GitRepository(tmp_path / "larger")
    inside = larger.root / "platform"
    for path in (VALUES, "charts/microservice/Chart.yaml", "CHANGELOG.md"):
        larger.write(f"platform/{path}", clone.read(path))
    larger.commit()
    monkeypatch.setattr("ci.base.repository._ROOT", inside)
    assert differing(larger) == []
    larger.write(f"platform/{VALUES}", "colour: red")
    assert differing(larger) == [f"{VALUES}: other content"]
