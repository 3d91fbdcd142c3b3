"""Goes back to an earlier revision: checked that it still can run, planned, asked, and watched to its end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from invoke.exceptions import Exit

from ci.base.errors import UserError
from ci.deploy import history, lock, rights
from ci.deploy.deploy import EARLY, EXIT_CODES, ask, refuse
from ci.deploy.history import Stored
from ci.deploy.journal import Ending, Journal
from ci.deploy.plan import lines, plan
from ci.deploy.reasons import Code, Reason, Refused
from ci.deploy.recovery import recover
from ci.deploy.releases import Revision, last_good
from ci.deploy.remedies import command
from ci.deploy.rollout import Rollout
from ci.deploy.target import Target, reached
from ci.kubernetes.manifests import Key, Object
from ci.kubernetes.workloads import SERVING, containers_of, dig, entries, pods_of


def run(
    environment: str, revision: int = 0, service: str = "", *, yes: bool = False, wait_for_lock: bool = False
) -> None:
    """Roll a service back to a revision; 0 stands for the newest that ran and differs from what runs.

    Raise UserError or Refused for what is refused before anything changes, and Exit with a code of
    EXIT_CODES for a rollback that failed.
    """
    journal, early = Journal(environment), ""
    try:
        with reached(environment, service) as target:
            journal.service = target.service
            # Where nothing is installed there may be no namespace for a lock either.
            history.stored(target)
            with lock.held(target, "rolls back", wait=wait_for_lock) as held:
                ending = _roll_back(Rollout(target, journal, held), revision, yes)
    except KeyboardInterrupt:
        ending, early = Ending.INTERRUPTED, EARLY
    if code := EXIT_CODES[ending]:
        raise Exit(f"the rollback of {environment} failed ({ending}{early})", code)


def _roll_back(rollout: Rollout, number: int, yes: bool) -> Ending:
    target, journal = rollout.target, rollout.journal
    recover(rollout)
    revisions = history.stored(target)
    newest = revisions[-1].revision
    wanted, why = chosen(revisions, number)
    present = last_good([one.revision for one in revisions])
    before = target.releases.with_hooks(target.service, present.number) if present else {}
    after = target.releases.with_hooks(target.service, wanted.revision.number)
    journal.hide({**before, **after})
    rights.require(target, after)
    _require_settings(target, after)
    planned = plan(target, after, before)
    about = f"revision {wanted.revision.number} of {wanted.revision.updated[:19]}, {wanted.image}"
    journal.say_all("plan", [*filter(None, [about, why]), *lines(planned)])
    refuse(planned)
    if planned.is_empty and newest.status == "deployed":
        journal.say("done", f"nothing to change: revision {newest.number} runs")
        return Ending.UNCHANGED
    ask(target, yes)
    return _watched(rollout, wanted.revision, present)


def _watched(rollout: Rollout, wanted: Revision, present: Revision | None) -> Ending:
    """Roll back, and if that fails or at the first Ctrl-C go back to the revision that is present."""
    target, journal = rollout.target, rollout.journal
    interrupted = False
    try:
        try:
            if rollout.roll_back(wanted.number) is Ending.ROLLED_BACK:
                return Ending.DEPLOYED
        except KeyboardInterrupt:
            interrupted = True
            journal.say("rollback", "interrupted: going back to what ran; once more leaves at once")
        if present is None or present == wanted:
            return Ending.INTERRUPTED if interrupted else Ending.ROLLBACK_FAILED
        target.releases.end_pending(target.service, "failed: taken back")
        ending = rollout.roll_back(present.number)
    except KeyboardInterrupt:
        finish = command(target, "rollback", str(wanted.number))
        journal.say("rollback", f"left unfinished; finish it with: {finish}")
        return Ending.INTERRUPTED
    return Ending.INTERRUPTED if interrupted and ending is Ending.ROLLED_BACK else ending


def chosen(revisions: Sequence[Stored], number: int) -> tuple[Stored, str]:
    """Return the revision to go back to, and why it is not a newer one, "" where it is the next.

    ``revisions`` are sorted, oldest first; ``number`` is the one that was asked for, or 0. Raise UserError
    where there is none, and for one that failed.
    """
    newest = revisions[-1].revision
    ran = [one for one in revisions if one.revision.status in ("superseded", "deployed")]
    if number:
        return _numbered(revisions, ran, number), ""
    good = last_good([one.revision for one in revisions])
    if good and good != newest:
        found = next(one for one in ran if one.revision == good)
        return found, f"revision {newest.number} is {newest.status}"
    passed_over: list[str] = []
    for one in reversed(revisions[:-1]):
        is_same = one.manifest == revisions[-1].manifest
        if one in ran and not is_same:
            return one, f"passed over: {', '.join(passed_over)}" if passed_over else ""
        why = "the same as what runs" if is_same else one.revision.status
        passed_over.append(f"{one.revision.number} ({why})")
    others = f"; passed over: {', '.join(passed_over)}" if passed_over else ""
    raise UserError(f"revision {newest.number} runs, and there is nothing to go back to{others}")


def _numbered(revisions: Sequence[Stored], ran: Sequence[Stored], number: int) -> Stored:
    known = ", ".join(str(one.revision.number) for one in ran)
    found = next((one for one in revisions if one.revision.number == number), None)
    if found is None:
        raise UserError(f"there is no revision {number} (those that ran: {known}); see invoke history")
    if found not in ran:
        status = found.revision.status
        raise UserError(f"revision {number} is {status} (those that ran: {known}); see invoke history")
    return found


def _require_settings(target: Target, after: Mapping[Key, Object]) -> None:
    """Raise Refused where a ConfigMap or Secret that the revision's pods need is there no more.

    What the revision itself makes comes with it. Its images are asked of the registry by the kubelet alone.
    """
    made = {(key.kind, key.name) for key in after}
    for kind, name in sorted(_needed(after) - made):
        if not target.kubectl("get", kind.lower(), name, "--ignore-not-found", "--output=name").strip():
            raise Refused(
                Reason(Code.CONFIG_MISSING, "is gone, and the revision's pods need it", f"{kind} {name}")
            )


def _needed(objects: Mapping[Key, Object]) -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for pods in pods_of(objects):
        if pods.key.kind not in SERVING:
            continue
        for _, container in containers_of(pods):
            for _, source in entries(container, "envFrom"):
                found |= _named(source, "configMapRef", "secretRef")
            for _, variable in entries(container, "env"):
                found |= _named(dig(variable, "valueFrom"), "configMapKeyRef", "secretKeyRef")
        for _, volume in entries(pods.spec, "volumes"):
            found |= _named(volume, "configMap", "secret")
    return found


def _named(node: object, config_map: str, secret: str) -> set[tuple[str, str]]:
    found = set()
    for kind, field in (("ConfigMap", config_map), ("Secret", secret)):
        name = dig(node, field, "name") or dig(node, field, "secretName")
        if name and not dig(node, field, "optional"):
            found.add((kind, str(name)))
    return found
