"""Which versions may be packaged and published, by git and CHANGELOG.md, and the date of a package."""

from __future__ import annotations

import os
import re

from semver import Version

from ci.base import git, repository
from ci.base.errors import UserError
from ci.base.processes import CommandError
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
    if not _head():
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
    if not _head():
        return {}
    merged = ("for-each-ref", "--merged=HEAD", "--format=%(refname:strip=2)", "refs/tags")
    tags = git.run(repository.root(), *merged).split()
    return {tag.removeprefix("v"): tag for tag in tags if Version.is_valid(tag.removeprefix("v"))}


def doubts(version: str) -> list[str]:
    """Return why others could not reproduce a package made now, each reason with its remedy."""
    found = []
    if date() is None:
        found.append(f"its date is unknown: package it in a clone, with git, or set {DATE_VARIABLE}")
    # Files that git ignores may be packaged nevertheless.
    elif _head() and changed("--ignored", "--", "charts"):
        found.append("charts/ has uncommitted changes: commit or remove them")
    tag = releases().get(version)
    if tag and git.run(repository.root(), "rev-parse", f"{tag}^{{commit}}") != _head():
        found.append(f"{version} was released from another commit: raise the version, or check out {tag}")
    return found


def changed(*options: str) -> str:
    """Return what is not committed, untracked files included, as git status --porcelain prints it."""
    return git.run(repository.root(), "status", "--porcelain", "--untracked-files=normal", *options)


def _head() -> str:
    """Return the hash of the last commit; "" if there is no repository, no commit or no git."""
    if not git.is_repository(repository.root()):
        return ""
    try:
        return git.run(repository.root(), "rev-parse", "--verify", "--quiet", "HEAD")
    except CommandError as error:
        # Without a commit it fails silently.
        if error.output:
            raise
        return ""
