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

_REPORT_SECONDS = 5


@dataclass(frozen=True)
class GoModule:
    """The source of a program: ``sum`` is the module's h1 hash; the linker sets ``variables``."""

    module: str
    sum: str
    package: str
    variables: Mapping[str, str] = field(default_factory=dict)


def from_source(source: GoModule, version: str, folder: Path) -> Path:
    """Build the module's program into ``folder`` with the Go on PATH and return its path.

    The pinned sum covers the module's own go.sum, which authenticates every dependency
    (https://go.dev/ref/mod#authenticating). Raises Unavailable if Go is missing or fails, UserError if the
    sum differs.
    """
    go = shutil.which("go")
    if go is None:
        raise Unavailable("not installed")
    name = f"{source.module}@v{version}"
    described = _go([go, "mod", "download", "-json", name], folder, f"downloading {name}")
    module = json.loads(described)
    if module["Sum"] != source.sum:
        raise UserError(f"{name} has a wrong module sum: expected {source.sum}, got {module['Sum']}")
    program = folder / "program"
    settings = [f"-X {variable}={value}" for variable, value in source.variables.items()]
    flags = ["-trimpath", "-buildvcs=false", "-ldflags", " ".join(["-s -w", *settings])]
    build = [go, "build", *flags, "-o", str(program), source.package]
    _go(build, Path(module["Dir"]), f"building {name} with Go: a few minutes")
    return program


def _go(command: Sequence[str], folder: Path, doing: str) -> str:
    """Run a go command in ``folder`` and return its standard output.

    Not by ``processes.run``: it takes minutes, so progress is reported meanwhile.
    """
    environment = os.environ | {
        "CGO_ENABLED": "0",
        # The user's settings for other work do not apply to this build.
        "GO111MODULE": "on",
        "GOFLAGS": "-mod=readonly",
        "GOWORK": "off",
    }
    with (
        progress(doing) as report,
        subprocess.Popen(
            command,
            cwd=folder,
            env={name: value for name, value in environment.items() if name not in {"GOOS", "GOARCH"}},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
        ) as process,
    ):
        try:
            output, errors = _wait(process, report)
        except BaseException:
            process.kill()
            raise
    if process.returncode:
        last = (errors.strip() or _error_in_json(output)).splitlines()[-5:]
        raise Unavailable("\n    ".join([f"{' '.join(command[:3])} failed:", *last]))
    return output


def _error_in_json(output: str) -> str:
    """Return the error that ``go mod download -json`` reports, on standard output only."""
    try:
        return str(json.loads(output)["Error"])
    except (ValueError, KeyError):
        return output


def _wait(process: subprocess.Popen[str], report: Callable[[], None]) -> tuple[str, str]:
    while True:
        try:
            return process.communicate(timeout=_REPORT_SECONDS)
        except subprocess.TimeoutExpired:
            report()
