"""The error for what the person at the keyboard can fix, and the one that a caller may have an answer to."""

from __future__ import annotations

from invoke.exceptions import Exit


class UserError(Exit):
    """A mistake or a lack that a person can mend; the message names the thing and the remedy.

    invoke prints an ``Exit`` to standard error and ends with its code, so no task needs a handler of its own.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message, code=1)

    def __str__(self) -> str:
        return str(self.message)


class Unavailable(Exception):
    """A way to obtain a program is closed on this machine, for the reason it carries; another may be open."""
