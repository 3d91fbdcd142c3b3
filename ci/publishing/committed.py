"""Compares charts/ with the commit, byte by byte: git status sees neither filters nor hidden changes."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from typing import NamedTuple

from ci.base import git, repository

_FOLDER = "charts"
_SYMBOLIC_LINK = "120000"
# A filter changes every file.
_SHOWN = 10


class _Committed(NamedTuple):
    """A file of a commit: its mode, and the hash of its content."""

    mode: str
    blob: str


def doubt(packaged: Mapping[str, bytes]) -> str:
    """Return how charts/ differs from the commit that is checked out, with the remedy; "" if it does not.

    Every file of ``packaged`` (path from the repository's root: content) must be in the commit, and every
    file of the commit below charts/ must be on disk, each with the same bytes.
    """
    committed = _committed()
    faults = {path: _fault(path, packaged.get(path), committed.get(path)) for path in {*committed, *packaged}}
    differing = [f"  {path}: {fault}" for path, fault in sorted(faults.items()) if fault]
    if not differing:
        return ""
    more = [f"  and {len(differing) - _SHOWN} more"] if differing[_SHOWN:] else []
    return "\n".join(
        [
            "charts/ has uncommitted changes: commit or remove them (where git status shows none, a filter "
            "or git update-index hides them: package in a new clone without these)",
            *differing[:_SHOWN],
            *more,
        ]
    )


def _committed() -> dict[str, _Committed]:
    """Return the files of the commit below charts/, by path from the repository's root."""
    files = {}
    for entry in git.run(repository.root(), "ls-tree", "-r", "-z", "HEAD", "--", _FOLDER).split("\0")[:-1]:
        about, _, path = entry.partition("\t")
        mode, kind, name = about.split()
        if kind == "blob":
            files[path] = _Committed(mode, name)
    return files


def _fault(path: str, packaged: bytes | None, committed: _Committed | None) -> str:
    if committed is None:
        return "not in the commit"
    if packaged is None:
        file = repository.root() / path
        if not file.is_symlink() and not file.is_file():
            return "missing"
        content = os.fsencode(file.readlink()) if file.is_symlink() else file.read_bytes()
    elif committed.mode == _SYMBOLIC_LINK:
        return "a symbolic link: commit the file itself"
    else:
        content = packaged
    return "" if _blob(content, len(committed.blob)) == committed.blob else "other content"


def _blob(content: bytes, digits: int) -> str:
    """Return git's name for a file's content: https://git-scm.com/docs/hash-function-transition."""
    new = hashlib.sha1 if digits == 40 else hashlib.sha256
    return new(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
