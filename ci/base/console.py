"""Where the harness prints: results on standard output, progress and errors on standard error."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console

# soft_wrap keeps a path or a message on one line where the output is not a terminal.
out = Console(highlight=False, soft_wrap=True)
err = Console(highlight=False, soft_wrap=True, stderr=True)

REPORT_SECONDS = 30


def step(text: str) -> None:
    """Say on standard error what is being done now."""
    err.print(f"[dim]·[/dim] {text}")


@contextmanager
def progress(doing: str) -> Iterator[Callable[..., None]]:
    """Show long work: a bar on a terminal; elsewhere a line now, and one every ``REPORT_SECONDS``.

    ``doing`` completes "still ...". The function that is yielded takes how much is done, and optionally of
    how much and a note on it (``report(3, 10, "3 values")``); without the total the bar has no end.
    """
    # A twentieth of a second to import, and most tasks show no progress.
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    if not err.is_terminal:
        step(doing)
    began = reported = time.monotonic()
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task(doing, total=None)

        def report(done: float = 0, total: float | None = None, note: str = "") -> None:
            nonlocal reported
            bar.update(task, completed=done, total=total, description=f"{doing} {note}".rstrip())
            now = time.monotonic()
            if not err.is_terminal and now - reported >= REPORT_SECONDS:
                reported = now
                step(f"still {doing}: {now - began:.0f} s{note and f', {note}'}")

        yield report
