"""Changes a release under watch: upgrades it, takes it back where that fails, rolls it back."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from ci.base.errors import UserError
from ci.clusters import kubectl
from ci.deploy import replicas
from ci.deploy.candidate import Candidate
from ci.deploy.journal import Ending, Journal
from ci.deploy.lock import Lock
from ci.deploy.outcome import Outcome, Result
from ci.deploy.reader import Reader
from ci.deploy.reasons import Code, Reason, Refused
from ci.deploy.releases import Change, Revision
from ci.deploy.remedies import command
from ci.deploy.snapshot import running_image
from ci.deploy.target import Target
from ci.deploy.watch import LOST_SECONDS, POLL_SECONDS, Watch

T = TypeVar("T")

TIMEOUT_SECONDS = 600
_HOOK_FAILED = re.compile(r"hooks failed: |failed pre-install: ")


@dataclass(frozen=True)
class Rollout:
    """Changes of one release, while its lock is held; ``seconds`` until one without an end has failed."""

    target: Target
    journal: Journal
    lock: Lock
    seconds: int = TIMEOUT_SECONDS

    def upgrade(self, new: Candidate, current: Revision | None) -> Ending:
        """Upgrade the release, or install it where there is no ``current`` one; take it back if that fails.

        The first Ctrl-C takes it back too, and a second leaves at once. Raise Refused where somebody else has
        taken the lock: the release is theirs then.
        """
        began = time.monotonic()
        target, journal = self.target, self.journal
        finish = command(target, "rollback", str(current.number)) if current else command(target, "deploy")
        interrupted = False
        # What fails before Helm starts has changed nothing.
        replicas.keep(target, new.objects)
        watch = self._watch(journal.say)
        try:
            with journal.step("rollout"):
                try:
                    outcome, words = self._watched(
                        watch,
                        lambda: target.releases.upgrading(target.service, new.chart, new.files, self.seconds),
                    )
                except KeyboardInterrupt:
                    interrupted = True
                    journal.say("rollout", "interrupted: rolling back; once more leaves at once")
            if interrupted:
                journal.reason = Reason(Code.INTERRUPTED, "interrupted")
            elif outcome.result is Result.DONE:
                self._done(outcome.image, new.url, time.monotonic() - began)
                return Ending.DEPLOYED
            else:
                journal.reason = _reason(outcome, words)
                journal.say_all(
                    "failed", [f"after {outcome.seconds:.0f} s", *_explained(outcome, journal.reason)]
                )
            journal.steps[-1]["outcome"] = "failed"
            journal.revision.tried = _answered(self._newest)
            with journal.step("rollback"):
                ending = self._take_back(current)
        except KeyboardInterrupt:
            journal.reason = Reason(
                Code.INTERRUPTED, f"interrupted twice, left unfinished; finish it: {finish}"
            )
            journal.say("rollback", f"left unfinished; finish it with: {finish}")
            return Ending.INTERRUPTED
        except Refused:
            raise
        except UserError as error:
            journal.say_all("rollback", [f"failed: {error}", f"try again with: {finish}"])
            journal.reason = journal.reason or Reason(Code.HELM_FAILED, str(error))
            return Ending.ROLLBACK_FAILED
        return Ending.INTERRUPTED if interrupted and ending is Ending.ROLLED_BACK else ending

    def roll_back(self, number: int) -> Ending:
        """Roll the release back to a revision, watch it to its end, and say what runs then."""
        target, journal = self.target, self.journal
        _answered(lambda: replicas.keep(target, target.releases.objects(target.service, number)))
        watch = _answered(lambda: self._watch(lambda _, line: journal.say("rollback", line)))
        outcome, words = self._watched(
            watch, lambda: target.releases.rolling_back(target.service, number, self.seconds)
        )
        if outcome.result is not Result.DONE:
            reason = _reason(outcome, words)
            journal.reason = journal.reason or reason
            journal.say_all("rollback", [f"to revision {number} failed", *_explained(outcome, reason)])
            return Ending.ROLLBACK_FAILED
        journal.revision.now, journal.image.now = _answered(self._newest), outcome.image
        again = f"revision {journal.revision.now} is revision {number} again"
        journal.say("rollback", f"{again}: {journal.image.now}, after {outcome.seconds:.0f} s")
        return Ending.ROLLED_BACK

    def _watch(self, report: Callable[[str, str], None]) -> Watch:
        return Watch(Reader(self.target), report)

    def _watched(self, watch: Watch, start: Callable[[], Change]) -> tuple[Outcome, str]:
        """Watch a change to its end, and return what Helm said too."""
        change = start()

        def go_on(seconds: float) -> int | None:
            if self.lock.lost.is_set():
                words = "another task has taken over: the release is in its hands, see invoke status"
                raise Refused(Reason(Code.LOCKED, words, f"Lease {self.lock.name}"))
            return change(seconds)

        try:
            outcome = watch.run(go_on, seconds=self.seconds)
        finally:
            change.end()
        return _in_helms_words(outcome, change.words), change.words

    def _take_back(self, good: Revision | None) -> Ending:
        """Bring the release back to the revision that ran before."""
        target, journal = self.target, self.journal
        why = f"{journal.reason.code if journal.reason else 'ended'}: taken back"
        _answered(lambda: target.releases.end_pending(target.service, why))
        if journal.revision.tried is None:
            journal.say("rollback", "not needed: nothing was installed")
            return Ending.ROLLED_BACK
        tried = journal.revision.tried
        _answered(lambda: target.releases.end_hooks(target.service, tried))
        if good is None:
            target.releases.uninstall(target.service)
            journal.say("rollback", "nothing was installed before: uninstalled what it had installed")
            return Ending.ROLLED_BACK
        if journal.reason and journal.reason.code is Code.MIGRATION_FAILED:
            # It runs before anything else is changed.
            snapshot = _answered(Reader(target).snapshot)
            journal.revision.now, journal.image.now = good.number, running_image(snapshot)
            journal.say("rollback", f"not needed: revision {good.number} runs unchanged")
            return Ending.ROLLED_BACK
        return self.roll_back(good.number)

    def _done(self, image: str, url: str, seconds: float) -> None:
        self.journal.image.now = image
        try:
            self.journal.revision.now = _answered(self._newest)
        except UserError as error:
            words = f"in {seconds:.0f} s, but its revision cannot be asked any more: {error}"
            self.journal.say("done", words)
            return
        self.journal.revision.tried = self.journal.revision.now
        told = ", ".join(filter(None, (self.journal.image.now, url)))
        self.journal.say("done", f"revision {self.journal.revision.now} in {seconds:.0f} s: {told}")

    def _newest(self) -> int | None:
        revisions = self.target.releases.history(self.target.service)
        return revisions[-1].number if revisions else None


def _answered(ask: Callable[[], T]) -> T:
    """Return what the cluster answers; where it gives no answer, ask again for LOST_SECONDS at most."""
    end = time.monotonic() + LOST_SECONDS
    while True:
        try:
            return ask()
        except UserError as error:
            if not kubectl.is_unreachable(error) or time.monotonic() >= end:
                raise
        time.sleep(POLL_SECONDS)


def _in_helms_words(outcome: Outcome, words: str) -> Outcome:
    """Say that a migration has failed where Helm saw it and removed its Job between two looks."""
    failure = _HOOK_FAILED.search(words)
    if failure and outcome.reasons and outcome.reasons[0].code is Code.MIGRATION_FAILED:
        first, *others = outcome.reasons
        told = replace(first, message=f"{first.message}; {words[failure.end() :]}")
        return replace(outcome, result=Result.FAILED, reasons=(told, *others))
    return outcome


def _reason(outcome: Outcome, words: str) -> Reason:
    if outcome.result is Result.STOPPED or not outcome.reasons:
        return Reason(Code.HELM_FAILED, words)
    return outcome.reasons[0]


def _explained(outcome: Outcome, reason: Reason) -> list[str]:
    own = [f"{reason.code}: {reason}"] if outcome.result is Result.STOPPED else []
    return [*own, *outcome.explanation()]
