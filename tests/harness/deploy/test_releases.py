"""Changes of a release say what they wait for, and leave a history that tells why they ended."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from ci.charts import helm
from ci.deploy import history, releases
from ci.deploy.releases import Change, Releases, Revision
from tests.support.stored_releases import stored_release

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
  annotations: {helm.sh/hook: test, helm.sh/hook-delete-policy: "before-hook-creation,hook-failed"}
"""


def test_the_migration_whose_end_is_waited_for_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Releases, "_run", lambda *_: HOOKS)
    monkeypatch.setattr(releases, "Kubectl", lambda _: lambda *_, stdin: stdin)
    Releases(Path("kubeconfig"), "shop", 4).end_hooks("shop", 7)
    assert capsys.readouterr().err == "· waiting for the pods of Job shop-migration to end\n"


@pytest.mark.parametrize(
    ("status", "description", "written"),
    [
        ("pending-upgrade", "Preparing upgrade", ["CrashLoop: taken back"]),
        ("failed", 'Upgrade "shop" failed: context canceled', ["CrashLoop: taken back"]),
        ("failed", "Upgrade failed: no matches for kind", []),
        ("deployed", "Upgrade complete", []),
    ],
    ids=["left pending", "ended by the deploy", "failed by itself", "deployed"],
)
def test_the_history_names_why_the_newest_revision_was_taken_back(
    monkeypatch: pytest.MonkeyPatch, status: str, description: str, written: list[str]
) -> None:
    earlier = Revision(6, "failed", "microservice-0.1.0", 'Upgrade "shop" failed: context canceled', "")
    newest = Revision(7, status, "microservice-0.1.0", description, "")
    replaced: list[str] = []

    secret = stored_release(7, status, description=description)
    secret["metadata"]["labels"] = {"status": status}

    def kubectl(verb: str, *_: str, stdin: str = "") -> str:
        if verb == "replace":
            stored = history._decoded(json.loads(stdin)["data"]["release"])
            assert (stored.revision.number, stored.revision.status) == (7, "failed")
            replaced.append(stored.revision.description)
        return json.dumps(secret)

    monkeypatch.setattr(Releases, "history", lambda *_: [earlier, newest])
    monkeypatch.setattr(releases, "Kubectl", lambda _: kubectl)
    Releases(Path("kubeconfig"), "shop", 4).end_pending("shop", "CrashLoop: taken back")
    assert replaced == written


def test_a_helm_that_was_killed_is_said_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    def start(*_: object) -> subprocess.Popen[str]:
        return subprocess.Popen(["/bin/sh", "-c", "kill -9 $$"], stdin=subprocess.PIPE, text=True)

    monkeypatch.setattr(helm, "start", start)
    change = Change(4, [])
    while change(1) is None:
        pass
    change.end()
    assert change.words == "helm was ended by SIGKILL and said nothing"
