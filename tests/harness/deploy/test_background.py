"""What kubectl says in the background reaches its owner, however its call ends."""

from __future__ import annotations

import errno
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ci.base.repository import root
from ci.clusters.kubectl import Kubectl
from ci.deploy.background import Background
from tests.support.fake_kubectl import FakeKubectl

# Before the fixture kubectl puts another in its place.
ROOT = root()
END_SECONDS = 30
OWNER = """
import sys, time
from pathlib import Path
from ci.base import programs
from ci.clusters.kubectl import Kubectl
from ci.deploy.background import Background

class Call(Background):
    def _run(self):
        for line in self._lines("logs"):
            print(line, flush=True)

programs.find = lambda _: Path(sys.argv[1])
Call(Kubectl(Path("kubeconfig")))
time.sleep(600)
"""


class Call(Background):
    """One call, whose lines are collected."""

    def _run(self) -> None:
        self.lines = list(self._lines("logs"))


def ended(monkeypatch: pytest.MonkeyPatch, program: Path) -> Call:
    monkeypatch.setattr("ci.base.programs.find", lambda _: program)
    call = Call(Kubectl(Path("kubeconfig")))
    call._thread.join()
    return call


def test_a_kubectl_that_is_not_there_is_a_failure(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    call = ended(monkeypatch, tmp_path / "kubectl")
    assert (call.lines, call.exit_code) == ([], 127)
    assert str(tmp_path / "kubectl") in call.complaint


def test_a_kubectl_that_cannot_be_started_is_a_failure(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As where the system has no file or memory left; who waits for its end would wait for ever."""

    def fails(*_: object, **__: object) -> None:
        raise OSError(errno.ENOMEM, "Cannot allocate memory")

    monkeypatch.setattr("ci.base.processes.start_until_input_ends", fails)
    call = ended(monkeypatch, tmp_path / "kubectl")
    assert (call.lines, call.exit_code) == ([], 1)
    assert call.complaint == "kubectl cannot be run: Cannot allocate memory"


def test_no_kubectl_is_left_where_the_owner_is_killed(kubectl: FakeKubectl) -> None:
    kubectl.answer("logs", "begun", hangs=True)
    command = [sys.executable, "-c", OWNER, str(kubectl.program)]
    owner = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
    assert owner.stdout
    assert owner.stdout.readline() == b"begun\n"
    assert kubectl.running() == [["logs"]]
    owner.kill()
    owner.communicate()
    end = time.monotonic() + END_SECONDS
    while kubectl.running():
        assert time.monotonic() < end
        time.sleep(0.1)
