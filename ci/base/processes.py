"""Runs other programs without a shell and reports their failures."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from ci.base.console import err
from ci.base.errors import UserError, reason

LAST_LINES = 15
# Of kubectl's log: one for each attempt, before the error that sums them up.
_LOG_LINE = re.compile(r"[EWI]\d{4} \d\d:\d\d:\d\d\.")

# Runs its arguments after the first, a signal that ends them when its input does; exits as they do.
_UNTIL_INPUT_ENDS = """
signal=$1; shift
exec 3<&0
"$@" </dev/null 3<&- & program=$!
{ cat; kill -s "$signal" "$program"; } <&3 >/dev/null 2>&1 3<&- & watcher=$!
exec 3<&- 2>/dev/null
wait "$program"; code=$?
kill "$watcher"
exit "$code"
"""


class CommandError(UserError):
    """A program failed, could not be started, or took too long.

    ``output`` is what it printed on standard error, or on standard output if that is all there is.
    """

    def __init__(self, doing: str, command: Sequence[str], why: str, output: str) -> None:
        self.output = output
        last = [line for line in output.strip().splitlines() if not _LOG_LINE.match(line)][-LAST_LINES:]
        super().__init__("\n".join([f"{doing}: {Path(command[0]).name} {why}", *last]))


def run(
    command: Sequence[str | Path],
    doing: str,
    *,
    folder: Path | None = None,
    env: Mapping[str, str] | None = None,
    stdin: str | None = None,
    interactive: bool = False,
    seconds: float | None = None,
) -> str:
    """Return the standard output of a program that exits with 0; raise CommandError for any other end.

    ``doing`` begins the error's message ("listing the clusters"). ``folder`` is the working directory and
    ``env`` the whole environment, by default this process's, but for the language, which is English;
    ``seconds`` limits the time. The program reads ``stdin`` or nothing; an ``interactive`` one shares the
    terminal, on which it can ask for a passphrase. Its output is read as UTF-8 in every locale.
    """
    arguments = [str(argument) for argument in command]
    try:
        ended = subprocess.run(
            arguments,
            cwd=folder,
            env=_in_english(os.environ if env is None else env),
            input=stdin,
            stdin=None if interactive or stdin is not None else subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as expired:
        output = b"".join(filter(None, (expired.stdout, expired.stderr)))
        raise CommandError(
            doing, arguments, f"did not finish within {seconds:g} s", output.decode("utf-8", "replace")
        ) from None
    except OSError as error:
        raise CommandError(doing, arguments, f"cannot be run: {reason(error)}", "") from None
    if ended.returncode:
        why = f"failed with exit code {ended.returncode}"
        raise CommandError(doing, arguments, why, ended.stderr.strip() or ended.stdout)
    return ended.stdout


def run_shown(command: Sequence[str | Path], doing: str) -> str:
    """Return all that a program printed, and show it on standard error while it runs.

    Raise CommandError as ``run`` does.
    """
    arguments = [str(argument) for argument in command]
    said = []
    try:
        process = subprocess.Popen(
            arguments,
            stdin=subprocess.DEVNULL,
            env=_in_english(os.environ),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        )
    except OSError as error:
        raise CommandError(doing, arguments, f"cannot be run: {reason(error)}", "") from None
    with process:
        try:
            for line in process.stdout or ():
                said.append(line)
                err.out(line, end="")
        except BaseException:
            process.terminate()
            raise
    output = "".join(said)
    if process.returncode:
        raise CommandError(doing, arguments, f"failed with exit code {process.returncode}", output)
    return output


def start_until_input_ends(
    command: Sequence[str],
    output: IO[str] | int,
    *,
    env: Mapping[str, str],
    errors: int = subprocess.STDOUT,
    ended_by: signal.Signals = signal.SIGTERM,
) -> subprocess.Popen[bytes]:
    """Start a program and return it while it runs; what it prints goes to ``output`` and ``errors``.

    It is in a session of its own, so that Ctrl-C at the terminal does not reach it. It ends by a signal when
    its standard input is closed, and so when this process is killed. One that is started where this process
    ignores SIGTERM ignores it too.
    """
    return subprocess.Popen(
        ["sh", "-c", _UNTIL_INPUT_ENDS, "sh", ended_by.name.removeprefix("SIG"), *command],
        env=env,
        stdin=subprocess.PIPE,
        stdout=output,
        stderr=errors,
        start_new_session=True,
    )


def environment_without(*prefixes: str) -> dict[str, str]:
    """Return this process's environment without the variables whose names begin with one of ``prefixes``.

    Its language is English: the words of programs are read.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith(prefixes)}
    return _in_english(kept)


def _in_english(env: Mapping[str, str]) -> dict[str, str]:
    # LANGUAGE comes before LC_ALL: https://www.gnu.org/software/gettext/manual/html_node/The-LANGUAGE-variable.html
    return {name: value for name, value in env.items() if name != "LANGUAGE"} | {"LC_ALL": "C.UTF-8"}
