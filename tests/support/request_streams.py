"""Streams of requests to a service while a test changes it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from ci.clusters import kubectl


class Streamed(NamedTuple):
    """The result of a stream: the number of requests, of failures by reason, and of answers by version."""

    sent: int
    failures: dict[str, int]
    versions: dict[str, int]
    slowest: float

    def __str__(self) -> str:
        failed = sum(self.failures.values())
        return f"{self.sent} requests sent, {failed} failed, the slowest took {self.slowest:.2f} s"


@contextmanager
def streams(commands: Mapping[str, Sequence[str]]) -> Iterator[dict[str, Streamed]]:
    """Run stream.py by each command during the block; the yielded results are filled after it."""
    results: dict[str, Streamed] = {}
    running = {
        name: subprocess.Popen(
            command,
            env=kubectl.environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for name, command in commands.items()
    }
    try:
        yield results
        for name, process in running.items():
            output, errors = process.communicate(timeout=120)
            assert process.returncode == 0, f"the stream {name} failed: {errors}"
            results[name] = Streamed(**json.loads(output))
    finally:
        for process in running.values():
            process.kill()
            process.communicate()
