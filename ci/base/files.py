"""Writing files so that a reader never meets half of one, nor a writer another."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import filelock

from ci.base.console import step


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file, and its folder where that is missing, in one step: all of it, or nothing.

    What stands there afterwards does so after a power cut too. Only one at a time may write a path.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f"{path.name}.tmp")
    try:
        with aside.open("wb") as file:
            file.write(content.encode("utf-8") if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


@contextmanager
def one_at_a_time(file: Path, waiting: str) -> Iterator[None]:
    """Let one process in that names a lock file, which stays; tell those who wait for what."""
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
