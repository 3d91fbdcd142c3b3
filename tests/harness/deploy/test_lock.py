"""One task at a time changes a release: the holder renews a Lease, and one that died is replaced."""

from __future__ import annotations

import copy
import getpass
import os
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn

import pytest

from ci.base.processes import CommandError
from ci.deploy import lock
from ci.deploy.reasons import Code, Refused
from ci.deploy.target import Target
from tests.support import fake_cluster
from tests.support.fake_api import FakeApi, refusing


class Leases:
    """The one Lease of a namespace, as the API server keeps it."""

    def __init__(self) -> None:
        self.lease: dict[str, Any] | None = None
        self.forbidden = ""
        self.why = "you cannot access resource leases"
        self.namespace_is_there = True
        self._lock = threading.Lock()

    def answer(self, method: str, path: str, body: Any) -> Any:
        folder = "/apis/coordination.k8s.io/v1/namespaces/stage/leases"
        assert path == (folder if method == "POST" else f"{folder}/api-deploy")
        with self._lock:
            if method == self.forbidden:
                raise refusing(f"Error from server (Forbidden): {self.why}")
            match method:
                case "POST" if not self.namespace_is_there:
                    raise refusing('Error from server (NotFound): namespaces "stage" not found')
                case "POST" if self.lease:
                    raise refusing("Error from server (AlreadyExists): leases exist")
                case "GET" | "PATCH" | "PUT" | "DELETE" if not self.lease:
                    raise refusing("Error from server (NotFound): no such lease")
                case "PUT" | "PATCH" if not self._is_current(body["metadata"]):
                    raise refusing("Error from server (Conflict): the object has been modified")
                case "DELETE" if body and not self._is_current(body["preconditions"]):
                    raise refusing("Error from server (Conflict): the ResourceVersion does not match")
                case "POST" | "PUT":
                    self._store(body)
                case "PATCH":
                    assert self.lease
                    self._store(self.lease | {"spec": self.lease["spec"] | body["spec"]})
                case "DELETE":
                    self.lease = None
            return copy.deepcopy(self.lease)

    def _is_current(self, written: dict[str, Any]) -> bool:
        assert self.lease
        version: str = self.lease["metadata"]["resourceVersion"]
        return bool(written["resourceVersion"] == version)

    def _store(self, lease: dict[str, Any]) -> None:
        version = int(self.lease["metadata"]["resourceVersion"]) + 1 if self.lease else 1
        self.lease = lease | {"metadata": lease["metadata"] | {"resourceVersion": str(version)}}

    def hold(self, renewed: datetime) -> None:
        """Have another holder hold it."""
        moment = renewed.isoformat().replace("+00:00", "Z")
        spec = {"holderIdentity": "ci@build-17/abcd", "leaseDurationSeconds": 20}
        times = {"acquireTime": moment, "renewTime": moment}
        metadata = {"name": "api-deploy", "annotations": {lock.ANNOTATION: "deploys myrepo/api:v1.4.0"}}
        self._store({"kind": "Lease", "metadata": metadata, "spec": spec | times})


@pytest.fixture
def leases() -> Leases:
    return Leases()


@pytest.fixture
def target(leases: Leases, monkeypatch: pytest.MonkeyPatch) -> Target:
    monkeypatch.setattr(lock, "RENEW_SECONDS", 0.05)
    monkeypatch.setattr(lock, "POLL_SECONDS", 0.05)
    return fake_cluster.target(monkeypatch, api=FakeApi(leases.answer))


def eventually(check: Callable[[], object]) -> None:
    end = time.monotonic() + 10
    while not check():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_lock_is_a_lease_that_is_renewed_and_gone_at_the_end(leases: Leases, target: Target) -> None:
    with lock.held(target, "deploys v1", wait=False) as held:
        assert leases.lease
        assert leases.lease["metadata"]["name"] == held.name == "api-deploy"
        assert leases.lease["spec"]["holderIdentity"] == held.identity
        assert leases.lease["metadata"]["annotations"][lock.ANNOTATION] == "deploys v1"
        first = leases.lease["spec"]["renewTime"]
        eventually(lambda: leases.lease and leases.lease["spec"]["renewTime"] != first)
        assert not held.lost.is_set()
    assert leases.lease is None


def test_a_held_lock_is_refused_with_its_holder_and_what_it_does(leases: Leases, target: Target) -> None:
    leases.hold(datetime.now(UTC))
    with pytest.raises(Refused) as refused, lock.held(target, "deploys v2", wait=False):
        pass
    assert refused.value.reason.code is Code.LOCKED
    words = refused.value.reason.message
    assert words.startswith("ci@build-17 deploys myrepo/api:v1.4.0 since ")
    assert words.endswith(" UTC; wait for it with --wait-for-lock: at most 26 s, if its holder was killed")
    assert leases.lease


def test_a_held_lock_is_waited_for(
    leases: Leases, target: Target, capsys: pytest.CaptureFixture[str]
) -> None:
    leases.hold(datetime.now(UTC))

    def end() -> None:
        leases.lease = None

    threading.Timer(0.3, end).start()
    with lock.held(target, "deploys v2", wait=True) as held:
        assert leases.lease
        assert leases.lease["spec"]["holderIdentity"] == held.identity
    assert "waiting: ci@build-17 deploys myrepo/api:v1.4.0" in capsys.readouterr().err


def test_the_lock_of_a_holder_that_died_is_taken_over_with_a_line(
    leases: Leases, target: Target, capsys: pytest.CaptureFixture[str]
) -> None:
    leases.hold(datetime.now(UTC) - timedelta(seconds=21))
    with lock.held(target, "deploys v2", wait=False) as held:
        assert leases.lease
        assert leases.lease["spec"]["holderIdentity"] == held.identity
        assert leases.lease["spec"]["leaseTransitions"] == 1
    assert "taken over from ci@build-17, who has not renewed it" in capsys.readouterr().err


def test_a_holder_whose_clock_is_behind_keeps_the_lock(
    leases: Leases, target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    leases.hold(datetime.now(UTC) - timedelta(hours=1))
    # It renews it while it is looked at.
    monkeypatch.setattr("time.sleep", lambda _: leases.hold(datetime.now(UTC) - timedelta(minutes=59)))
    with pytest.raises(Refused), lock.held(target, "deploys v2", wait=False):
        pass


def test_a_lock_that_somebody_else_took_is_lost_and_left_to_them(leases: Leases, target: Target) -> None:
    with lock.held(target, "deploys v1", wait=False) as held:
        leases.hold(datetime.now(UTC))
        assert held.lost.wait(10)
    assert leases.lease
    assert leases.lease["spec"]["holderIdentity"] == "ci@build-17/abcd"


@pytest.mark.parametrize("late", [False, True], ids=["before the end", "at the very end"])
def test_a_lock_that_was_taken_since_its_last_renewal_is_left_to_them(
    leases: Leases, target: Target, monkeypatch: pytest.MonkeyPatch, late: bool
) -> None:
    monkeypatch.setattr(lock, "RENEW_SECONDS", 60)
    read = lock._read

    def taken_after_it_was_read(held: lock.Lock) -> dict[str, Any] | None:
        found = read(held)
        leases.hold(datetime.now(UTC))
        return found

    with lock.held(target, "deploys v1", wait=False):
        if late:
            monkeypatch.setattr(lock, "_read", taken_after_it_was_read)
        else:
            leases.hold(datetime.now(UTC))
    assert leases.lease
    assert leases.lease["spec"]["holderIdentity"] == "ci@build-17/abcd"


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_without_the_right_to_leases_the_rule_to_add_is_named(
    leases: Leases, target: Target, method: str
) -> None:
    leases.hold(datetime.now(UTC))
    leases.forbidden = method
    with pytest.raises(Refused) as refused, lock.held(target, "deploys v1", wait=False):
        pass
    assert refused.value.reason.code is Code.NOT_ALLOWED
    assert lock.RULE in refused.value.reason.message


def test_a_namespace_that_is_being_deleted_is_no_lack_of_rights(leases: Leases, target: Target) -> None:
    """Who may not read the namespace learns of it here."""
    leases.forbidden = "POST"
    leases.why = "unable to create new content in namespace stage because it is being terminated"
    with pytest.raises(Refused) as refused, lock.held(target, "deploys v1", wait=False):
        pass
    assert refused.value.reason.code is Code.NAMESPACE_TERMINATING


def test_a_namespace_that_is_gone_is_reported_at_once(leases: Leases, target: Target) -> None:
    leases.namespace_is_there = False
    with pytest.raises(CommandError, match="NotFound"), lock.held(target, "deploys v1", wait=True):
        pass


@pytest.mark.parametrize("error", [KeyError, OSError])
def test_a_user_without_a_name_is_known_by_number(
    error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error of an earlier Python, and of a later one."""

    def unknown() -> NoReturn:
        raise error

    monkeypatch.setattr(getpass, "getuser", unknown)
    assert lock._user() == str(os.getuid())
