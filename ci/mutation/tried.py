"""Runs tests with a changed chart, in a copy of the repository."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from ci.base import git, repository
from ci.base.console import progress
from ci.base.errors import UserError
from ci.mutation.inputs import PLUGIN


class Trial(NamedTuple):
    """A change: the new text of a file of the repository, and the pytest IDs of tests that may notice it."""

    name: str
    path: str
    text: str
    tests: tuple[str, ...]


def noticed(trials: Sequence[Trial], folder: Path) -> dict[str, str]:
    """Return by the name of each trial the first of its tests that fails, "" if none does.

    ``folder`` is for the copy. Raises UserError if pytest cannot run them.
    """
    copied = folder / "repository"
    listed = git.run(repository.root(), "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    for path in filter(None, listed.split("\0")):
        if (source := repository.root() / path).is_file():
            (copied / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, copied / path)
    file = folder / "trials.json"
    file.write_text(json.dumps([one._asdict() for one in trials]), encoding="utf-8")
    paths = sorted({test.partition("::")[0] for one in trials for test in one.tests})
    command = [sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", PLUGIN, f"--mutants={file}", *paths]
    answers = file.with_suffix(".noticed")
    answers.touch()
    with (
        (folder / "log").open("w", encoding="utf-8") as log,
        progress("running tests") as report,
    ):
        process = subprocess.Popen(command, cwd=copied, stdout=log, stderr=subprocess.STDOUT)
        try:
            while True:
                try:
                    process.wait(1)
                    break
                except subprocess.TimeoutExpired:
                    report(len(answers.read_text(encoding="utf-8").splitlines()), len(trials))
        finally:
            process.terminate()
    found = [json.loads(line) for line in answers.read_text(encoding="utf-8").splitlines()]
    if len(found) < len(trials):
        raise UserError(f"pytest ended early:\n{(folder / 'log').read_text(encoding='utf-8')[-4000:]}")
    return {one["name"]: one["test"] for one in found}
