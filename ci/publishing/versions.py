"""Which versions may be packaged and published, by git and CHANGELOG.md, and the date of a package."""

from __future__ import annotations

import os
import re

from semver import Version

from ci.base import git, repository
from ci.base.errors import UserError
from ci.publishing import changelog

DATE_VARIABLE = "SOURCE_DATE_EPOCH"


def date() -> int | None:
    """Return the date of a package, in seconds since 1970; None if it is unknown.

    That is SOURCE_DATE_EPOCH (https://reproducible-builds.org/specs/source-date-epoch/), else the time of the
    last commit. Raises UserError if that variable is invalid or git fails.
    """
    if wanted := os.environ.get(DATE_VARIABLE):
        # A tar header has eleven octal digits for it.
        if not re.fullmatch(r"\d{1,10}", wanted, re.ASCII) or int(wanted) >= 8**11:
            raise UserError(f"{DATE_VARIABLE}={wanted}: expected seconds since 1970")
        return int(wanted)
    if not git.head(repository.root()):
        return None
    seconds, _ = git.run(repository.root(), "rev-list", "--max-count=1", "--timestamp", "HEAD").split()
    return int(seconds)


def check(version: str, file: str) -> None:
    """Raise UserError, which names the Chart.yaml ``file``, for a version that may not be packaged.

    It must follow https://semver.org, must not be lower than the last release, and must have a section in
    CHANGELOG.md, or [Unreleased] if it is not released yet.
    """
    if not Version.is_valid(version):
        raise UserError(f"{file}: version {version!r} is not a semantic version such as 1.2.3 or 1.2.3-rc.1")
    released = releases()
    last = max(map(Version.parse, released), default=None)
    if last and last > Version.parse(version):
        raise UserError(f"{file}: version {version} is below the last release, {last}: raise it")
    sections = changelog.read(repository.root())
    headings = [version] if version in released else [version, changelog.UNRELEASED]
    if not any(sections.get(heading) for heading in headings):
        raise UserError(
            f"CHANGELOG.md has nothing about {version}, the version in {file}: "
            f"add a section `## [{version}]` with what changes for users"
        )


def releases() -> dict[str, str]:
    """Return the versions released up to this commit, each with its tag (v1.2.3)."""
    return _tags("--merged=HEAD") if git.head(repository.root()) else {}


def doubts(version: str) -> list[str]:
    """Return why others could not reproduce a package made now, each reason with its remedy."""
    if date() is None:
        return [f"its date is unknown: package it in a clone, with git, or set {DATE_VARIABLE}"]
    root = repository.root()
    head = git.head(root)
    if not head:
        return []
    tags = _tags()
    if tag := tags.get(version):
        if git.run(root, "rev-parse", f"{tag}^{{commit}}") == head:
            return []
        return [f"{version} was released from another commit: raise the version, or check out {tag}"]
    unknown = f"so whether {version} was released from another commit is unknown"
    if git.run(root, "rev-parse", "--is-shallow-repository") == "true":
        return [f"this clone is shallow, {unknown}: git fetch --unshallow --tags"]
    written = map(Version.parse, filter(Version.is_valid, changelog.read(root)))
    last = max((one for one in written if one <= Version.parse(version)), default=None)
    if last and str(last) not in tags:
        return [
            f"{changelog.FILE} lists {last}, but there is no tag v{last}, {unknown}: git fetch --tags, "
            "or tag the commit of that release"
        ]
    return []


def changed() -> str:
    """Return what is not committed, untracked files included, as git status --porcelain prints it."""
    return git.run(repository.root(), "status", "--porcelain", "--untracked-files=normal")


def _tags(*options: str) -> dict[str, str]:
    """Return the tags of versions (v1.2.3), by version."""
    tags = git.run(repository.root(), "for-each-ref", *options, "--format=%(refname:strip=2)", "refs/tags")
    return {tag.removeprefix("v"): tag for tag in tags.split() if Version.is_valid(tag.removeprefix("v"))}
