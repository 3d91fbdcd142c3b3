"""Tables that people read on a terminal and scripts read elsewhere, and points in time as people say them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from ci.base.console import out

_GAP = "  "
_UNITS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


class Row(NamedTuple):
    """The cells of a line, and its style on a terminal (rich's, "" for none)."""

    cells: tuple[str, ...]
    style: str = ""


def show(title: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
    """Print rows below a title: a table on a terminal, elsewhere aligned lines, one for each row."""
    if out.is_terminal:
        _show_table(title, columns, rows)
        return
    out.out(title)
    lines = [tuple(columns), *(row.cells for row in rows)]
    widths = [max(map(len, cells)) for cells in zip(*lines, strict=True)]
    for line in lines:
        padded = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        out.out(_GAP.join(padded).rstrip())


def age(since: datetime, now: datetime | None = None) -> str:
    """Return how long ago something was, in the largest unit that fits: ``3 d``, ``9 s``."""
    seconds = max(0, int(((now or datetime.now(UTC)) - since).total_seconds()))
    size, unit = next((one for one in _UNITS if seconds >= one[0]), _UNITS[-1])
    return f"{seconds // size} {unit}"


def moment(written: str) -> datetime:
    """Return a time that Kubernetes or Helm wrote, in RFC 3339; without a zone it is UTC."""
    read = datetime.fromisoformat(written)
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def _show_table(title: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
    # Most tasks show no table.
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(title), title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(Text(column), overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row.cells), style=row.style)
    out.print(table, soft_wrap=False)
