"""Other programs, run without a shell: what they print, or one message that says what went wrong."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from ci.base.errors import UserError

LAST_LINES = 15


class CommandError(UserError):
    """A program that failed, could not be started, or took too long; ``output`` is all that it printed."""

    def __init__(self, doing: str, command: Sequence[str], why: str, output: str) -> None:
        self.output = output
        words = output.strip().splitlines()[-LAST_LINES:]
        super().__init__("\n".join([f"{doing}: {Path(command[0]).name} {why}", *words]))


def run(
    command: Sequence[str | Path],
    doing: str,
    *,
    folder: Path | None = None,
    env: Mapping[str, str] | None = None,
    stdin: str | None = None,
    seconds: float | None = None,
) -> str:
    """Return the standard output of a program that is given ``stdin`` and at most ``seconds``.

    ``doing`` says for people what it is run for. Raises CommandError with the program's last words.
    """
    arguments = [str(argument) for argument in command]
    try:
        ended = subprocess.run(
            arguments,
            cwd=folder,
            env=env,
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        said = b"".join(filter(None, (late.stdout, late.stderr)))
        raise CommandError(
            doing, arguments, f"gave no answer in {seconds:g} s", said.decode(errors="replace")
        ) from None
    except OSError as error:
        raise CommandError(doing, arguments, f"cannot be run: {error.strerror or error}", "") from None
    if ended.returncode:
        why = f"failed with exit code {ended.returncode}"
        raise CommandError(doing, arguments, why, ended.stderr.strip() or ended.stdout)
    return ended.stdout


def environment_without(*prefixes: str) -> dict[str, str]:
    """Return this process's environment without the variables that begin with one of ``prefixes``."""
    return {name: text for name, text in os.environ.items() if not name.startswith(prefixes)}
