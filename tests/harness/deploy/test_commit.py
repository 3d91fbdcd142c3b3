"""A commit gives an image its tag and its labels, the same ones for each build, and never a moving tag."""

from __future__ import annotations

from pathlib import Path

import pytest

from ci.base.processes import CommandError
from ci.deploy import commit
from tests.support.git_repository import GitRepository, set_for_user


@pytest.fixture
def repository(tmp_path: Path) -> GitRepository:
    """A repository with one commit."""
    made = GitRepository(tmp_path / "repository")
    made.write("app/Dockerfile", "FROM scratch\n")
    made.commit()
    return made


def image_tag(repository: GitRepository) -> str:
    return commit.of(repository.root).image_tag


def test_the_tag_of_a_commit_without_one_is_its_short_hash(repository: GitRepository) -> None:
    assert image_tag(repository) == repository.git("rev-parse", "HEAD")[:12]


@pytest.mark.parametrize("annotated", [True, False], ids=["annotated", "lightweight"])
def test_a_tag_of_git_is_the_images_at_its_own_commit_alone(
    repository: GitRepository, annotated: bool
) -> None:
    repository.git("tag", *(["--message=Version"] if annotated else []), "v1.2.3")
    assert image_tag(repository) == "v1.2.3"
    repository.commit()
    assert image_tag(repository) == repository.git("rev-parse", "HEAD")[:12]


def test_of_several_tags_the_newest_counts(
    repository: GitRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, date in {"v2": "2026-01-02T00:00:00Z", "v3": "2026-01-03T00:00:00Z"}.items():
        monkeypatch.setenv("GIT_COMMITTER_DATE", date)
        repository.git("tag", "--message=Version", name)
    assert image_tag(repository) == "v3"


@pytest.mark.parametrize("name", ["latest", "release/1.2", "v1.2.3+build", "a" * 129])
def test_a_tag_of_git_that_no_image_can_have_gives_way_to_the_hash(
    repository: GitRepository, name: str
) -> None:
    repository.git("tag", name)
    assert image_tag(repository) == repository.git("rev-parse", "HEAD")[:12]


@pytest.mark.parametrize("path", ["app/Dockerfile", "app/new file", "elsewhere"])
def test_what_is_not_committed_marks_the_tag_and_the_revision(repository: GitRepository, path: str) -> None:
    repository.git("tag", "v1.2.3")
    repository.write(path, "changed")
    found = commit.of(repository.root / "app")
    assert found.image_tag == "v1.2.3-dirty"
    assert found.labels["org.opencontainers.image.revision"] == f"{found.revision}-dirty"
    assert [name.strip('"').removesuffix("/") for name in found.changed] == [path]


def test_what_git_ignores_marks_nothing(repository: GitRepository) -> None:
    repository.write(".gitignore", "*.pyc\n")
    repository.commit()
    repository.write("app/service.pyc", "")
    assert not image_tag(repository).endswith("-dirty")


def test_a_users_settings_of_git_change_nothing(
    repository: GitRepository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    repository.git("tag", "v1.2.3")
    before = commit.of(repository.root)
    settings = (
        "[core]\nabbrev = 4\n[color]\nui = always\n[column]\nui = always\n"
        "[status]\nshort = true\nbranch = true\nshowUntrackedFiles = no\n"
        "[log]\nshowSignature = true\ndate = relative\n[tag]\nsort = refname\n"
    )
    set_for_user(monkeypatch, tmp_path / "settings", settings)
    assert commit.of(repository.root) == before
    repository.write("new", "")
    assert commit.of(repository.root).changed == ["new"]


def test_labels_are_the_same_for_each_build_of_a_commit(repository: GitRepository) -> None:
    repository.git("remote", "add", "origin", "https://example.com/me/app.git")
    labels = commit.of(repository.root).labels
    assert labels == {
        "org.opencontainers.image.revision": repository.git("rev-parse", "HEAD"),
        "org.opencontainers.image.created": repository.git("rev-list", "-1", "--format=%cI", "HEAD").split()[
            -1
        ],
        "org.opencontainers.image.source": "https://example.com/me/app",
    }


@pytest.mark.parametrize(
    ("address", "source"),
    [
        ("https://me:token@example.com:8443/me/app.git", "https://example.com:8443/me/app"),
        ("https://token@example.com/me/app?key=token#token", "https://example.com/me/app"),
        ("git@example.com:me/app.git", ""),
        ("/srv/app.git", ""),
    ],
)
def test_no_login_of_a_remote_gets_into_a_label(repository: GitRepository, address: str, source: str) -> None:
    repository.git("remote", "add", "origin", address)
    labels = commit.of(repository.root).labels
    assert labels.get("org.opencontainers.image.source", "") == source
    assert "token" not in str(labels)


def test_where_nothing_is_committed_there_is_no_commit(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="not a git repository"):
        commit.of(tmp_path)
    with pytest.raises(CommandError, match="git rev-parse in "):
        commit.of(GitRepository(tmp_path / "new").root)
