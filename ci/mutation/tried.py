"""Runs tests with a changed chart, in copies of the repository."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from ci.base import cpus, git, repository
from ci.base.console import progress
from ci.base.errors import UserError
from ci.mutation import pytests


class Trial(NamedTuple):
    """A change: the new text of a file of the repository, and the pytest IDs of tests that may notice it."""

    name: str
    path: str
    text: str
    tests: tuple[str, ...]


class _Run(NamedTuple):
    """A pytest that runs the tests of trials, one trial after the other."""

    trials: Sequence[Trial]
    folder: Path
    process: subprocess.Popen[bytes]

    def answers(self) -> list[dict[str, str]]:
        """Return what is known until now."""
        answers = self.folder / "trials.noticed"
        lines = answers.read_text(encoding="utf-8").splitlines() if answers.exists() else []
        return [json.loads(line) for line in lines]


def noticed(trials: Sequence[Trial], folder: Path) -> dict[str, str]:
    """Return by the name of each trial the first of its tests that fails, "" if none does.

    ``folder`` is for the copies. Raises UserError if pytest cannot run them.
    """
    # Trials with the same tests stay together, since each process imports the files of its tests.
    ordered = sorted(trials, key=lambda one: one.tests)
    size = -(-len(ordered) // cpus.available())
    shares = [ordered[at : at + size] for at in range(0, len(ordered), size)]
    with progress(f"running tests with {len(trials)} changes") as report, ExitStack() as stack:
        runs = [_start(share, folder / str(number), stack) for number, share in enumerate(shares)]
        began = time.monotonic()
        while any(pytests.is_going(run.process) for run in runs):
            done = sum(len(run.answers()) for run in runs)
            minutes = (time.monotonic() - began) * (len(trials) - done) / max(done, 1) / 60
            report(done, len(trials), f"{len(trials) - done} changes left, about {minutes:.0f} min to go")
    for run in runs:
        if len(run.answers()) < len(run.trials):
            log = (run.folder / "log").read_text(encoding="utf-8")
            raise UserError(f"pytest ended early:\n{log[-4000:]}")
    return {one["name"]: one["test"] for run in runs for one in run.answers()}


def _start(trials: Sequence[Trial], folder: Path, stack: ExitStack) -> _Run:
    copied = folder / "repository"
    listed = git.run(repository.root(), "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    for path in filter(None, listed.split("\0")):
        if (source := repository.root() / path).is_file():
            (copied / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, copied / path)
    file = folder / "trials.json"
    file.write_text(json.dumps([one._asdict() for one in trials]), encoding="utf-8")
    paths = sorted({test.partition("::")[0] for one in trials for test in one.tests})
    options = ["-n", "0", f"--mutants={file}", f"--basetemp={folder / 'temporary'}", *paths]
    return _Run(trials, folder, stack.enter_context(pytests.running(options, copied, folder / "log")))
