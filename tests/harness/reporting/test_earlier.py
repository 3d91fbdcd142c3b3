"""The tree of another commit is there while it is needed, and gone afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest

from ci.base import programs
from ci.base.errors import UserError
from ci.reporting import earlier
from tests.harness.reporting.conftest import Services


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(programs.CACHE_VARIABLE, str(tmp_path / "cache"))
    return tmp_path / "cache"


def left(cache: Path) -> list[Path]:
    return [path for path in (cache / "reports").iterdir() if path.is_dir()]


def test_it_has_the_charts_and_values_of_that_commit(services: Services, cache: Path) -> None:
    commit = earlier.commit_of("main")
    services.service("api", "later")
    services.write("README.md", "")
    services.git.commit()
    with earlier.checked_out(commit) as folder:
        assert sorted(path.name for path in folder.iterdir()) == ["charts", "values"]
        assert "text: plain" in (folder / "values/api.yaml").read_text()
    assert left(cache) == []


def test_it_is_gone_after_an_error(services: Services, cache: Path) -> None:
    with pytest.raises(KeyboardInterrupt), earlier.checked_out(earlier.commit_of("main")):
        raise KeyboardInterrupt
    assert left(cache) == []
    assert services.git.git("worktree", "list").count("\n") == 0


def test_a_commit_without_charts_and_values_is_an_empty_folder(services: Services) -> None:
    services.git.git("rm", "-r", "--quiet", "charts", "values")
    services.git.commit()
    with earlier.checked_out(earlier.commit_of("HEAD")) as folder:
        assert list(folder.iterdir()) == []


def test_a_repository_in_a_folder_of_another_is_read_from_there(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    services.write("inner/values/x.yaml", "{}")
    services.git.commit()
    monkeypatch.setattr("ci.base.repository._ROOT", services.root / "inner")
    with earlier.checked_out(earlier.commit_of("main")) as folder:
        assert (folder / "values/x.yaml").exists()


@pytest.mark.parametrize("ref", ["main", "HEAD", "v1.0.0", "main@{0}"])
def test_a_branch_a_tag_and_what_else_git_knows_are_commits(services: Services, ref: str) -> None:
    services.git.git("tag", "--annotate", "--message", "One", "v1.0.0")
    assert earlier.commit_of(ref) == services.git.git("rev-parse", "HEAD")


@pytest.mark.parametrize(
    ("ref", "remedy"),
    [
        ("mian", "; did you mean main?"),
        ("release", "; did you mean origin/release?"),
        ("quite-different", ": fetch it first, with git fetch origin quite-different"),
        ("--help", ": fetch it first, with git fetch origin --help"),
    ],
)
def test_an_unknown_one_is_refused_with_a_near_miss_or_a_remedy(
    services: Services, ref: str, remedy: str
) -> None:
    services.git.git("update-ref", "refs/remotes/origin/release", "HEAD")
    with pytest.raises(UserError) as refused:
        earlier.commit_of(ref)
    assert str(refused.value) == f"--from {ref}: there is no such branch, tag or commit here{remedy}"


@pytest.mark.usefixtures("repository")
def test_a_folder_without_git_has_nothing_to_compare_with() -> None:
    with pytest.raises(UserError, match="is in no git repository with a commit to compare with"):
        earlier.commit_of("main")
