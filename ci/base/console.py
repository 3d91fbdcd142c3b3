"""The harness's output: results on standard output, progress and errors on standard error."""

from __future__ import annotations

import io
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape

# UTF-8 in every locale, as Helm and kubectl write.
for _stream in (sys.stdout, sys.stderr):
    if isinstance(_stream, io.TextIOWrapper):
        _stream.reconfigure(encoding="utf-8", errors="backslashreplace")

# soft_wrap keeps a path or a message on one line if the output is not a terminal.
out = Console(highlight=False, soft_wrap=True)
err = Console(highlight=False, soft_wrap=True, stderr=True)

REPORT_SECONDS = 30


def step(text: str) -> None:
    """Print on standard error what is being done now."""
    err.print(f"[dim]·[/dim] {escape(text)}")


@contextmanager
def progress(doing: str) -> Iterator[Callable[..., None]]:
    """Show the progress of long work: a bar on a terminal, else a line now and every ``REPORT_SECONDS``.

    ``doing`` completes "still ..." ("rendering"). Yields ``report(done, total, note)``, to be called often:
    how much is done, of how much (without it the bar shows no end), and a note such as "3 values".
    """
    # This import takes a twentieth of a second, and most tasks show no progress.
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
    from rich.table import Column

    if not err.is_terminal:
        step(doing)
    began = reported = time.monotonic()
    columns = (
        # A long address is cut, so that the bar has room beside it.
        TextColumn("{task.description}", markup=False, table_column=Column(ratio=1, no_wrap=True)),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=err, transient=True, expand=True, disable=not err.is_terminal) as bar:
        task = bar.add_task(doing, total=None)

        def report(done: float = 0, total: float | None = None, note: str = "") -> None:
            nonlocal reported
            bar.update(task, completed=done, total=total, description=f"{doing} {note}".rstrip())
            now = time.monotonic()
            if not err.is_terminal and now - reported >= REPORT_SECONDS:
                reported = now
                step(f"still {doing}: {now - began:.0f} s{note and f', {note}'}")

        yield report
