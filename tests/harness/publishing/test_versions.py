"""Which versions may be packaged and published, in a repository with a history of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from ci.base import git
from ci.base.errors import UserError
from ci.publishing import versions
from tests.support.git_repository import GitRepository, set_for_user

CHART = "charts/shop/Chart.yaml"


class Clone(GitRepository):
    """A git repository with one chart and a changelog."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.write(CHART, "name: shop")
        self.changelog("Unreleased")

    def changelog(self, *headings: str) -> None:
        sections = "".join(f"## [{heading}]\n\n- About {heading}.\n\n" for heading in headings)
        self.write("CHANGELOG.md", f"# Changelog\n\n{sections}")

    def release(self, version: str) -> None:
        self.changelog("Unreleased", version)
        self.commit()
        self.git("tag", f"v{version}")


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clone:
    root = tmp_path / "clone"
    monkeypatch.setattr("ci.base.repository._ROOT", root)
    monkeypatch.delenv(versions.DATE_VARIABLE, raising=False)
    monkeypatch.setenv("GIT_COMMITTER_DATE", "1700000000 +0900")
    return Clone(root)


def test_the_date_is_that_of_the_last_commit(clone: Clone) -> None:
    clone.commit()
    assert versions.date() == 1700000000


def test_the_date_is_read_whatever_the_user_has_git_show(
    clone: Clone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gpg = tmp_path / "gpg"
    signature = "-----BEGIN PGP SIGNATURE-----\\n\\nnone\\n-----END PGP SIGNATURE-----\\n"
    gpg.write_text(
        f"#!/bin/sh\ncat >/dev/null\nprintf '\\n[GNUPG:] SIG_CREATED \\n' >&2\nprintf -- '{signature}'\n"
    )
    gpg.chmod(0o755)
    settings = f"[gpg]\nprogram = {gpg}\n[log]\nshowSignature = true\n[format]\npretty = fuller\n"
    set_for_user(monkeypatch, tmp_path / "gitconfig", settings)
    clone.git("commit", "--quiet", "--allow-empty", "--gpg-sign", "--message", "Signed")
    assert "SIG_CREATED" in clone.git("log", "-1")
    assert versions.date() == 1700000000


def test_the_date_can_be_given(clone: Clone, monkeypatch: pytest.MonkeyPatch) -> None:
    clone.commit()
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1600000000")
    assert versions.date() == 1600000000


@pytest.mark.parametrize("wrong", ["yesterday", "-1", "1.5", "8589934592", "٣"])
def test_a_date_that_is_none_is_refused(wrong: str, clone: Clone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", wrong)
    with pytest.raises(UserError, match=f"SOURCE_DATE_EPOCH={wrong}: expected seconds since 1970"):
        versions.date()


def test_without_a_repository_there_is_no_date_and_no_release(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ci.base.repository._ROOT", tmp_path)
    monkeypatch.delenv(versions.DATE_VARIABLE, raising=False)
    assert versions.date() is None
    assert versions.releases() == {}
    assert "its date is unknown" in " ".join(versions.doubts("1.0.0"))


def test_a_repository_without_a_commit_is_none_yet(clone: Clone) -> None:
    assert versions.date() is None
    assert "its date is unknown" in " ".join(versions.doubts("1.0.0"))


def test_an_error_of_git_is_reported(clone: Clone) -> None:
    (clone.root / ".git/HEAD").write_text("nonsense")
    with pytest.raises(UserError, match=r"git rev-parse .*\nfatal: not a git repository"):
        versions.date()


@pytest.mark.parametrize("wrong", ["1.2", "v1.2.3", "01.2.3", "1.2.3 ", ""])
def test_a_version_that_is_not_semantic_is_refused_by_file(wrong: str, clone: Clone) -> None:
    with pytest.raises(UserError, match=rf"^{CHART}: version '{wrong}' is not a semantic version"):
        versions.check(wrong, CHART)


def test_a_version_below_the_last_release_is_refused(clone: Clone) -> None:
    clone.release("1.9.0")
    clone.release("1.10.0-rc.1")
    clone.release("1.10.0")
    clone.git("tag", "nightly")
    versions.check("1.10.0", CHART)
    versions.check("1.10.1", CHART)
    for below in ("1.9.1", "1.10.0-rc.2"):
        with pytest.raises(UserError, match=rf"{CHART}: version {below} is below the last release, 1\.10\.0"):
            versions.check(below, CHART)


def test_a_release_of_another_branch_does_not_matter(clone: Clone) -> None:
    clone.release("1.0.0")
    clone.git("checkout", "--quiet", "-b", "next")
    clone.release("2.0.0")
    clone.git("checkout", "--quiet", "v1.0.0")
    versions.check("1.0.1", CHART)


def test_the_changelog_needs_a_section_of_the_version_or_an_unreleased_one(clone: Clone) -> None:
    versions.check("1.0.0", CHART)
    clone.changelog("1.0.0")
    versions.check("1.0.0", CHART)
    clone.changelog("0.9.0")
    with pytest.raises(UserError, match=r"CHANGELOG\.md has nothing about 1\.0\.0.*## \[1\.0\.0\]"):
        versions.check("1.0.0", CHART)
    clone.write("CHANGELOG.md", "## [Unreleased]\n\n## [0.9.0]\n\n- Something.\n")
    with pytest.raises(UserError, match=r"CHANGELOG\.md has nothing about 1\.0\.0"):
        versions.check("1.0.0", CHART)
    (clone.root / "CHANGELOG.md").unlink()
    with pytest.raises(UserError, match=r"CHANGELOG\.md has nothing about 1\.0\.0"):
        versions.check("1.0.0", CHART)


def test_a_released_version_needs_a_section_of_its_own(clone: Clone) -> None:
    clone.release("1.0.0")
    clone.changelog("Unreleased")
    with pytest.raises(UserError, match=r"CHANGELOG\.md has nothing about 1\.0\.0"):
        versions.check("1.0.0", CHART)


def test_what_is_committed_and_new_is_beyond_doubt(clone: Clone) -> None:
    clone.commit()
    assert versions.doubts("1.0.0") == []


def test_a_release_is_beyond_doubt_at_its_tag_alone(clone: Clone) -> None:
    clone.release("1.0.0")
    assert versions.doubts("1.0.0") == []
    clone.write(CHART, "name: shop # changed")
    clone.commit()
    (doubt,) = versions.doubts("1.0.0")
    assert doubt == "1.0.0 was released from another commit: raise the version, or check out v1.0.0"


def test_a_release_of_another_branch_is_one_from_another_commit(clone: Clone) -> None:
    clone.commit()
    clone.git("checkout", "--quiet", "-b", "next")
    clone.release("2.0.0")
    clone.git("checkout", "--quiet", "main")
    (doubt,) = versions.doubts("2.0.0")
    assert doubt == "2.0.0 was released from another commit: raise the version, or check out v2.0.0"


def cloned(clone: Clone, folder: Path, monkeypatch: pytest.MonkeyPatch, *options: str) -> GitRepository:
    """Clone a repository as from a server; the harness then uses the clone."""
    git.run(folder, "clone", "--quiet", *options, clone.root.as_uri(), "cloned")
    monkeypatch.setattr("ci.base.repository._ROOT", folder / "cloned")
    return GitRepository(folder / "cloned")


def test_a_shallow_clone_cannot_tell_what_was_released_and_names_the_remedy(
    clone: Clone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clone.release("1.0.0")
    clone.write(CHART, "name: shop # changed")
    clone.commit()
    shallow = cloned(clone, tmp_path, monkeypatch, "--depth=1")
    (doubt,) = versions.doubts("1.0.0")
    remedy = "git fetch --unshallow --tags"
    unknown = "so whether 1.0.0 was released from another commit is unknown"
    assert doubt == f"this clone is shallow, {unknown}: {remedy}"
    shallow.git(*remedy.split()[1:])
    (doubt,) = versions.doubts("1.0.0")
    assert doubt.startswith("1.0.0 was released from another commit")
    assert versions.doubts("1.0.1") == []


def test_a_shallow_clone_of_a_released_commit_with_its_tag_is_beyond_doubt(
    clone: Clone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clone.commit()
    clone.release("1.0.0")
    cloned(clone, tmp_path, monkeypatch, "--depth=1", "--branch=v1.0.0")
    assert versions.doubts("1.0.0") == []


@pytest.mark.parametrize("version", ["1.0.0", "1.0.1"])
def test_a_clone_without_tags_cannot_tell_what_was_released_and_names_the_remedy(
    version: str, clone: Clone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clone.release("1.0.0")
    tagless = cloned(clone, tmp_path, monkeypatch, "--no-tags")
    (doubt,) = versions.doubts(version)
    assert doubt == (
        "CHANGELOG.md lists 1.0.0, but there is no tag v1.0.0, "
        f"so whether {version} was released from another commit is unknown: "
        "git fetch --tags, or tag the commit of that release"
    )
    tagless.git("fetch", "--tags")
    assert versions.doubts(version) == []


def test_a_project_inside_a_larger_repository_has_the_date_and_the_versions_of_that(
    clone: Clone, monkeypatch: pytest.MonkeyPatch
) -> None:
    clone.write("platform/charts/shop/Chart.yaml", "name: shop")
    clone.release("1.0.0")
    monkeypatch.setattr("ci.base.repository._ROOT", clone.root / "platform")
    assert versions.date() == 1700000000
    assert versions.releases() == {"1.0.0": "v1.0.0"}
    assert versions.doubts("1.0.0") == []
    clone.commit()
    assert "released from another commit" in " ".join(versions.doubts("1.0.0"))
