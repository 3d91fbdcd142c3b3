"""Copies of this repository, in which tests run its tasks."""

from __future__ import annotations

import shutil
from pathlib import Path

from ci.base import repository


def copied(folder: Path, *more: str) -> Path:
    """Copy what the tasks need of this repository, and return the folder."""
    names = (
        "charts",
        "ci",
        "values",
        "tasks.py",
        "pyproject.toml",
        "CHANGELOG.md",
        ".gitattributes",
        ".gitignore",
    )
    for name in (*names, *more):
        source = repository.root() / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, folder)
    return folder
