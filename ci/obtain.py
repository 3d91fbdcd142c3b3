"""How a program that the machine lacks is got: its official release, or its source built with Go."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import tarfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TimeElapsedColumn

from ci.console import err, step
from ci.errors import UserError

CONNECT_SECONDS = 10
SILENCE_SECONDS = 30
REPORT_SECONDS = 30


class Unavailable(Exception):
    """A way to obtain a program is closed on this machine, for the reason it carries; another may be open."""


@dataclass(frozen=True)
class GoModule:
    """Where a program's source is: ``sum`` is the module's h1 hash, ``variables`` are set by Go's linker."""

    module: str
    sum: str
    package: str
    variables: Mapping[str, str] = field(default_factory=dict)


def from_release(url: str, sha256: str, member: str, folder: Path) -> Path:
    """Download a release into ``folder`` and return the path of the program in it.

    ``member`` is the program's place in the archive; "" where the release is the program itself.
    Raises Unavailable where the release can't be reached, UserError where it is not the pinned one.
    """
    archive = folder / "archive"
    step(f"downloading {url}")
    actual = _download(url, archive)
    if actual != sha256:
        raise UserError(
            f"{url} was refused, its checksum is wrong: expected sha256 {sha256}, got {actual}. "
            "Nothing of it is kept. Something between here and the publisher changes it: try another network."
        )
    if not member:
        return archive
    program = folder / "program"
    with tarfile.open(archive) as files, program.open("wb") as out:
        content = files.extractfile(member)
        if content is None:
            raise UserError(f"{url} has no file in the place of {member}")
        shutil.copyfileobj(content, out)
    return program


def is_reachable(url: str) -> bool:
    """Tell whether something answers at ``url``, without fetching it."""
    import httpx

    try:
        return httpx.head(url, follow_redirects=True, timeout=CONNECT_SECONDS).is_success
    except (httpx.HTTPError, httpx.InvalidURL, ImportError, OSError, ValueError):
        return False


def _download(url: str, target: Path) -> str:
    """Write what is at ``url`` to ``target`` and return its sha256."""
    # Needed once in a machine's life, and a tenth of a second to import.
    import httpx

    timeout = httpx.Timeout(SILENCE_SECONDS, connect=CONNECT_SECONDS)
    # The bytes as published: an archive that a server marks as gzip-encoded must not be unpacked on the way.
    as_they_are = {"Accept-Encoding": "identity"}
    try:
        client = httpx.Client(follow_redirects=True, timeout=timeout, headers=as_they_are)
    except (ImportError, OSError, ValueError) as error:
        raise Unavailable(
            f"a proxy or certificate setting in the environment is of no use: {error}"
        ) from error
    digest = hashlib.sha256()
    try:
        with (
            client,
            client.stream("GET", url) as response,
            _progress() as (progress, task),
            target.open("wb") as file,
        ):
            response.raise_for_status()
            progress.update(task, total=int(response.headers.get("Content-Length", 0)) or None)
            for chunk in response.iter_raw():
                file.write(chunk)
                digest.update(chunk)
                progress.advance(task, len(chunk))
    except httpx.HTTPStatusError as error:
        raise Unavailable(f"{url}: HTTP {error.response.status_code}") from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Unavailable(f"{url}: {error or type(error).__name__}") from error
    return digest.hexdigest()


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
    step(f"building {name} with Go: a few minutes")
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
    _go(build, Path(module["Dir"]), f"building {name}")
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
        _progress() as (_, _),
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
            output, complaints = _wait(process, doing)
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


def _wait(process: subprocess.Popen[str], doing: str) -> tuple[str, str]:
    started = time.monotonic()
    while True:
        try:
            return process.communicate(timeout=REPORT_SECONDS)
        except subprocess.TimeoutExpired:
            if not err.is_terminal:
                step(f"still {doing}: {time.monotonic() - started:.0f} s")


@contextmanager
def _progress() -> Iterator[tuple[Progress, TaskID]]:
    """Show on a terminal that work goes on: a bar that knows no end until it is given a total."""
    columns = (BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as progress:
        yield progress, progress.add_task("", total=None)
