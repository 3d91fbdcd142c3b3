"""Where this repository is on disk, and how its paths are printed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Tests that use another repository patch this and nothing else.
_ROOT = Path(__file__).resolve().parents[2]


def root() -> Path:
    """Return the folder that holds charts/, values/, ci/ and tests/."""
    return _ROOT


def shown(path: Path) -> str:
    """Return a path for messages: relative to the repository's root if it is below it."""
    return str(path.relative_to(_ROOT)) if path.is_relative_to(_ROOT) else str(path)


@contextmanager
def elsewhere(folder: Path) -> Iterator[None]:
    """Have the block see another checkout of this repository; no thread may run beside it."""
    global _ROOT
    own, _ROOT = _ROOT, folder
    try:
        yield
    finally:
        _ROOT = own
