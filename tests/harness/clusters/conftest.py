"""A machine with fake kind, kubectl and docker."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from ci.base import programs
from ci.clusters import addons, kind, testbed
from tests.support import cluster_programs


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, whose file log gets a line for each call of kind, kubectl and docker."""
    cluster_programs.write(tmp_path)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv(programs.CACHE_VARIABLE, str(tmp_path / "cache"))
    monkeypatch.delenv(testbed.IMAGE_VARIABLE, raising=False)
    monkeypatch.delenv(addons.VARIABLE, raising=False)
    for name in ("KIND", "KUBECTL"):
        monkeypatch.setattr(programs, name, replace(getattr(programs, name)))
    monkeypatch.setattr("ci.base.repository._ROOT", tmp_path)
    monkeypatch.setattr(kind, "POLL_SECONDS", 0)
    monkeypatch.chdir(tmp_path)
    return tmp_path
