"""Shares renders between the processes of one run: the first that needs one makes it, the others read it."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import filelock

from ci.base.files import write_whole

_folder: Path | None = None


def share(folder: Path) -> None:
    """Share renders with the processes that name the same folder.

    Rendered Secrets stand in it, and it grows with every change of a chart: it should be the run's own.
    """
    global _folder
    _folder = folder


def shared(render: Callable[[], str], program: Path, inputs: Sequence[Path], options: Sequence[str]) -> str:
    """Return what ``render`` returns, here or in another process.

    What is asked for is told by the program, the ``inputs`` (files and folders) with their content, and the
    ``options``. An error is not kept: each process meets its own.
    """
    if _folder is None:
        return render()
    asked = [_identity(program), [[str(path), _content(path)] for path in inputs], options]
    file = _folder / hashlib.sha256(json.dumps(asked).encode()).hexdigest()
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with filelock.FileLock(f"{file}.lock"):
        if not file.exists():
            write_whole(file, render())
    return file.read_text(encoding="utf-8")


def _identity(program: Path) -> list[str | int]:
    status = program.stat()
    return [str(program), status.st_size, status.st_mtime_ns]


@functools.cache
def _content(path: Path) -> str:
    """Return a checksum of a file, or of all files of a folder; "" where there is none."""
    digest = hashlib.sha256()
    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
        if file.is_file():
            digest.update(f"{file}\0{file.stat().st_size}\0".encode() + file.read_bytes())
    return digest.hexdigest()
