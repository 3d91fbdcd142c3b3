"""What other programs' failures are told as."""

from __future__ import annotations

import pytest

from ci.base.processes import CommandError, run


def test_a_program_that_fails_is_told_with_what_it_was_for_and_its_last_words() -> None:
    with pytest.raises(CommandError, match=r"^looking: sh failed with exit code 3\ntoo dark$"):
        run(["sh", "-c", "echo too dark >&2; exit 3"], "looking")


def test_a_program_that_is_not_there_is_named() -> None:
    with pytest.raises(CommandError, match=r"^looking: lamp cannot be run: No such file or directory$"):
        run(["/no/lamp"], "looking")


def test_a_program_that_takes_too_long_is_ended() -> None:
    with pytest.raises(CommandError, match=r"^waiting: sleep gave no answer in 0\.1 s$"):
        run(["sleep", "60"], "waiting", seconds=0.1)
