"""What git and CHANGELOG.md tell of a version: when it was made, and whether it may be released."""

from __future__ import annotations

import os
import re
import shutil
import subprocess

from semver import Version

from ci.base import repository
from ci.base.errors import UserError

DATE_VARIABLE = "SOURCE_DATE_EPOCH"


def date() -> int | None:
    """Return when what is packaged was made, in seconds since 1970; None where nothing tells it.

    It is SOURCE_DATE_EPOCH (https://reproducible-builds.org/specs/source-date-epoch/), else the time of the
    last commit. Raise UserError where that variable is no such time, and where git refuses to answer.
    """
    if wanted := os.environ.get(DATE_VARIABLE):
        # A tar header of eleven octal digits has no room for a later time.
        if not re.fullmatch(r"\d{1,10}", wanted, re.ASCII) or int(wanted) >= 8**11:
            raise UserError(f"{DATE_VARIABLE}={wanted}: whole seconds since 1970 belong there")
        return int(wanted)
    return int(_git("log", "-1", "--format=%ct")) if _head() else None


def check(version: str, file: str) -> None:
    """Raise UserError for a version that can't come next, naming the Chart.yaml ``file`` that has it.

    It has to follow https://semver.org, to be told of in CHANGELOG.md (while it is not released yet,
    [Unreleased] does), and not to be below a release that it comes after.
    """
    if not Version.is_valid(version):
        raise UserError(f"{file}: version {version!r} is no semantic version; one is 1.2.3, or 1.2.3-rc.1")
    released = releases()
    last = max(map(Version.parse, released), default=None)
    if last and last > Version.parse(version):
        raise UserError(f"{file}: version {version} is below the last release, {last}: raise it")
    told = [version] if version in released else [version, "Unreleased"]
    if not any(section(heading) for heading in told):
        raise UserError(
            f"CHANGELOG.md says nothing of {version}, the version in {file}: "
            f"write a section `## [{version}]` with what changes for those who use it"
        )


def told() -> list[str]:
    """Return the versions that CHANGELOG.md tells of, the newest first."""
    return re.findall(r"^## \[(\d[^\]]*)\]", _changelog(), re.MULTILINE)


def section(heading: str) -> str:
    """Return what CHANGELOG.md says below ``## [heading]``; "" where it says nothing."""
    form = rf"^## \[{re.escape(heading)}\].*\n((?:(?!## ).*(?:\n|\Z))*)"
    found = re.search(form, _changelog(), re.MULTILINE)
    return found[1].strip() if found else ""


def _changelog() -> str:
    file = repository.root() / "CHANGELOG.md"
    return file.read_text(encoding="utf-8") if file.exists() else ""


def releases() -> dict[str, str]:
    """Return the versions that were released up to this commit, and the tag (v1.2.3) of each."""
    tags = _git("tag", "--merged", "HEAD").split() if _head() else []
    return {tag.removeprefix("v"): tag for tag in tags if Version.is_valid(tag.removeprefix("v"))}


def doubts(version: str) -> list[str]:
    """Return why nobody could make the same again of what is packaged now, each with its remedy."""
    found = []
    if date() is None:
        found.append(f"no commit tells its time: package it in a clone, with git, or set {DATE_VARIABLE}")
    # What is ignored here may be packed nevertheless.
    elif _head() and _git("status", "--porcelain", "--ignored", "--", "charts"):
        found.append("charts/ has changes that are not committed: commit or remove them")
    tag = releases().get(version)
    if tag and _git("rev-parse", f"{tag}^{{commit}}") != _head():
        found.append(f"{version} was released from another commit: raise the version, or check out {tag}")
    return found


def _head() -> str:
    """Return the hash of the last commit; "" where there is no repository, no commit yet, or no git."""
    there = (repository.root() / ".git").exists() and shutil.which("git")
    return _git("rev-parse", "--verify", "--quiet", "HEAD") if there else ""


def _git(*arguments: str) -> str:
    asked = subprocess.run(
        ["git", "--no-optional-locks", *arguments],
        cwd=repository.root(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if asked.stderr and asked.returncode:
        raise UserError(f"git {arguments[0]} failed: {asked.stderr.strip()}")
    return asked.stdout.strip()
