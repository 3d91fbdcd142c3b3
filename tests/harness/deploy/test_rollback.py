"""A rollback goes to a revision that ran and differs from what runs, and says which ones it passed over."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

import pytest
from invoke.exceptions import Exit

from ci.base.errors import UserError
from ci.deploy import history, rollback
from ci.deploy.history import Stored
from ci.deploy.journal import Ending, Journal
from ci.deploy.releases import Releases, Revision
from ci.deploy.rollback import chosen
from ci.deploy.rollout import Rollout
from ci.deploy.target import Target
from tests.support.fake_kubectl import FakeKubectl


def stored(*revisions: str) -> list[Stored]:
    """Revisions from the first on, each as its manifest and its status: ``A superseded``."""
    return [
        Stored(Revision(number, status, "microservice-0.1.0", "", "2026-07-01T10:00:00Z"), manifest)
        for number, (manifest, _, status) in enumerate((one.partition(" ") for one in revisions), start=1)
    ]


@pytest.mark.parametrize(
    ("revisions", "number", "why"),
    [
        (["A superseded", "B deployed"], 1, ""),
        (["A superseded", "B superseded", "C deployed"], 2, ""),
        # As an automatic rollback leaves it: the newest that ran before has the content that runs.
        (
            ["A superseded", "B superseded", "C failed", "B deployed"],
            1,
            "passed over: 3 (failed), 2 (the same as what runs)",
        ),
        # As a rollback that failed leaves it: what ran before is what to go back to.
        (["A superseded", "B superseded", "A failed"], 2, "revision 3 is failed"),
        (["A superseded", "B deployed", "C failed"], 2, "revision 3 is failed"),
    ],
)
def test_without_a_number_it_is_the_newest_that_ran_and_differs_from_what_runs(
    revisions: list[str], number: int, why: str
) -> None:
    found, said = chosen(stored(*revisions), 0)
    assert (found.revision.number, said) == (number, why)


@pytest.mark.parametrize(
    ("revisions", "words"),
    [
        (["A deployed"], "revision 1 runs, and there is nothing to go back to"),
        (
            ["A superseded", "B failed", "A deployed"],
            "revision 3 runs, and there is nothing to go back to; passed over: 2 (failed), "
            "1 (the same as what runs)",
        ),
    ],
)
def test_where_nothing_else_ran_there_is_nothing_to_go_back_to(revisions: list[str], words: str) -> None:
    with pytest.raises(UserError) as refused:
        chosen(stored(*revisions), 0)
    assert str(refused.value) == words


def test_a_revision_that_is_asked_for_has_to_be_one_that_ran() -> None:
    revisions = stored("A superseded", "B failed", "A superseded", "C deployed")
    assert chosen(revisions, 1)[0].revision.number == 1
    for number, words in ((2, "revision 2 is failed"), (9, "there is no revision 9")):
        with pytest.raises(UserError) as refused:
            chosen(revisions, number)
        assert str(refused.value) == f"{words} (those that ran: 1, 3, 4); see invoke history"


def test_where_nothing_is_installed_no_lock_is_taken(
    kubectl: FakeKubectl, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There may be no namespace yet, in which it would be."""
    monkeypatch.setattr(rollback, "reached", kubectl.reached)

    @contextmanager
    def held(target: Target, doing: str, *, wait: bool) -> Iterator[None]:
        raise AssertionError("a lock is taken")
        yield

    monkeypatch.setattr("ci.deploy.lock.held", held)
    kubectl.answer("get .*secrets", [])
    with pytest.raises(UserError) as refused:
        rollback.run("staging")
    assert str(refused.value) == str(history.not_installed(kubectl.target))


def test_ctrl_c_before_the_change_has_the_exit_code_of_an_interruption(
    kubectl: FakeKubectl, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_: Target) -> list[Stored]:
        raise KeyboardInterrupt

    monkeypatch.setattr(rollback, "reached", kubectl.reached)
    monkeypatch.setattr(history, "stored", interrupted)
    with pytest.raises(Exit) as ended:
        rollback.run("staging")
    assert (ended.value.code, ended.value.message) == (
        130,
        "the rollback of staging failed (interrupted before it changed the service)",
    )


PRESENT, WANTED = (one.revision for one in stored("A deployed", "B superseded"))


class Scripted:
    """A rollout whose rollbacks end as a test has it, and which notes where they went."""

    def __init__(self, target: Target, *ends: Ending | type[KeyboardInterrupt]) -> None:
        self.target, self.journal = target, Journal()
        self.ends = list(ends)
        self.to: list[int] = []

    def roll_back(self, number: int) -> Ending:
        self.to.append(number)
        end = self.ends.pop(0)
        if isinstance(end, Ending):
            return end
        raise end


@pytest.mark.parametrize(
    ("ends", "to", "ending"),
    [
        ([Ending.ROLLED_BACK], [2], Ending.DEPLOYED),
        # What ran before runs again.
        ([Ending.ROLLBACK_FAILED, Ending.ROLLED_BACK], [2, 1], Ending.ROLLED_BACK),
        ([Ending.ROLLBACK_FAILED, Ending.ROLLBACK_FAILED], [2, 1], Ending.ROLLBACK_FAILED),
        ([KeyboardInterrupt, Ending.ROLLED_BACK], [2, 1], Ending.INTERRUPTED),
        ([KeyboardInterrupt, Ending.ROLLBACK_FAILED], [2, 1], Ending.ROLLBACK_FAILED),
        ([KeyboardInterrupt, KeyboardInterrupt], [2, 1], Ending.INTERRUPTED),
    ],
)
def test_a_rollback_that_fails_or_is_interrupted_is_taken_back(
    kubectl: FakeKubectl,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    ends: list[Ending | type[KeyboardInterrupt]],
    to: list[int],
    ending: Ending,
) -> None:
    ended: list[str] = []
    monkeypatch.setattr(Releases, "end_pending", lambda _, release, why: ended.append(release))
    rollout = Scripted(kubectl.target, *ends)
    assert rollback._watched(cast("Rollout", rollout), WANTED, PRESENT) is ending
    assert rollout.to == to
    assert ended == ["api"] * (len(to) - 1)
    finish = "finish it with: invoke rollback staging 2"
    assert (finish in capsys.readouterr().out) == (ends.count(KeyboardInterrupt) == 2)


def test_where_nothing_else_ran_well_a_rollback_is_not_taken_back(kubectl: FakeKubectl) -> None:
    for present in (None, WANTED):
        rollout = Scripted(kubectl.target, Ending.ROLLBACK_FAILED)
        assert rollback._watched(cast("Rollout", rollout), WANTED, present) is Ending.ROLLBACK_FAILED
