"""The lock of a release: a Lease in its namespace, by which one task at a time changes the release.

https://kubernetes.io/docs/concepts/architecture/leases/
"""

from __future__ import annotations

import getpass
import os
import re
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ci.base.console import step
from ci.base.errors import UserError
from ci.base.processes import CommandError
from ci.deploy import namespaces
from ci.deploy.reasons import Code, Reason, Refused
from ci.deploy.target import Target
from ci.kubernetes.workloads import dig

RENEW_SECONDS = 5
LEASE_SECONDS = 20
POLL_SECONDS = 1
# After so many seconds the lock of a holder that died is taken over.
DEAD_SECONDS = LEASE_SECONDS + RENEW_SECONDS + POLL_SECONDS
# What the holder does, for those who wait.
ANNOTATION = "microservice-chart/doing"
RULE = "{apiGroups: [coordination.k8s.io], resources: [leases], verbs: [get, create, update, patch, delete]}"


@dataclass
class Lock:
    """A lock that is held; ``lost`` is set where somebody else has taken it meanwhile."""

    target: Target
    identity: str
    lost: threading.Event = field(default_factory=threading.Event)

    @property
    def name(self) -> str:
        """The name of the Lease."""
        return f"{self.target.service}-deploy"

    @property
    def path(self) -> str:
        """Where the Lease is in the Kubernetes API."""
        return f"{self.folder}/{self.name}"

    @property
    def folder(self) -> str:
        """Where the Leases of the namespace are."""
        return f"/apis/coordination.k8s.io/v1/namespaces/{self.target.namespace}/leases"


@contextmanager
def held(target: Target, doing: str, *, wait: bool) -> Iterator[Lock]:
    """Hold the lock of a release during the block; ``doing`` says for others what for ("deploys v1.4.0").

    The lock of a holder that no longer renews it is taken over. Raise Refused with the holder where somebody
    else has it and ``wait`` is not given, and where the user may not use Leases.
    """
    identity = f"{_user()}@{socket.gethostname()}/{secrets.token_hex(4)}"
    lock = Lock(target, identity)
    _acquire(lock, doing, wait)
    ended = threading.Event()
    renewal = threading.Thread(target=_renew, args=(lock, ended), daemon=True)
    renewal.start()
    try:
        yield lock
    finally:
        ended.set()
        renewal.join()
        # Who finds it left over takes it over; nothing of the deploy hangs on it any more.
        with suppress(UserError):
            _release(lock)


def _acquire(lock: Lock, doing: str, wait: bool) -> None:
    announced = False
    while True:
        if _write(lock, doing, "create"):
            return
        found = _read(lock)
        if found is None:
            continue
        if _is_abandoned(lock, found):
            version = found["metadata"]["resourceVersion"]
            transitions = int(dig(found, "spec", "leaseTransitions") or 0) + 1
            if _write(lock, doing, "update", version, transitions):
                step(f"lock      taken over from {_holder(found)}, who has not renewed it")
                return
            continue
        words = f"{_holder(found)} {_doing(found)} since {_since(found)}"
        if not wait:
            wait_for_it = (
                f"wait for it with --wait-for-lock: at most {DEAD_SECONDS} s, if its holder was killed"
            )
            raise Refused(Reason(Code.LOCKED, f"{words}; {wait_for_it}", f"Lease {lock.name}"))
        if not announced:
            step(f"lock      waiting: {words}")
            announced = True
        time.sleep(POLL_SECONDS)


def _release(lock: Lock) -> None:
    """Delete the Lease if it is ours: while no renewal got through, somebody may have taken it over."""
    found = _read(lock)
    if found and dig(found, "spec", "holderIdentity") == lock.identity:
        version = found["metadata"]["resourceVersion"]
        options = {"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": {"resourceVersion": version}}
        lock.target.api.send("DELETE", lock.path, options)


def _is_abandoned(lock: Lock, found: dict[str, Any]) -> bool:
    """Tell whether a holder has died: the Lease has run out, and is not renewed while we look.

    The clocks of two machines differ, so that its times alone prove nothing.
    """
    renewed = dig(found, "spec", "renewTime")
    seconds = int(dig(found, "spec", "leaseDurationSeconds") or LEASE_SECONDS)
    if renewed and (datetime.now(UTC) - datetime.fromisoformat(renewed)).total_seconds() < seconds:
        return False
    time.sleep(RENEW_SECONDS + POLL_SECONDS)
    again = _read(lock)
    return again is not None and dig(again, "spec", "renewTime") == renewed


def _renew(lock: Lock, ended: threading.Event) -> None:
    while not ended.wait(RENEW_SECONDS):
        # Without an answer it is tried again; a holder is given up only after LEASE_SECONDS.
        with suppress(UserError):
            found = _read(lock)
            if found is None or dig(found, "spec", "holderIdentity") != lock.identity:
                lock.lost.set()
                return
            change = {"metadata": {"resourceVersion": found["metadata"]["resourceVersion"]}, "spec": _now()}
            lock.target.api.send("PATCH", lock.path, change)


def _now() -> dict[str, str]:
    return {"renewTime": datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")}


def _read(lock: Lock) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] | None = lock.target.api.find(lock.path)
    except CommandError as error:
        _require_right(lock, "get", error)
        raise
    return found


def _write(lock: Lock, doing: str, verb: str, version: str = "", transitions: int = 0) -> bool:
    """Create or replace the Lease; False where somebody else was faster."""
    metadata: dict[str, Any] = {"name": lock.name, "annotations": {ANNOTATION: doing}}
    if version:
        metadata["resourceVersion"] = version
    lease = {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": metadata,
        "spec": {
            "holderIdentity": lock.identity,
            "leaseDurationSeconds": LEASE_SECONDS,
            "leaseTransitions": transitions,
            "acquireTime": _now()["renewTime"],
            **_now(),
        },
    }
    try:
        if verb == "create":
            lock.target.api.send("POST", lock.folder, lease)
        else:
            lock.target.api.send("PUT", lock.path, lease)
    except CommandError as error:
        # A NotFound from creating is of the namespace.
        if re.search("AlreadyExists|Conflict" if verb == "create" else "Conflict|NotFound", error.output):
            return False
        _require_right(lock, verb, error)
        raise
    return True


def _require_right(lock: Lock, verb: str, error: CommandError) -> None:
    if "being terminated" in error.output:
        raise namespaces.terminating(lock.target) from None
    if "Forbidden" in error.output:
        message = (
            f"you may not {verb} Leases in the namespace {lock.target.namespace}, and one of them is the "
            f"lock of a deploy; add this rule to your Role: {RULE}"
        )
        raise Refused(Reason(Code.NOT_ALLOWED, message, f"Lease {lock.name}")) from None


def _holder(found: dict[str, Any]) -> str:
    return str(dig(found, "spec", "holderIdentity") or "somebody").rpartition("/")[0] or "somebody"


def _doing(found: dict[str, Any]) -> str:
    return str(dig(found, "metadata", "annotations", ANNOTATION) or "holds the lock")


def _since(found: dict[str, Any]) -> str:
    acquired = dig(found, "spec", "acquireTime")
    return str(acquired)[:19].replace("T", " ") + " UTC" if acquired else "some time"


def _user() -> str:
    """Return the name of the user who runs this, or the number of one without a name, as in many pods."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # up to Python 3.12, from 3.13
        return str(os.getuid())
