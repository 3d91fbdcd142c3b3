"""What is wrong with a deploy is said at once, with the remedy and an exit code, and nothing is changed."""

from __future__ import annotations

import io
import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from invoke.exceptions import Exit

from ci.base.errors import UserError
from ci.base.repository import root
from ci.deploy import deploy
from ci.deploy.deploy import Wanted
from ci.deploy.dry_run import Conflict
from ci.deploy.journal import Ending
from ci.deploy.plan import Plan
from ci.deploy.reasons import Code, Reason, Refused
from ci.deploy.releases import Revision
from ci.deploy.target import Target
from ci.kubernetes.manifests import Key
from tests.support import fake_cluster
from tests.support.fake_api import refusing
from tests.support.repository import Repository

KEY = Key("apps/v1", "Deployment", "stage", "api")


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (Wanted("staging", tag="v1", digest="sha256:1"), "--tag and --digest both name an image"),
        (Wanted("staging", tag="latest"), "--tag latest names another image each day"),
        (Wanted("staging", digest="sha256:1"), "--digest sha256:1: a digest is"),
        (Wanted("staging", timeout=0), "--timeout 0: give the seconds after which a rollout has failed"),
        (Wanted("staging", timeout=-5), "--timeout -5: give the seconds"),
        (Wanted("staging", report="absent/report.json"), "--report absent/report.json: there is no such"),
        (Wanted("stagin"), "there is no environment 'stagin'; did you mean staging?"),
        (Wanted("staging", "ap"), "there is no service 'ap'; did you mean api?"),
    ],
    ids=lambda given: given if isinstance(given, str) else "",
)
def test_a_wrong_option_is_refused_before_a_cluster_is_asked(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, wanted: Wanted, words: str
) -> None:
    repository.write("values/environments.yaml", "staging: {context: eu}")
    repository.write("values/api.yaml", "{}")
    monkeypatch.setenv("KUBECONFIG", str(repository.root / "absent"))
    with pytest.raises(UserError) as refused:
        deploy.run(wanted)
    assert words in str(refused.value)


@pytest.fixture
def staging(monkeypatch: pytest.MonkeyPatch) -> Target:
    """The target of every deploy, whose cluster answers nothing."""
    made = fake_cluster.target(monkeypatch)

    @contextmanager
    def reached(environment: str, service: str) -> Iterator[Target]:
        yield made

    monkeypatch.setattr(deploy, "reached", reached)
    return made


def test_ctrl_c_before_the_change_is_reported_and_has_the_exit_code_of_an_interruption(
    staging: Target, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def interrupted(*_: object) -> Ending:
        raise KeyboardInterrupt

    monkeypatch.setattr(deploy, "_deploy", interrupted)
    report = tmp_path / "report.json"
    with pytest.raises(Exit) as ended:
        deploy.run(Wanted("staging", report=str(report)))
    assert (ended.value.code, ended.value.message) == (
        130,
        "the deploy to staging failed (interrupted before it changed the service)",
    )
    told = json.loads(report.read_text(encoding="utf-8"))
    assert (told["outcome"], told["reason"]["code"]) == ("interrupted", "Interrupted")


@pytest.mark.parametrize(
    ("ending", "code"),
    [
        (Ending.DEPLOYED, 0),
        (Ending.UNCHANGED, 0),
        (Ending.ROLLED_BACK, 1),
        (Ending.ROLLBACK_FAILED, 3),
        (Ending.INTERRUPTED, 130),
    ],
)
def test_each_ending_has_its_exit_code_and_is_reported(
    staging: Target, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, ending: Ending, code: int
) -> None:
    monkeypatch.setattr(deploy, "_deploy", lambda *_: ending)
    wanted = Wanted("staging", report=str(tmp_path / "report.json"))
    if code:
        with pytest.raises(Exit) as ended:
            deploy.run(wanted)
        assert ended.value.code == code
    else:
        deploy.run(wanted)
    report = json.loads((tmp_path / "report.json").read_text())
    assert (report["outcome"], report["service"]) == (ending, "api")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Refused(Reason(Code.LOCKED, "by ci")), "Locked"),
        (UserError("a file is missing"), "Invalid"),
        (refusing("error: You must be logged in to the server (Unauthorized)"), "Unreachable"),
        (refusing("The connection to the server 10.0.0.1:6443 was refused - did you specify"), "Unreachable"),
        (refusing("Unable to connect to the server: dial tcp: i/o timeout"), "Unreachable"),
        (refusing("Error from server (BadRequest): words of the server"), "Invalid"),
    ],
)
def test_a_refusal_is_reported_with_its_reason(
    staging: Target, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, error: UserError, code: str
) -> None:
    def refuse(*_: object) -> Ending:
        raise error

    monkeypatch.setattr(deploy, "_deploy", refuse)
    with pytest.raises(type(error)):
        deploy.run(Wanted("staging", report=str(tmp_path / "report.json")))
    report = json.loads((tmp_path / "report.json").read_text())
    assert (report["outcome"], report["reason"]["code"]) == ("refused", code)


def test_a_field_that_a_controller_sets_is_refused_and_one_that_a_person_set_is_not() -> None:
    deploy.refuse(Plan(conflicts=(Conflict(KEY, "spec.replicas", "kubectl"),)))
    controller = Conflict(KEY, "spec.replicas", "kube-controller-manager")
    with pytest.raises(Refused) as refused:
        deploy.refuse(Plan(conflicts=(controller,)))
    assert refused.value.reason.code is Code.FIELD_CONFLICT
    assert refused.value.reason.object == "Deployment api"
    assert "spec.replicas belongs to kube-controller-manager" in refused.value.reason.message


def test_without_a_terminal_a_protected_environment_is_refused_unless_confirmed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    target = fake_cluster.target(monkeypatch, protected=True)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    with pytest.raises(Refused) as refused:
        deploy.ask(target, yes=False)
    assert refused.value.reason.code is Code.NOT_CONFIRMED
    assert refused.value.reason.message == "staging is protected: add --yes where nobody can be asked"
    deploy.ask(target, yes=True)


ASK = """
from types import SimpleNamespace
from ci.charts.environments import Environment
from ci.deploy import deploy
production = Environment("production", "us", "live", True, None)
deploy.ask(SimpleNamespace(environment=production), yes=False)
print("confirmed")
"""


@pytest.mark.parametrize(
    ("typed", "confirmed"), [("production\n", True), ("yes\n", False), ("\n", False), ("\x04", False)]
)
def test_on_a_terminal_a_protected_environment_is_confirmed_by_its_name(typed: str, confirmed: bool) -> None:
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", ASK], cwd=root(), stdin=theirs, stdout=theirs, stderr=theirs, close_fds=True
    ) as process:
        os.close(theirs)
        printed = b""
        while b"Type its name to go on: " not in printed:
            printed += os.read(ours, 1024)
        os.write(ours, typed.encode())
        while True:
            try:
                printed += os.read(ours, 1024)
            except OSError:
                break
    os.close(ours)
    assert b"production is protected." in printed
    assert (b"confirmed\r\n" in printed.splitlines(keepends=True)) is confirmed
    assert (process.returncode == 0) is confirmed
    assert (b"production was not confirmed, nothing was changed" in printed) is not confirmed


@pytest.mark.parametrize(
    ("status", "planned", "is_done"),
    [
        ("deployed", Plan(), True),
        ("deployed", Plan(created=(KEY,)), False),
        # A run that was killed has applied it, and nobody saw whether it came up.
        ("failed", Plan(), False),
    ],
)
def test_there_is_nothing_to_do_only_where_the_newest_revision_is_what_runs(
    status: str, planned: Plan, is_done: bool
) -> None:
    earlier = Revision(1, "deployed", "microservice-0.1.0", "", "")
    revisions = [earlier, Revision(2, status, "microservice-0.1.0", "", "")]
    assert deploy.is_done(revisions, planned, Plan()) is is_done
