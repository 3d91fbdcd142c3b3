"""Streams of requests to a service while a test changes it."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
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


def lose_none(
    commands: Mapping[str, Sequence[str]],
    upgrade: Callable[[], object],
    rollback: Callable[[], object],
    observed: Callable[[str], None],
) -> None:
    """Assert that streams, of version 1, 2 and 1 again, lose none of at least 5,000 requests."""
    with streams(commands) as results:
        began = time.monotonic()
        upgrade()
        upgraded = time.monotonic()
        rollback()
        rolled_back = time.monotonic()
    assert {name: result.failures for name, result in results.items()} == {name: {} for name in results}
    assert all(result.versions.keys() == {"1", "2"} for result in results.values())
    assert sum(result.sent for result in results.values()) >= 5000
    for name, result in results.items():
        observed(f"{name}: {result}")
    observed(f"upgrade {upgraded - began:.0f} s, rollback {rolled_back - upgraded:.0f} s")
