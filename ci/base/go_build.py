"""Builds a pinned program from its source with Go."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ci.base.console import progress
from ci.base.errors import Unavailable, UserError

# Between two looks at whether a build has ended; a line of progress may come with each.
_LOOK_SECONDS = 5


@dataclass(frozen=True)
class GoModule:
    """Where a program's source is: ``sum`` is the module's h1 hash, ``variables`` are set by Go's linker."""

    module: str
    sum: str
    package: str
    variables: Mapping[str, str] = field(default_factory=dict)


def from_source(source: GoModule, version: str, folder: Path) -> Path:
    """Build the module's program into ``folder`` with the Go on PATH and return its path.

    The module must have the pinned sum; with it, its own go.sum vouches for every dependency
    (https://go.dev/ref/mod#authenticating). Raises Unavailable where Go is missing or fails, and UserError
    on another sum.
    """
    go = shutil.which("go")
    if go is None:
        raise Unavailable("not installed")
    name = f"{source.module}@v{version}"
    described = _go([go, "mod", "download", "-json", name], folder, f"downloading {name}")
    module = json.loads(described)
    if module["Sum"] != source.sum:
        raise UserError(
            f"{name} was refused, its module sum is wrong: expected {source.sum}, got {module['Sum']}"
        )
    program = folder / "program"
    settings = [f"-X {variable}={text}" for variable, text in source.variables.items()]
    flags = ["-trimpath", "-buildvcs=false", "-ldflags", " ".join(["-s -w", *settings])]
    build = [go, "build", *flags, "-o", str(program), source.package]
    _go(build, Path(module["Dir"]), f"building {name} with Go: a few minutes")
    return program


def _go(command: Sequence[str], folder: Path, doing: str) -> str:
    """Run a go command in ``folder`` and return its standard output."""
    environment = os.environ | {
        "CGO_ENABLED": "0",
        # What the user set for other work must not reach into this build.
        "GO111MODULE": "on",
        "GOFLAGS": "-mod=readonly",
        "GOWORK": "off",
    }
    with (
        progress(doing) as report,
        subprocess.Popen(
            command,
            cwd=folder,
            env={name: text for name, text in environment.items() if name not in {"GOOS", "GOARCH"}},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process,
    ):
        try:
            output, complaints = _wait(process, report)
        except BaseException:
            process.kill()
            raise
    if process.returncode:
        last_words = (complaints.strip() or _error_in_json(output)).splitlines()[-5:]
        raise Unavailable("\n    ".join([f"{' '.join(command[:3])} failed:", *last_words]))
    return output


def _error_in_json(output: str) -> str:
    """Return the error that ``go mod download -json`` reports on its standard output alone."""
    try:
        return str(json.loads(output)["Error"])
    except (ValueError, KeyError):
        return output


def _wait(process: subprocess.Popen[str], report: Callable[[], None]) -> tuple[str, str]:
    while True:
        try:
            return process.communicate(timeout=_LOOK_SECONDS)
        except subprocess.TimeoutExpired:
            report()
