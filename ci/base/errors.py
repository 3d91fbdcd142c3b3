"""The error that a user can fix, and the one for which a caller may have an alternative."""

from __future__ import annotations

from invoke.exceptions import Exit


class UserError(Exit):
    """A problem that a user can fix; the message names it and the remedy.

    invoke prints an ``Exit`` on standard error and exits with its code, so no task needs a handler.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message, code=1)

    def __str__(self) -> str:
        return str(self.message)


class Unavailable(Exception):
    """A program cannot be obtained in one way, for the reason given; another way may work."""
