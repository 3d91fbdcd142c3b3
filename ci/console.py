"""Where the harness speaks: results on standard output, progress and complaints on standard error."""

from __future__ import annotations

from rich.console import Console

# soft_wrap keeps a path or a message on one line where the output is not a terminal.
out = Console(highlight=False, soft_wrap=True)
err = Console(highlight=False, soft_wrap=True, stderr=True)


def step(text: str) -> None:
    """Say on standard error what is being done now."""
    err.print(f"[dim]·[/dim] {text}")
