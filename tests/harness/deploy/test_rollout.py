"""A change of a release ends in a known state: taken back, or left to whoever has taken the lock."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ci.base.processes import CommandError
from ci.deploy import rollout as rolling
from ci.deploy.candidate import Candidate
from ci.deploy.journal import Ending, Journal
from ci.deploy.lock import Lock
from ci.deploy.outcome import Outcome, Result
from ci.deploy.reasons import Code, Reason, Refused
from ci.deploy.recovery import recover
from ci.deploy.releases import Revision, last_good
from ci.deploy.rollout import Rollout
from ci.deploy.target import Target
from ci.kubernetes.manifests import Key, Object
from tests.support import fake_cluster
from tests.support.fake_api import FakeApi, refusing

Script = list[Outcome | BaseException]
DONE = Outcome(Result.DONE, (), 3, 0)
CRASH = Outcome(Result.FAILED, (Reason(Code.CRASH_LOOP, "ended", "Pod api-1", "api"),), 3, 2)
MIGRATION = Outcome(Result.FAILED, (Reason(Code.MIGRATION_FAILED, "ended", "Job api-migration"),), 3, 2)
STOPPED = Outcome(Result.STOPPED, (), 3, 2)
NEW = Candidate(Path("chart"), (), {})
EMPTY = {"apiVersion": "v1", "kind": "List"}


def revision(number: int, status: str) -> Revision:
    return Revision(number, status, "microservice-1.0.0", "", "2026-07-01T10:00:00Z")


class FakeChange:
    words = "Error: words of Helm"

    def __init__(self) -> None:
        self.ended = False

    def __call__(self, seconds: float) -> int | None:
        return None

    def end(self) -> None:
        self.ended = True


class FakeReleases:
    """Helm, with the calls that change something."""

    def __init__(self, *revisions: Revision) -> None:
        self.revisions = list(revisions)
        self.calls: list[str] = []
        self.changes: list[FakeChange] = []

    def history(self, release: str) -> list[Revision]:
        return self.revisions

    def upgrading(self, release: str, chart: Path, values: object, seconds: int) -> FakeChange:
        return self._start("upgrade", "failed")

    def rolling_back(self, release: str, number: int, seconds: int) -> FakeChange:
        return self._start(f"rollback {number}", "deployed")

    def objects(self, release: str, number: int) -> dict[Key, Object]:
        return {}

    def uninstall(self, release: str) -> None:
        self.calls.append("uninstall")
        self.revisions = []

    def end_hooks(self, release: str, number: int) -> None:
        self.calls.append(f"end hooks of {number}")

    def end_pending(self, release: str, why: str) -> list[Revision]:
        ended = [one for one in self.revisions if one.is_pending]
        self.revisions = [revision(one.number, "failed") if one in ended else one for one in self.revisions]
        return ended

    def _start(self, call: str, status: str) -> FakeChange:
        self.calls.append(call)
        self.revisions.append(revision(len(self.revisions) + 1, status))
        self.changes.append(FakeChange())
        return self.changes[-1]


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Rollout]:
    """A rollout of a release with these revisions, whose changes end as scripted."""

    def make(script: Script, *revisions: Revision) -> Rollout:
        class FakeWatch:
            def __init__(self, *_: object) -> None:
                pass

            def run(self, change: Callable[[float], int | None], *, seconds: float) -> Outcome:
                change(1)
                step = script.pop(0)
                if isinstance(step, BaseException):
                    raise step
                return step

        target = fake_cluster.target(monkeypatch, api=FakeApi(lambda *_: {**EMPTY, "items": []}))
        monkeypatch.setattr(Target, "releases", FakeReleases(*revisions))
        monkeypatch.setattr(rolling, "Watch", FakeWatch)
        return Rollout(target, Journal("staging", "api"), Lock(target, "me"))

    return make


def calls(rollout: Rollout) -> list[str]:
    releases = rollout.target.releases
    assert isinstance(releases, FakeReleases)
    assert all(change.ended for change in releases.changes)
    return releases.calls


GOOD = revision(1, "deployed")
TAKEN_BACK = ["upgrade", "end hooks of 2", "rollback 1"]


@pytest.mark.parametrize(
    ("script", "current", "ending", "expected", "code"),
    [
        ([DONE], GOOD, Ending.DEPLOYED, ["upgrade"], None),
        ([CRASH, DONE], GOOD, Ending.ROLLED_BACK, TAKEN_BACK, "CrashLoop"),
        ([STOPPED, DONE], GOOD, Ending.ROLLED_BACK, TAKEN_BACK, "HelmFailed"),
        ([CRASH, CRASH], GOOD, Ending.ROLLBACK_FAILED, TAKEN_BACK, "CrashLoop"),
        ([MIGRATION], GOOD, Ending.ROLLED_BACK, ["upgrade", "end hooks of 2"], "MigrationFailed"),
        ([CRASH], None, Ending.ROLLED_BACK, ["upgrade", "end hooks of 1", "uninstall"], "CrashLoop"),
        ([KeyboardInterrupt(), DONE], GOOD, Ending.INTERRUPTED, TAKEN_BACK, "Interrupted"),
        ([KeyboardInterrupt(), CRASH], GOOD, Ending.ROLLBACK_FAILED, TAKEN_BACK, "Interrupted"),
        ([KeyboardInterrupt(), KeyboardInterrupt()], GOOD, Ending.INTERRUPTED, TAKEN_BACK, "Interrupted"),
        ([CRASH, refusing("connection refused")], GOOD, Ending.ROLLBACK_FAILED, TAKEN_BACK, "CrashLoop"),
    ],
)
def test_a_change_that_fails_is_taken_back(
    start: Callable[..., Rollout],
    script: Script,
    current: Revision | None,
    ending: Ending,
    expected: list[str],
    code: str | None,
) -> None:
    rollout = start(script, *([current] if current else []))
    assert rollout.upgrade(NEW, current) is ending
    assert calls(rollout) == expected
    assert (rollout.journal.reason and rollout.journal.reason.code) == code


@pytest.mark.parametrize(
    "script", [[KeyboardInterrupt(), KeyboardInterrupt()], [CRASH, CommandError("a", ["b"], "c", "")]]
)
def test_what_is_left_unfinished_can_be_finished_by_a_command(
    start: Callable[..., Rollout], script: Script, capsys: pytest.CaptureFixture[str]
) -> None:
    start(script, GOOD).upgrade(NEW, GOOD)
    assert "with: invoke rollback staging 1\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (
            "UPGRADE FAILED: pre-upgrade hooks failed: job api-migration failed: DeadlineExceeded",
            Code.MIGRATION_FAILED,
            "not finished; job api-migration failed: DeadlineExceeded",
        ),
        ("UPGRADE FAILED: connection lost", Code.HELM_FAILED, "UPGRADE FAILED: connection lost"),
    ],
)
def test_a_migration_that_helm_alone_saw_fail_is_told_in_its_words(
    start: Callable[..., Rollout], monkeypatch: pytest.MonkeyPatch, words: str, code: Code, message: str
) -> None:
    monkeypatch.setattr(FakeChange, "words", words)
    unfinished = Reason(Code.MIGRATION_FAILED, "not finished", "Job api-migration", log=("altering",))
    rollout = start([Outcome(Result.STOPPED, (unfinished,), 3, 2), DONE], GOOD)
    assert rollout.upgrade(NEW, GOOD) is Ending.ROLLED_BACK
    assert rollout.journal.reason
    assert (rollout.journal.reason.code, rollout.journal.reason.message) == (code, message)
    assert ("rollback 1" in calls(rollout)) is (code is Code.HELM_FAILED)


def test_a_first_install_that_helm_refuses_has_nothing_to_take_back(
    start: Callable[..., Rollout], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rollout = start([STOPPED])
    monkeypatch.setattr(FakeReleases, "history", lambda *_: [])
    assert rollout.upgrade(NEW, None) is Ending.ROLLED_BACK
    assert calls(rollout) == ["upgrade"]
    assert rollout.journal.reason == Reason(Code.HELM_FAILED, FakeChange.words)
    assert "not needed: nothing was installed" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("error", "now", "words"),
    [
        ("Unable to connect to the server: dial tcp: i/o timeout", 2, "done      revision 2 in "),
        ("error: You must be logged in to the server (Unauthorized)", None, "cannot be asked any more: "),
    ],
)
def test_what_runs_is_asked_again_where_the_cluster_gives_no_answer(
    start: Callable[..., Rollout],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: str,
    now: int | None,
    words: str,
) -> None:
    errors = [error, error]

    def history(*_: object) -> list[Revision]:
        if errors:
            raise refusing(errors.pop())
        return [GOOD, revision(2, "deployed")]

    rollout = start([DONE], GOOD)
    monkeypatch.setattr(FakeReleases, "history", history)
    monkeypatch.setattr("time.sleep", lambda _: None)
    assert rollout.upgrade(NEW, GOOD) is Ending.DEPLOYED
    assert rollout.journal.revision.now == now
    assert words in capsys.readouterr().out


def test_a_connection_that_is_lost_before_helm_starts_has_changed_nothing(
    start: Callable[..., Rollout], monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(*_: object) -> None:
        raise refusing("The connection to the server was refused")

    rollout = start([], GOOD)
    monkeypatch.setattr(rolling, "Watch", lost)
    with pytest.raises(CommandError):
        rollout.upgrade(NEW, GOOD)
    assert calls(rollout) == []


def test_a_release_whose_lock_another_task_took_is_left_to_it(start: Callable[..., Rollout]) -> None:
    rollout = start([DONE], GOOD)
    rollout.lock.lost.set()
    with pytest.raises(Refused) as refused:
        rollout.upgrade(NEW, GOOD)
    assert refused.value.reason.code is Code.LOCKED
    assert calls(rollout) == ["upgrade"]


@pytest.mark.parametrize(
    ("revisions", "expected", "words"),
    [
        ([GOOD], [], ""),
        ([GOOD, revision(2, "failed")], ["end hooks of 2"], ""),
        (
            [GOOD, revision(2, "pending-upgrade")],
            ["end hooks of 2", "rollback 1"],
            "revision 2 was left pending-upgrade",
        ),
        (
            [GOOD, revision(2, "pending-rollback")],
            ["end hooks of 2", "rollback 1"],
            "revision 2 was left pending-rollback",
        ),
        (
            [revision(1, "pending-install")],
            ["end hooks of 1", "uninstall"],
            "revision 1 was left pending-install",
        ),
    ],
)
def test_what_a_killed_run_left_is_brought_back_first(
    start: Callable[..., Rollout],
    capsys: pytest.CaptureFixture[str],
    revisions: list[Revision],
    expected: list[str],
    words: str,
) -> None:
    rollout = start([DONE], *revisions)
    recover(rollout)
    assert calls(rollout) == expected
    assert words in capsys.readouterr().out


def test_the_revision_to_go_back_to_ran_once() -> None:
    assert last_good([]) is None
    assert last_good([revision(1, "failed")]) is None
    superseded = revision(1, "superseded")
    assert last_good([superseded, revision(2, "failed")]) == superseded
    assert last_good([superseded, GOOD, revision(3, "superseded")]) == GOOD
