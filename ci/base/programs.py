"""The pinned external programs: found on PATH or in the cache, else downloaded, else built with Go."""

from __future__ import annotations

import os
import platform
import re
import shutil
import sys
import threading
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import platformdirs

from ci.base import go_build, processes
from ci.base.console import step
from ci.base.errors import Unavailable, UserError
from ci.base.files import one_at_a_time

CACHE_VARIABLE = "MICROSERVICE_CHART_CACHE"


@dataclass(frozen=True, eq=False)
class Tool:
    """A pinned program; programs.toml explains each field."""

    name: str
    version: str
    minimum: str
    commands: tuple[str, ...]
    version_arguments: tuple[str, ...]
    url: str
    sha256: Mapping[str, str]
    member: str = ""
    go: go_build.GoModule | None = None

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


class Found(NamedTuple):
    """A program of a suitable version; ``place`` is "PATH" or "cache"."""

    path: Path
    version: str
    place: str


def _pinned() -> dict[str, Tool]:
    text = (Path(__file__).parent / "programs.toml").read_text(encoding="utf-8")
    return {
        key: Tool(**pins, go=go_build.GoModule(**go) if go else None)
        for key, pins in tomllib.loads(text).items()
        for go in [pins.pop("go", None)]
    }


_PINNED = _pinned()
PINNED: tuple[Tool, ...] = tuple(_PINNED.values())
HELM: dict[int, Tool] = {3: _PINNED["helm-3"], 4: _PINNED["helm-4"]}
KUBE_SCORE: Tool = _PINNED["kube-score"]
COSIGN: Tool = _PINNED["cosign"]
ACTIONLINT: Tool = _PINNED["actionlint"]
KIND: Tool = _PINNED["kind"]
KUBECTL: Tool = _PINNED["kubectl"]

_finding = threading.Lock()
_answers: dict[Tool, Path | UserError] = {}


def find(tool: Tool) -> Path:
    """Return the absolute path of a program of a suitable version, which is obtained if there is none.

    Threads and processes that ask at the same time share one download or build; a process looks only once.
    Raises UserError with what was tried and what to install.
    """
    with _finding:
        if tool not in _answers:
            try:
                _answers[tool] = _find(tool)
            except UserError as error:
                _answers[tool] = error
        answer = _answers[tool]
    if isinstance(answer, UserError):
        raise UserError(str(answer))
    return answer


def look(tool: Tool) -> Found | None:
    """Return a suitable program on PATH, else the one in the cache: its version is "" if it does not run."""
    found, _ = _on_path(tool)
    cached = _cached(tool)
    if found or not _is_program(cached):
        return found
    return Found(cached, _version(tool, str(cached)), "cache")


def cache_folder() -> Path:
    """Return the cache folder: MICROSERVICE_CHART_CACHE, by default the platform's for this project.

    Raises UserError if that is in the home of a user without one.
    """
    try:
        wanted = os.environ.get(CACHE_VARIABLE) or platformdirs.user_cache_dir("microservice-chart")
        return Path(wanted).expanduser().absolute()
    except RuntimeError:
        raise UserError(
            f"this user (id {os.getuid()}) has no home folder for the cache: set HOME, "
            f"or {CACHE_VARIABLE} to a writable folder"
        ) from None


def cache_fault() -> str:
    """Return what is wrong with the cache folder, and the remedy; "" if it can hold programs."""
    folder = cache_folder()
    above = next(path for path in (folder, *folder.parents) if os.access(path, os.F_OK))
    if not above.is_dir() or not os.access(above, os.W_OK | os.X_OK):
        return f"{folder} is not writable: fix that, or set {CACHE_VARIABLE}"
    # macOS does not say.
    if os.statvfs(above).f_flag & getattr(os, "ST_NOEXEC", 0):
        return f"{folder} is on a file system mounted noexec: set {CACHE_VARIABLE} to a folder elsewhere"
    return ""


def release_url(tool: Tool) -> str | None:
    """Return the URL of the release for this machine; None if no checksum is pinned for it."""
    if _platform() not in tool.sha256:
        return None
    system, machine = _platform().split("-")
    return tool.url.format(version=tool.version, platform=_platform(), system=system, machine=machine)


def _platform() -> str:
    machine = platform.machine().lower()
    return f"{sys.platform}-{ {'x86_64': 'amd64', 'aarch64': 'arm64'}.get(machine, machine) }"


def _cached(tool: Tool) -> Path:
    return cache_folder() / "tools" / f"{tool.name}-{tool.version}-{_platform()}" / tool.name


def _is_program(path: Path) -> bool:
    # Unlike is_file(), this is no error if a folder above is not accessible.
    return os.access(path, os.X_OK)


def _version(tool: Tool, program: str) -> str:
    nowhere = str(cache_folder() / "no-such-folder")
    # The user's plugins and clusters take no part.
    isolated = dict.fromkeys(("HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME", "KUBECONFIG"), nowhere)
    environment = processes.environment_without("HELM_") | isolated
    try:
        output = processes.run(
            [program, *tool.version_arguments],
            f"asking {program} for its version",
            env=environment,
            seconds=10,
        )
    except processes.CommandError:
        return ""
    # Some print the version alone, others after their name.
    version = re.search(r"(?<!\S)v?\d+\.\d+[\w.+-]*", output)
    return version[0] if version else ""


def _fits(tool: Tool, version: str) -> bool:
    # A helm built with go install prints "v3.22": only major and minor can be compared.
    numbers = re.search(r"(\d+)\.(\d+)", version)
    major, minor = map(int, tool.minimum.split("."))
    return numbers is not None and int(numbers[1]) == major and int(numbers[2]) >= minor


def _on_path(tool: Tool) -> tuple[Found | None, list[str]]:
    unfit: list[str] = []
    for folder in filter(None, os.environ.get("PATH", "").split(os.pathsep)):
        for command in tool.commands:
            if program := shutil.which(command, path=folder):
                version = _version(tool, program)
                if _fits(tool, version):
                    return Found(Path(program).absolute(), version, "PATH"), unfit
                unfit.append(f"{program} is {version}" if version else f"{program} prints no version")
    return None, unfit


def _find(tool: Tool) -> Path:
    found, unfit = _on_path(tool)
    if found:
        return found.path
    target = _cached(tool)
    # To ask a cached one for its version at each start would take a tenth of a second.
    if _is_program(target):
        return target
    if fault := cache_fault():
        raise UserError(f"{tool} is needed, and the cache cannot hold it: {fault}")
    try:
        target.parent.parent.mkdir(parents=True, exist_ok=True)
        lock = target.parent.with_name(f"{target.parent.name}.lock")
        with one_at_a_time(lock, f"waiting for another process that obtains {tool}"):
            if not _is_program(target):
                _obtain(tool, target, unfit)
    except OSError as error:
        raise UserError(
            f"cannot write to the cache folder {cache_folder()} ({error.strerror or error}): "
            f"fix that, or set {CACHE_VARIABLE} to a writable folder"
        ) from error
    return target


def _obtain(tool: Tool, target: Path, unfit: list[str]) -> None:
    commands = ", ".join(tool.commands)
    tried = [f"PATH: {'; '.join(unfit) or f'no {commands}'}"]
    # Not a random name: what a killed run leaves is removed by the next.
    folder = target.parent.with_name(f"{target.parent.name}.partial")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    ways: dict[str, Callable[[], Path]] = {"release": lambda: _from_release(tool, folder)}
    if module := tool.go:
        ways["Go"] = lambda: go_build.from_source(module, tool.version, folder)
    try:
        for way, attempt in ways.items():
            try:
                program = attempt()
            except Unavailable as reason:
                tried.append(f"{way}: {reason}")
                continue
            program.chmod(0o755)
            target.parent.mkdir(exist_ok=True)
            program.replace(target)
            step(f"{tool} is ready: {target}")
            return
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    site = tool.url.split("/")[2]
    access = "have this machine trust" if "is not trusted" in tried[1] else "give this machine access to"
    raise UserError(
        "\n  ".join([f"{tool} is needed and cannot be obtained:", *tried])
        + f"\nInstall {tool.name} {tool.minimum} or a newer {tool.minimum.split('.')[0]}.x, "
        f"{'or Go, ' if tool.go else ''}or {access} {site}."
    )


def _from_release(tool: Tool, folder: Path) -> Path:
    # With it comes httpx, whose import takes a tenth of a second, and a machine downloads once.
    from ci.base import download

    url = release_url(tool)
    if url is None:
        raise Unavailable(f"no checksum is pinned for {_platform()}")
    member = tool.member.format(platform=_platform())
    return download.from_release(url, tool.sha256[_platform()], member, folder)
