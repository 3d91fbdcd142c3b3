"""Calls of Helm for a release say what they wait for."""

from __future__ import annotations

from pathlib import Path

import pytest

from ci.deploy import releases
from ci.deploy.releases import Releases

HOOKS = """\
apiVersion: batch/v1
kind: Job
metadata:
  name: shop-migration
  annotations: {helm.sh/hook: pre-upgrade, helm.sh/hook-delete-policy: "before-hook-creation,hook-failed"}
---
apiVersion: v1
kind: Pod
metadata:
  name: shop-test
  annotations: {helm.sh/hook: test, helm.sh/hook-delete-policy: before-hook-creation}
"""


def test_the_hooks_whose_end_is_waited_for_are_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Releases, "_run", lambda *_: HOOKS)
    monkeypatch.setattr(releases, "Kubectl", lambda _: lambda *_, stdin: stdin)
    Releases(Path("kubeconfig"), "shop", 4).end_hooks("shop", 7)
    assert capsys.readouterr().err == "· waiting for the pods of Job shop-migration to end\n"
