"""Writes files atomically, keeps processes out of each other's way, and removes what killed ones left."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import filelock

from ci.base.console import step


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file atomically and durably, and create its folder if that is missing.

    Readers see the old content or the new, also after a power cut. Only one process at a time may write it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(content.encode("utf-8") if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        # A write to a full disk does not say where.
        if error.errno and not error.filename:
            error.filename = str(path)
        raise
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def one_at_a_time(file: Path, waiting: str) -> Iterator[None]:
    """Hold a lock file, which is left in place; a process that has to wait prints ``waiting`` first."""
    lock = filelock.FileLock(file)
    try:
        lock.acquire(blocking=False)
    except filelock.Timeout:
        step(waiting)
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


@contextmanager
def private_folder(home: Path) -> Iterator[Path]:
    """Give the block a folder that only its user can read, in ``home``, which is created if missing.

    Those of processes that were killed are removed first.
    """
    home.mkdir(parents=True, exist_ok=True)
    with filelock.FileLock(home / "lock"):
        for other in home.iterdir():
            if other.is_dir() and not is_held(other / "in-use"):
                shutil.rmtree(other)
        folder = Path(tempfile.mkdtemp(dir=home))
        in_use = filelock.FileLock(folder / "in-use")
        in_use.acquire()
    try:
        yield folder
    finally:
        with filelock.FileLock(home / "lock"):
            in_use.release()
            shutil.rmtree(folder)


def is_held(file: Path) -> bool:
    """Tell whether a process holds a lock file; the system releases that of one that is killed."""
    try:
        with filelock.FileLock(file, blocking=False):
            return False
    except filelock.Timeout:
        return True
