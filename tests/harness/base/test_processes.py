"""How other programs are run, and how their failures are reported."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from ci.base.processes import CommandError, environment_without, run, run_shown
from ci.base.repository import root


def test_a_failure_is_reported_with_its_purpose_and_the_last_output() -> None:
    with pytest.raises(CommandError, match=r"^looking: sh failed with exit code 3\ntoo dark$"):
        run(["sh", "-c", "echo too dark >&2; exit 3"], "looking")


def test_a_failure_is_reported_without_the_programs_own_log() -> None:
    log = 'E1126 18:35:26.602541   26321 memcache.go:265] "Unhandled Error" err="connection refused"'
    with pytest.raises(CommandError, match=r"exit code 1\nThe connection was refused$") as raised:
        run(["sh", "-c", f"echo '{log}' >&2; echo The connection was refused >&2; exit 1"], "looking")
    assert raised.value.output == f"{log}\nThe connection was refused"


def test_a_missing_program_is_named() -> None:
    with pytest.raises(CommandError, match=r"^looking: lamp cannot be run: No such file or directory$"):
        run(["/no/lamp"], "looking")


def test_a_damaged_program_is_named_with_the_remedy(tmp_path: Path) -> None:
    program = tmp_path / "kubectl"
    program.touch(mode=0o755)
    with pytest.raises(
        CommandError, match=r"asking: kubectl cannot be run: Exec format error: .*: remove it; what"
    ):
        run([program], "asking")


def test_a_program_that_takes_too_long_is_ended() -> None:
    with pytest.raises(CommandError, match=r"^waiting: sleep did not finish within 0\.1 s$"):
        run(["sleep", "60"], "waiting", seconds=0.1)


def test_a_program_runs_in_the_folder_and_environment_that_it_is_given(tmp_path: Path) -> None:
    command = ["/bin/sh", "-c", "pwd; echo $COLOUR"]
    assert run(command, "looking", folder=tmp_path, env={"COLOUR": "blue"}) == f"{tmp_path}\nblue\n"


def test_a_program_speaks_english_whatever_the_user_speaks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "de_DE.ISO-8859-1")
    monkeypatch.setenv("LANGUAGE", "de")
    command = ["sh", "-c", "echo $LC_ALL,$LANGUAGE"]
    assert run(command, "asking") == "C.UTF-8,\n"
    assert run(command, "asking", env={"LANGUAGE": "fr"}) == "C.UTF-8,\n"
    assert run_shown(command, "asking") == "C.UTF-8,\n"
    assert run(command, "asking", env=environment_without("KUBE")) == "C.UTF-8,\n"


HELLO = r"""
from ci.base.console import err, out
from ci.base.processes import CommandError, run
out.out(run(["printf", r"\303\266\377"], "looking"))
try:
    run(["sh", "-c", r"printf '\303\237' >&2; exit 1"], "looking")
except CommandError as error:
    err.out(error)
"""


def test_output_is_utf8_in_a_locale_that_is_not() -> None:
    # Python makes the locale C a UTF-8 one, unless it is told not to; others it takes as they are.
    ascii_only = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    ended = subprocess.run(
        [sys.executable, "-c", HELLO],
        cwd=root(),
        env={**os.environ, **ascii_only},
        capture_output=True,
        check=False,
    )
    assert ended.stderr.decode() == "looking: sh failed with exit code 1\nß\n"
    assert ended.stdout.decode() == "ö\ufffd\n"


def test_no_program_is_read_in_the_encoding_of_the_locale() -> None:
    files = [file for file in (root() / "ci").rglob("*.py") if "text=True" in file.read_text("utf-8")]
    assert files == []


def test_only_an_interactive_program_shares_the_terminal() -> None:
    command = [sys.executable, "-c", "import os; print(os.isatty(0))"]
    ours, theirs = pty.openpty()
    before = os.dup(0)
    try:
        os.dup2(theirs, 0)
        assert run(command, "asking", interactive=True) == "True\n"
        assert run(command, "asking") == "False\n"
        assert run(["cat"], "reading", stdin="given") == "given"
    finally:
        os.dup2(before, 0)
        for descriptor in (ours, theirs, before):
            os.close(descriptor)


def test_what_a_shown_program_prints_is_on_standard_error_and_kept(
    capsys: pytest.CaptureFixture[str],
) -> None:
    script = "echo one; echo two >&2; printf '\\377[/red]'"
    assert run_shown(["sh", "-c", script], "looking") == "one\ntwo\n\N{REPLACEMENT CHARACTER}[/red]"
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == "one\ntwo\n\N{REPLACEMENT CHARACTER}[/red]"


def test_a_shown_programs_failure_is_reported_as_any_other() -> None:
    with pytest.raises(CommandError, match=r"^looking: sh failed with exit code 3\ntoo dark$"):
        run_shown(["sh", "-c", "echo too dark; exit 3"], "looking")
    with pytest.raises(CommandError, match=r"^looking: lamp cannot be run: No such file or directory$"):
        run_shown(["/no/lamp"], "looking")
