"""How a watched change ended."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from ci.deploy.reasons import Reason


class Result(StrEnum):
    """All is as wanted, it will not be, or Helm failed for a reason that only Helm knows."""

    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"


@dataclass(frozen=True)
class Outcome:
    """A result, its reasons (the first with its container's log), seconds, and how many old pods serve still.

    For ``STOPPED`` the reasons are what was unfinished at the end. ``image`` is what runs, as
    ``snapshot.running_image`` has it.
    """

    result: Result
    reasons: tuple[Reason, ...]
    seconds: float
    old_pods: int
    image: str = ""

    def explanation(self) -> list[str]:
        """Return the reasons as lines to print, the log, and how many old pods serve."""
        lines = [f"{reason.code}: {reason}" for reason in _distinct(self.reasons)]
        for reason in self.reasons:
            if reason.log:
                place = (
                    f"container {reason.container} of {reason.object}" if reason.container else reason.object
                )
                lines += [f"last lines of {place}:", *(f"  | {line}" for line in reason.log)]
        if self.old_pods:
            lines.append(f"{self.old_pods} old pod{'s'[: self.old_pods > 1]} still serving")
        return lines


def _distinct(reasons: Iterable[Reason]) -> list[Reason]:
    """Keep the first of those that say the same of several pods."""
    found: dict[tuple[str, ...], Reason] = {}
    for reason in reasons:
        found.setdefault((reason.code, reason.container, reason.message), reason)
    return list(found.values())
