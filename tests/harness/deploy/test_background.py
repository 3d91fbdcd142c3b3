"""What kubectl says in the background reaches its owner, however its call ends."""

from __future__ import annotations

from pathlib import Path

import pytest

from ci.clusters.kubectl import Kubectl
from ci.deploy.background import Background


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
    assert (call.lines, call.exit_code) == ([], 1)
    assert call.complaint == "kubectl cannot be run: No such file or directory"
