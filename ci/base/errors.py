"""The error that a user can fix, and the one for which a caller may have an alternative."""

from __future__ import annotations

import errno

from invoke.exceptions import Exit


class UserError(Exit):
    """A problem that a user can fix; the message names it and the remedy.

    invoke prints an ``Exit`` on standard error and exits with its code, so no task needs a handler.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message, code=1)

    def __str__(self) -> str:
        return str(self.message)


_ELSEWHERE = "or use another folder: a copy of this one, or for the cache MICROSERVICE_CHART_CACHE"
_FREE = f"free some space there, {_ELSEWHERE}, or for temporary files TMPDIR"
_ALLOW = f"give this user access, {_ELSEWHERE}"
_REMEDIES = {
    errno.ENOSPC: _FREE,
    errno.EDQUOT: _FREE,
    errno.EACCES: _ALLOW,
    errno.EPERM: _ALLOW,
    errno.EROFS: f"make it writable, {_ELSEWHERE}",
    errno.EMFILE: "allow more open files: ulimit -n 4096",
    errno.ENOEXEC: "it is damaged or for another machine: remove it; what the cache lacks is obtained again",
}


def of_system(error: OSError) -> UserError:
    """Return an error of the operating system as one of the user's, with a remedy where one is known."""
    file = f"{error.filename}: " if error.filename else ""
    return UserError(f"{file}{reason(error)}")


def reason(error: OSError) -> str:
    """Return what an error of the operating system says, with a remedy where one is known."""
    remedy = _REMEDIES.get(error.errno or 0)
    return f"{error.strerror or error}{f': {remedy}' if remedy else ''}"


class Unavailable(Exception):
    """A program cannot be obtained in one way, for the reason given; another way may work."""
