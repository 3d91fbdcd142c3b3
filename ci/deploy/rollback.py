"""Goes back to an earlier revision: checked that it still can run, planned, asked, and watched to its end."""

from __future__ import annotations

from collections.abc import Mapping

from invoke.exceptions import Exit

from ci.base.errors import UserError
from ci.deploy import lock
from ci.deploy.deploy import EXIT_CODES, ask, refuse
from ci.deploy.journal import Ending, Journal
from ci.deploy.plan import lines, plan
from ci.deploy.reasons import Code, Reason, Refused
from ci.deploy.recovery import recover
from ci.deploy.releases import Revision, last_good
from ci.deploy.rollout import Rollout
from ci.deploy.target import Target, reached
from ci.kubernetes.manifests import Key, Object
from ci.kubernetes.workloads import SERVING, containers_of, dig, entries, pods_of


def run(
    environment: str, revision: int = 0, service: str = "", *, yes: bool = False, wait_for_lock: bool = False
) -> None:
    """Roll a service back to a revision; 0 stands for the one that ran before the present one.

    Raise UserError or Refused for what is refused before anything changes, and Exit with a code of
    EXIT_CODES for a rollback that failed.
    """
    journal = Journal(environment)
    with (
        reached(environment, service) as target,
        lock.held(target, "rolls back", wait=wait_for_lock) as held,
    ):
        journal.service = target.service
        rollout = Rollout(target, journal, held)
        recover(rollout)
        revisions = target.releases.history(target.service)
        wanted = _wanted(target, revisions, revision)
        present = last_good(revisions)
        before = target.releases.with_hooks(target.service, present.number) if present else {}
        after = target.releases.with_hooks(target.service, wanted.number)
        journal.hide({**before, **after})
        _require_settings(target, after, before)
        planned = plan(target, after, before)
        journal.say_all("plan", [f"revision {wanted.number} of {wanted.updated[:19]}", *lines(planned)])
        refuse(planned)
        ask(target, yes)
        try:
            ending = rollout.roll_back(wanted.number)
        except KeyboardInterrupt:
            command = f"invoke rollback {environment} {wanted.number} --service {target.service}"
            journal.say("rollback", f"left unfinished; finish it with: {command}")
            ending = Ending.INTERRUPTED
    if ending is not Ending.ROLLED_BACK:
        raise Exit(f"the rollback of {environment} failed", EXIT_CODES[ending])


def _wanted(target: Target, revisions: list[Revision], number: int) -> Revision:
    """Return the revision of a number, or without one the newest that ran before the present one."""
    if not revisions:
        raise UserError(f"{target.service} is not installed in {target.environment.name}: invoke deploy")
    present = last_good(revisions)
    ran = [one for one in revisions if one.status in ("superseded", "deployed")]
    if not number:
        earlier = [one for one in ran if present and one.number < present.number]
        if not earlier:
            raise UserError(
                f"nothing ran before revision {revisions[-1].number}: there is nothing to go back to"
            )
        return earlier[-1]
    found = next((one for one in revisions if one.number == number), None)
    known = ", ".join(str(one.number) for one in ran)
    if found is None:
        raise UserError(f"there is no revision {number} (those that ran: {known}); see invoke history")
    if found not in ran:
        raise UserError(f"revision {number} is {found.status} (those that ran: {known}); see invoke history")
    return found


def _require_settings(target: Target, after: Mapping[Key, Object], before: Mapping[Key, Object]) -> None:
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
