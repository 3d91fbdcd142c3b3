"""A StatefulSet is rolled out pod by pod: when it is done, and what stops it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from ci.deploy.reasons import Code
from ci.deploy.snapshot import Snapshot
from ci.deploy.verdict import is_rolled_out, new_pods_wanted, unready, verdict
from ci.kubernetes.manifests import Object
from tests.support.rollouts import claim, container, crashing, event, stateful_pod, stateful_set, waiting

QUOTA = (
    'create Pod api-1 in StatefulSet api failed error: pods "api-1" is forbidden: exceeded quota: few, '
    "requested: pods=1, used: pods=1, limited: pods=1"
)
RESTRICTED = (
    'create Pod api-1 in StatefulSet api failed error: pods "api-1" is forbidden: violates PodSecurity '
    '"restricted:latest": allowPrivilegeEscalation != false'
)
BUSY = (
    "create Pod api-1 in StatefulSet api failed error: Internal error occurred: failed calling webhook "
    '"mesh.example": connection refused'
)


def snapshot(*pods: Object, made: Object | None = None, **more: Any) -> Snapshot:
    return Snapshot(workloads=[made or stateful_set()], pods=list(pods), **more)


def done(made: Object, pods: Sequence[Object] = ()) -> bool:
    return is_rolled_out(snapshot(*pods, made=made), made)


@pytest.mark.parametrize(
    "made",
    [
        stateful_set(ready=3),
        stateful_set(0),
        stateful_set(ready=3, updated=1, strategy={"rollingUpdate": {"partition": 2}}),
        stateful_set(ready=3, updated=0, strategy={"rollingUpdate": {"partition": 9}}),
        stateful_set(ready=3, updated=0, strategy={"type": "OnDelete"}),
    ],
    ids=["all are new", "none is wanted", "those from the partition on", "none from it on", "on delete"],
)
def test_it_is_rolled_out_when(made: Object) -> None:
    assert done(made)


@pytest.mark.parametrize(
    "made",
    [
        stateful_set(ready=2),
        stateful_set(ready=3, updated=2),
        stateful_set(ready=3, updated=1, strategy={"rollingUpdate": {"partition": 1}}),
        stateful_set(ready=3, observed=1),
        stateful_set(ready=3, total=4),
        stateful_set(ready=3, available=2),
        stateful_set(ready=2, updated=0, strategy={"type": "OnDelete"}),
    ],
    ids=[
        "one pod is not ready",
        "one pod is old",
        "a pod from the partition on is old",
        "its controller has not seen it",
        "a pod is too many",
        "a pod has not been ready for long enough",
        "on delete, and one pod is not ready",
    ],
)
def test_it_is_not_rolled_out_while(made: Object) -> None:
    assert not done(made)


@pytest.mark.parametrize(
    ("strategy", "wanted"),
    [({}, 3), ({"rollingUpdate": {"partition": 1}}, 2), ({"type": "OnDelete"}, 0)],
)
def test_the_new_pods_that_are_wanted_are_those_that_the_strategy_replaces(
    strategy: Mapping[str, Any], wanted: int
) -> None:
    assert new_pods_wanted(stateful_set(strategy=strategy)) == wanted


def test_new_pods_are_those_of_the_update_revision() -> None:
    made = stateful_set()
    new, old = stateful_pod(2), stateful_pod(1, version="api-old", ready=True)
    going = stateful_pod(0, version="api-old", going=True)
    seen = snapshot(new, old, going, made=made)
    assert (seen.new_pods(made), seen.old_pods(made)) == ([new], [old])
    assert seen.all_pods(made) == [new, old, going]
    unobserved = stateful_set(observed=1)
    assert not seen.new_pods(unobserved)
    assert not seen.old_pods(unobserved)


def test_the_new_pod_in_a_crash_loop_is_a_failure_though_the_others_are_ready() -> None:
    others = [stateful_pod(number, version="api-old", ready=True) for number in (0, 1)]
    (reason,) = verdict(snapshot(*others, stateful_pod(2, crashing()))).failures
    assert (reason.code, reason.object) == (Code.CRASH_LOOP, "Pod api-2")


def test_an_old_pod_in_a_crash_loop_is_what_the_rollout_replaces() -> None:
    old = stateful_pod(1, crashing(), version="api-old")
    assert not verdict(snapshot(old, stateful_pod(2))).failures


@pytest.mark.parametrize(
    ("message", "code", "fails", "words"),
    [
        (QUOTA, Code.QUOTA_EXCEEDED, True, "exceeded quota: few"),
        (RESTRICTED, Code.ADMISSION_REFUSED, True, 'violates PodSecurity "restricted:latest"'),
        (BUSY, Code.TRANSIENT, False, "no pod could be created: create Pod api-1"),
    ],
)
def test_a_pod_that_is_refused_is_known_by_the_event(
    message: str, code: Code, fails: bool, words: str
) -> None:
    refused = event("api", "FailedCreate", message, at="10:05:00")
    first = stateful_pod(0, ready=True, created="10:04:00")
    judged = verdict(snapshot(first, events=[refused]))
    (reason,) = judged.failures if fails else judged.news
    assert (reason.code, reason.object) == (code, "StatefulSet api")
    assert reason.message.startswith(words)
    assert unready(snapshot(first, events=[refused])) == [reason]


def test_a_refusal_is_over_once_its_pod_was_created() -> None:
    refused = event("api", "FailedCreate", QUOTA, at="10:05:00")
    pods = [stateful_pod(number, ready=True, created="10:04:00") for number in range(3)]
    assert not verdict(snapshot(*pods, events=[refused])).failures
    # While one of them is replaced, which was created after it.
    later = stateful_pod(1, ready=True, created="10:06:00")
    assert not verdict(snapshot(later, pods[0], events=[refused])).failures


def test_the_claim_of_a_pod_is_judged() -> None:
    volumes = [{"persistentVolumeClaim": {"claimName": "data-api-0"}}]
    waits = stateful_pod(0, container(state=waiting("ContainerCreating")), volumes=volumes)
    claims = [claim("Pending", "fast", "data-api-0"), claim("Lost", "fast", "other")]
    (reason,) = verdict(snapshot(waits, claims=claims, storage_classes=[])).failures
    assert (reason.code, reason.object) == (Code.CLAIM_LOST, "PersistentVolumeClaim data-api-0")
    assert reason.message.startswith("there is no StorageClass fast")
