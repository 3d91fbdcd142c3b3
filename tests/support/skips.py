"""Which tests may be skipped where none should be, as in CI: those with a reason in tests/skips.yaml."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml

FILE = Path(__file__).parents[1] / "skips.yaml"


def allowed() -> dict[str, str]:
    """Return why each reason is one, by the reason."""
    found: dict[str, str] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return found


def none_expected(config: pytest.Config) -> bool:
    """Return whether a skipped test is a failure: with --all-of-it, and in CI."""
    return bool(config.getoption("all_of_it")) or os.environ.get("CI") == "true"


def refuse(reason: str) -> None:
    """Fail the test that is skipped for a reason that is not allowed."""
    if reason not in allowed():
        pytest.fail(f"skipped, and this run must not: {reason}", pytrace=False)
