"""What kubectl says in the background reaches its owner, however its call ends."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from ci.base.repository import root
from ci.clusters.kubectl import Kubectl
from ci.deploy.background import Background

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


def test_a_kubectl_that_cannot_be_started_is_a_failure(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As where the system has no file or memory left; who waits for its end would wait for ever."""
    call = ended(monkeypatch, tmp_path / "kubectl")
    assert (call.lines, call.exit_code) == ([], 127)
    assert f"{tmp_path / 'kubectl'}: not found" in call.complaint


def test_no_kubectl_is_left_where_the_owner_is_killed(tmp_path: Path) -> None:
    program = tmp_path / "kubectl"
    program.write_text(
        f"#!{sys.executable}\nimport os, time\nprint(os.getpid(), flush=True)\ntime.sleep(600)\n"
    )
    program.chmod(0o755)
    owner = subprocess.Popen([sys.executable, "-c", OWNER, str(program)], cwd=root(), stdout=subprocess.PIPE)
    assert owner.stdout
    pid = int(owner.stdout.readline())
    assert Path(f"/proc/{pid}").exists()
    owner.kill()
    owner.communicate()
    end = time.monotonic() + END_SECONDS
    while Path(f"/proc/{pid}").exists():
        assert time.monotonic() < end
        time.sleep(0.1)
