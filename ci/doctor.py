"""Reports which of the programs that the harness needs are installed, and how to get the others."""

from __future__ import annotations

import platform
import shutil
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from rich.markup import escape

from ci import bootstrap
from ci.base import download, processes, programs
from ci.base.console import out
from ci.base.errors import UserError


class Row(NamedTuple):
    """One line of the report; ``needed`` is required to build, and to test without a cluster."""

    what: str
    is_there: bool
    detail: str
    needed: bool = False


def report() -> None:
    """Print on standard output what is installed and what is missing, with its remedy; obtain nothing.

    Raises UserError if something is missing that building, or testing without a cluster, needs.
    """
    rows = list(_rows())
    for row in rows:
        absent = "[red]missing  [/red]" if row.needed else "-        "
        out.print(
            f"{row.what:16}{'[green]ok       [/green]' if row.is_there else absent}{escape(row.detail)}"
        )
    if missing := [row.what for row in rows if row.needed and not row.is_there]:
        raise UserError(f"needed to build and test, and missing: {', '.join(missing)}")


def stale_requirements(root: Path) -> list[str]:
    """Return the requirements of ``root``/pyproject.toml that its ci/requirements.txt does not satisfy."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    locked = {}
    for line in (root / "ci/requirements.txt").read_text(encoding="utf-8").splitlines():
        name, pinned, version = line.partition("==")
        if pinned and not line.startswith((" ", "#")):
            locked[canonicalize_name(name)] = version.split()[0]
    stale = []
    for text in project["dependencies"]:
        requirement = Requirement(text)
        held = locked.get(canonicalize_name(requirement.name))
        if held is None or not requirement.specifier.contains(held, prereleases=True):
            stale.append(text)
    return stale


def _rows() -> Iterator[Row]:
    yield Row("Python", True, f"{platform.python_version()}, {sys.executable}")
    yield _environment()
    yield _lock()
    for major, tool in programs.HELM.items():
        yield _tool(tool, f"{tool.name} {major}")
    yield _tool(programs.KUBE_SCORE, programs.KUBE_SCORE.name)
    yield _cache()
    yield _program(
        "Go", ["go", "version"], "only needed to build programs whose release cannot be downloaded"
    )
    yield _program(
        "git",
        ["git", "--version"],
        "only needed to contribute, and for the tags of invoke image: install git",
    )
    yield _program("GnuPG", ["gpg", "--version"], "only needed to sign what is published: install gnupg")
    yield _tool(programs.COSIGN, programs.COSIGN.name, use="signing in a registry, and its tests")
    yield _tool(programs.ACTIONLINT, programs.ACTIONLINT.name, use="tests of GitHub's workflows")
    yield _program(
        "docker-registry",
        ["docker-registry", "--version"],
        "only needed for tests with a registry, which download it with apt-get if they can",
    )
    yield _program(
        "Caddy",
        ["caddy", "version"],
        "only needed for tests with a web server, which download it with apt-get if they can",
    )
    yield _program(
        "Docker",
        ["docker", "version", "--format", "{{.Server.Version}}"],
        "only needed for invoke image (or Podman), invoke up and tests in a cluster: install or start Docker",
    )
    yield _program(
        "Podman",
        ["podman", "version", "--format", "{{.Client.Version}}"],
        "only needed for invoke image where there is no Docker: install podman",
    )
    yield _tool(programs.KIND, programs.KIND.name, use="invoke up and tests in a cluster")
    yield _tool(
        programs.KUBECTL, programs.KUBECTL.name, use="invoke deploy and its like, and tests in a cluster"
    )


def _environment() -> Row:
    current = bootstrap.is_current(bootstrap.ROOT)
    detail = (
        "as locked in ci/requirements.txt"
        if current
        else "not as locked in ci/requirements.txt: python3 -m ci"
    )
    return Row(".venv", current, detail)


def _lock() -> Row:
    stale = stale_requirements(bootstrap.ROOT)
    detail = f"does not satisfy {', '.join(stale)} of pyproject.toml: update it as its first lines explain"
    return Row("lock", not stale, detail if stale else "satisfies pyproject.toml")


def _tool(tool: programs.Tool, what: str, *, use: str = "") -> Row:
    """Return the line of a program that is only needed for ``use``, "" for one that every build needs."""
    needed = not use
    found = programs.look(tool)
    if found and not found.version:
        return Row(what, False, f"{found.path} is damaged: remove it", needed)
    if found:
        return Row(what, True, f"{found.version}, {found.place}: {found.path}", needed)
    if tool.go and shutil.which("go"):
        return Row(what, True, f"{tool.version} will be obtained at first use: release or Go", needed)
    url = programs.release_url(tool)
    obstacle = download.obstacle(url) if url else f"there is no release for {platform.machine()}"
    if not obstacle:
        return Row(what, True, f"{tool.version} will be obtained at first use: release", needed)
    remedy = f"install {tool.name} {tool.minimum} or newer{', or Go' if tool.go else ''}"
    only = f"only needed for {use}: " if use else ""
    return Row(what, False, f"{only}{remedy} ({obstacle})", needed)


def _cache() -> Row:
    fault = programs.cache_fault()
    return Row("cache", not fault, fault or str(programs.cache_folder()), needed=True)


def _program(what: str, command: list[str], remedy: str) -> Row:
    try:
        output = processes.run(command, what, seconds=10)
    except processes.CommandError:
        return Row(what, False, remedy)
    return Row(what, True, output.strip().partition("\n")[0])
