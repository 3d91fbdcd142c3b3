"""Runs pytest, and ends it together with all that it has started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

# Of this repository: it records what tests render, and runs tests with changed charts.
_PLUGIN = "tests.support.mutation"


@contextmanager
def running(options: Sequence[str], folder: Path, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Yield pytest as it runs in a folder and writes to ``log``; it ends with the context at the latest."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", _PLUGIN, *options]
    with (
        log.open("w", encoding="utf-8") as output,
        subprocess.Popen(
            command, cwd=folder, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        ) as process,
    ):
        try:
            yield process
        finally:
            # Its workers and Helm may outlive it; where nothing is left there is no group.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def is_going(process: subprocess.Popen[bytes]) -> bool:
    """Return whether a process still runs after a second."""
    try:
        process.wait(1)
    except subprocess.TimeoutExpired:
        return True
    return False
