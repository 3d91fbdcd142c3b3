"""File systems of other machines."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


def mounted_noexec(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every file system say that it runs no program."""
    statvfs = os.statvfs

    def noexec(folder: Path) -> os.statvfs_result:
        fields = list(statvfs(folder))
        fields[8] |= os.ST_NOEXEC
        return os.statvfs_result(fields)

    monkeypatch.setattr(os, "statvfs", noexec)
