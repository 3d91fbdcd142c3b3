"""The commands of docs/adopt.md print what the page shows."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from invoke.collection import Collection
from invoke.program import Program

import tasks
from ci import live
from ci.base.repository import root
from ci.importing.live import Live
from ci.kubernetes import manifests
from tests.support.documents import Fence, fences

PAGE = list(fences(root() / "docs" / "adopt.md"))
MANIFESTS = [fence for fence in PAGE if fence.is_manifest]
SESSIONS = [fence for fence in PAGE if fence.language == "console"]


@pytest.mark.parametrize("fence", SESSIONS, ids=str)
def test_a_command_prints_what_the_page_shows(
    fence: Fence, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "k8s").mkdir()
    (tmp_path / "k8s" / "shop.yaml").write_text(MANIFESTS[0].text, encoding="utf-8")
    monkeypatch.setattr(live, "read", lambda *_, **__: _running(MANIFESTS[0].text))
    command, shown = fence.session
    Program(namespace=Collection.from_module(tasks)).run(shlex.split(command))
    printed = capsys.readouterr()
    pattern = "\n".join(r"(?:.*\n)*?.*" if line == "..." else re.escape(line) for line in shown)
    assert re.fullmatch(pattern, (printed.out + printed.err).rstrip()), printed.out + printed.err


def test_the_page_shows_an_import_without_and_with_exact() -> None:
    assert ["--exact" in fence.session.command for fence in SESSIONS] == [False, True, False]


def _running(text: str) -> Live:
    objects = manifests.parse(text)
    chosen = frozenset(key for key in objects if key.kind == "Deployment")
    return Live("prod", "shop", objects, chosen, {}, {}, [])
