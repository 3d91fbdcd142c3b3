"""Brings a release back that a killed run has left in the middle of an operation."""

from __future__ import annotations

from ci.base.errors import UserError
from ci.deploy.journal import Ending
from ci.deploy.releases import Revision, last_good
from ci.deploy.rollout import Rollout


def recover(rollout: Rollout) -> list[Revision]:
    """Bring a release that is pending back to its last good revision; uninstall one that never had any.

    Return its revisions then, oldest first. A migration of it that still runs is ended. The lock is held, so
    nobody is at work on it. Raise UserError where that fails.
    """
    target, journal = rollout.target, rollout.journal
    revisions = target.releases.history(target.service)
    pending = [revision for revision in revisions if revision.is_pending]
    if pending:
        target.releases.end_pending(target.service, "left unfinished by a run that was killed")
    # One that Helm itself has written down as failed may have left its hooks too.
    for revision in revisions[-1:]:
        if revision.is_pending or revision.status == "failed":
            target.releases.end_hooks(target.service, revision.number)
    if not pending:
        return revisions
    for revision in pending:
        words = f"revision {revision.number} was left {revision.status} by a run that was killed"
        journal.say("recover", words)
    good = last_good(revisions)
    with journal.step("recover"):
        if good is None:
            target.releases.uninstall(target.service)
            journal.say("recover", "nothing was installed before: uninstalled what it left")
        elif rollout.roll_back(good.number) is not Ending.ROLLED_BACK:
            raise UserError(f"{target.service} could not be brought back to revision {good.number}")
    return target.releases.history(target.service)
