"""A run in CI fails with each test that it would skip, unless the reason is listed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ci.base.repository import root
from tests.support import skips

TESTS = """
import pytest

@pytest.fixture
def server():
    pytest.skip("no server is installed")

def test_with_a_server(server): ...

@pytest.mark.skipif(True, reason="it is Friday")
def test_by_a_mark(): ...

def test_half_way():
    pytest.skip("half is enough")

@pytest.mark.skipif(True, reason={allowed!r})
def test_allowed(): ...
"""


@pytest.mark.parametrize(
    ("ci", "option", "demanded"),
    [("true", "-q", True), ("", "--all-of-it", True), ("", "-q", False)],
    ids=["in CI", "with --all-of-it", "elsewhere"],
)
def test_a_skipped_test_is_named_and_in_ci_only_listed_reasons_count(
    ci: str, option: str, demanded: bool, tmp_path: Path
) -> None:
    allowed = next(iter(skips.allowed()))
    (tmp_path / "test_skipped.py").write_text(TESTS.format(allowed=allowed))
    ended = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-p", "tests.conftest", "-c", "pyproject.toml"),
            *("--numprocesses=0", "-p", "no:cacheprovider", option, str(tmp_path)),
        ],
        cwd=root(),
        env={**os.environ, "CI": ci, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    reasons = {"with_a_server": "no server is installed", "by_a_mark": "it is Friday"}
    reasons["half_way"] = "half is enough"
    assert ended.returncode == int(demanded), ended.stdout
    assert re.search(rf"SKIPPED \[1\] \S+: {re.escape(allowed)}", ended.stdout)
    for name, reason in reasons.items():
        expected = rf"(ERROR|FAILED) \S+::test_{name} - .*skipped, and this run must not: {reason}"
        assert bool(re.search(expected, ended.stdout)) is demanded, ended.stdout
        assert bool(re.search(rf"SKIPPED \[1\] \S+: {reason}", ended.stdout)) is not demanded, ended.stdout


def test_every_listed_reason_is_one_that_a_test_can_have() -> None:
    """What is not skipped any more leaves the list."""
    sources = [root() / "ci/suite.py", *sorted((root() / "tests").rglob("*.py"))]
    text = "".join(source.read_text(encoding="utf-8") for source in sources)
    assert [reason for reason in skips.allowed() if f'"{reason}"' not in text] == []
    assert all(skips.allowed().values())
