"""What every measure has: its budget, its line in the report, and runs that are compared fairly."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from rich.table import Table

from ci.base.console import out, progress
from ci.base.errors import UserError


class Measure(NamedTuple):
    """One line of the report; ``unit`` is "" for a ratio, and ``budget`` a maximum unless ``at_least``."""

    what: str
    figure: float
    unit: str
    budget: float
    at_least: bool = False

    @property
    def is_kept(self) -> bool:
        """Whether the figure is within its budget."""
        return self.figure >= self.budget if self.at_least else self.figure <= self.budget


def report(measures: Sequence[Measure]) -> None:
    """Print every measure, then raise UserError if any is over its budget."""
    table = Table("measure", "figure", "budget", "")
    for measure in measures:
        figure = f"{measure.figure:.2f}{measure.unit}"
        budget = f"{'>= ' if measure.at_least else ''}{measure.budget:g}{measure.unit}"
        table.add_row(measure.what, figure, budget, "ok" if measure.is_kept else "OVER")
    out.print(table)
    if over := [measure.what for measure in measures if not measure.is_kept]:
        raise UserError("over its budget: " + "; ".join(over))


def interleaved(runs: Mapping[str, Callable[[], object]], rounds: int, title: str) -> dict[str, list[float]]:
    """Run each in turn, in each round; return the seconds of each: {name: seconds by round}."""
    taken: dict[str, list[float]] = {name: [] for name in runs}
    with progress(title) as report:
        for done in range(rounds):
            for name, call in runs.items():
                taken[name].append(seconds(call))
            report(done, rounds)
    return taken


def ratio(taken: Sequence[float], other: Sequence[float]) -> float:
    """Return how many times longer one run takes than another: the median over the rounds.

    A machine's speed changes less between two runs of a round than between rounds.
    """
    return statistics.median(one / two for one, two in zip(taken, other, strict=True))


def seconds(call: Callable[[], object]) -> float:
    """Return how long a call takes."""
    began = time.perf_counter()
    call()
    return time.perf_counter() - began
