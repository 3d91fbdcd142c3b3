"""Deploys a service: checked, locked, planned, asked, watched, and taken back where it fails."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from invoke.exceptions import Exit

from ci.base.console import err
from ci.base.errors import UserError
from ci.clusters import kubectl
from ci.deploy import lock, namespaces, rights
from ci.deploy.candidate import candidate, require_image
from ci.deploy.components import main_image
from ci.deploy.journal import Ending, Journal
from ci.deploy.plan import Plan, lines, plan
from ci.deploy.reasons import Code, Reason, Refused
from ci.deploy.recovery import recover
from ci.deploy.releases import Revision, last_good
from ci.deploy.rollout import TIMEOUT_SECONDS, Rollout
from ci.deploy.target import Target, reached
from ci.kubernetes.manifests import Key, Object

EXIT_CODES = {
    Ending.DEPLOYED: 0,
    Ending.UNCHANGED: 0,
    Ending.REFUSED: 1,
    Ending.ROLLED_BACK: 1,
    Ending.ROLLBACK_FAILED: 3,
    Ending.INTERRUPTED: 130,
}
# What an interruption is that came before anything was under way.
EARLY = " before it changed the service"


@dataclass(frozen=True)
class Wanted:
    """What the options of `invoke deploy` say; ``timeout`` in seconds, "" for what is not given."""

    environment: str
    service: str = ""
    tag: str = ""
    digest: str = ""
    yes: bool = False
    timeout: int = TIMEOUT_SECONDS
    wait_for_lock: bool = False
    report: str = ""


def run(wanted: Wanted) -> None:
    """Deploy a service, or leave everything as it was; print what happens, and why where it fails.

    Raise Refused or UserError for what is refused before anything changes, and Exit with a code of EXIT_CODES
    for a deploy that was rolled back or interrupted.
    """
    require_image(wanted.tag, wanted.digest)
    if wanted.timeout < 1:
        raise UserError(f"--timeout {wanted.timeout}: give the seconds after which a rollout has failed")
    if wanted.report and not Path(wanted.report).absolute().parent.is_dir():
        raise UserError(f"--report {wanted.report}: there is no such folder")
    journal, ending, early = Journal(wanted.environment), Ending.REFUSED, ""
    try:
        with reached(wanted.environment, wanted.service) as target:
            journal.service = target.service
            ending = _deploy(target, wanted, journal)
    except Refused as error:
        journal.reason = error.reason
        raise
    except UserError as error:
        lost = kubectl.is_unreachable(error) or kubectl.refuses_login(error)
        journal.reason = Reason(Code.UNREACHABLE if lost else Code.INVALID, str(error))
        raise
    except KeyboardInterrupt:
        journal.reason = Reason(Code.INTERRUPTED, "interrupted before the service was changed")
        ending, early = Ending.INTERRUPTED, EARLY
    finally:
        if wanted.report:
            journal.write(Path(wanted.report), ending)
    if code := EXIT_CODES[ending]:
        raise Exit(f"the deploy to {wanted.environment} failed ({ending}{early})", code)


def _deploy(target: Target, wanted: Wanted, journal: Journal) -> Ending:
    with journal.step("lint"):
        new = candidate(target, wanted.tag, wanted.digest)
        journal.hide(new.objects)
        journal.image.tried = new.image
    with journal.step("rights"):
        rights.require(target, new.objects)
    namespace_files = namespaces.values(target)
    confirmed = wanted.yes
    if not namespaces.exists(target):
        journal.say(target.environment.name, f"Namespace {target.namespace}  new")
        ask(target, confirmed)
        confirmed = True
        with journal.step("namespace"):
            namespaces.create(target, namespace_files)
    with lock.held(target, f"deploys {new.image}", wait=wanted.wait_for_lock) as held:
        rollout = Rollout(target, journal, held, wanted.timeout)
        revisions = recover(rollout)
        current = last_good(revisions)
        before = target.releases.with_hooks(target.service, current.number) if current else {}
        journal.hide(before)
        _introduce(target, journal, current, before)
        with journal.step("plan"):
            planned = plan(target, new.objects, before)
            namespace = namespaces.change(target, namespace_files)
        journal.plan(planned)
        journal.say_all("plan", [*lines(namespace), *lines(planned)])
        refuse(planned)
        if current and is_done(revisions, planned, namespace):
            journal.revision.now = current.number
            journal.image.now = new.image
            journal.say("done", f"nothing to change: revision {current.number} runs")
            return Ending.UNCHANGED
        ask(target, confirmed)
        if not namespace.is_empty:
            with journal.step("namespace"):
                namespaces.create(target, namespace_files)
        return rollout.upgrade(new, current)


def is_done(revisions: Sequence[Revision], planned: Plan, namespace: Plan) -> bool:
    """Tell whether there is nothing to change, as the newest revision is what runs.

    One that failed may have been applied all the same, where the run was killed before it took that back.
    """
    is_deployed = bool(revisions) and revisions[-1].status == "deployed"
    return is_deployed and planned.is_empty and namespace.is_empty


def _introduce(
    target: Target, journal: Journal, current: Revision | None, before: Mapping[Key, Object]
) -> None:
    place = f"context {target.environment.context}, namespace {target.namespace}, release {target.service}"
    if current is None:
        journal.say(target.environment.name, f"{place}, not installed yet")
        return
    journal.revision.before, journal.image.before = current.number, main_image(before)
    journal.say(
        target.environment.name,
        f"{place}, revision {current.number} ({main_image(before)}) since {current.updated[:19]}",
    )


def refuse(planned: Plan) -> None:
    """Raise Refused for the first thing in a plan that stands against it; the plan has shown all."""
    for reason in planned.refusals:
        raise Refused(reason)
    for conflict in planned.conflicts:
        if not conflict.taken_over:
            message = (
                f"{conflict.path} belongs to {conflict.owner}, which would set it again: leave it out of the "
                "values, or stop that controller"
            )
            raise Refused(Reason(Code.FIELD_CONFLICT, message, f"{conflict.key.kind} {conflict.key.name}"))


def ask(target: Target, yes: bool) -> None:
    """Have a person confirm a change of a protected environment; raise Refused where nobody does."""
    name = target.environment.name
    if not target.environment.protected or yes:
        return
    if not sys.stdin.isatty():
        message = f"{name} is protected: add --yes where nobody can be asked"
        raise Refused(Reason(Code.NOT_CONFIRMED, message))
    try:
        typed = err.input(f"{name} is protected. Type its name to go on: ")
    except EOFError:
        typed = ""
    if typed.strip() != name:
        raise Refused(Reason(Code.NOT_CONFIRMED, f"{name} was not confirmed, nothing was changed"))
