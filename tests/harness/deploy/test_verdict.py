"""Each state of a rollout has one verdict: the table of rules, row by row, with every exception to one."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import pytest

from ci.deploy.reasons import Code
from ci.deploy.snapshot import Snapshot
from ci.deploy.verdict import is_rolled_out, unready, verdict
from tests.support.rollouts import (
    IMAGE,
    RUNNING,
    autoscaler,
    claim,
    container,
    crashing,
    deployment,
    event,
    finished,
    job,
    metadata,
    pod,
    replica_set,
    rollout,
    route,
    scaled_object,
    storage_class,
    terminated,
    waiting,
)

STARTS = "failed to create containerd task: failed to create shim task: OCI runtime create failed: "
NO_PROGRAM = STARTS + 'runc create failed: exec: "serve": executable file not found in $PATH: unknown'
RESOLVE = (
    f'failed to pull and unpack image "docker.io/{IMAGE}": failed to resolve reference "docker.io/{IMAGE}": '
)
NOT_FOUND = f"rpc error: code = NotFound desc = {RESOLVE}docker.io/{IMAGE}: not found"
QUOTA = (
    'pods "api-2-" is forbidden: exceeded quota: compute, requested: pods=1, used: pods=3, limited: pods=3'
)
RESTRICTED = 'violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false'
WEBHOOK = 'admission webhook "validate.policy.example" denied the request: no owner label'
LATE = {
    "type": "Progressing",
    "status": "False",
    "reason": "ProgressDeadlineExceeded",
    "message": 'ReplicaSet "api-2" has timed out progressing.',
}


def not_pulled(message: str, reason: str = "ErrImagePull") -> dict[str, object]:
    return container(state=waiting(reason, message))


def not_configured(message: str) -> dict[str, object]:
    return container(state=waiting("CreateContainerConfigError", message))


def uncreated(message: str) -> dict[str, object]:
    """Return a container that the runtime cannot create; each attempt has an id of its own."""
    told = f'failed to generate container "{"0a1b2c3d" * 8}" {message}'
    return container(state=waiting("CreateContainerError", told))


def unstarted(message: str) -> dict[str, object]:
    last = terminated(128, "StartError", message)
    return container(restarts=2, state=waiting("CrashLoopBackOff"), lastState=last)


def pending(*events: tuple[str, str], volumes: list[dict[str, object]] | None = None) -> Snapshot:
    """Return a rollout whose one new pod waits for its volumes."""
    stuck = pod(
        "api-2-a", container(state=waiting("ContainerCreating")), phase="Pending", volumes=volumes or []
    )
    return rollout(stuck, events=[event("api-2-a", reason, message) for reason, message in events])


def refused(message: str, *pods: object) -> Snapshot:
    """Return a rollout whose newest ReplicaSet can make no pod but these."""
    there = [pod(str(name), ready=True) for name in pods]
    return rollout(*there, newest=replica_set(replicas=len(there), refused=message))


def disrupted(reason: str, message: str) -> dict[str, str]:
    return {"type": "DisruptionTarget", "status": "True", "reason": reason, "message": message}


def unschedulable(message: str) -> dict[str, str]:
    return {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}


def claimed(
    one: dict[str, object], *classes: dict[str, object], events: tuple[tuple[str, str], ...] = ()
) -> Snapshot:
    """Return a rollout whose new pods have a claim; the first of them is there once the old ones are gone."""
    made = deployment(volumes=[{"persistentVolumeClaim": {"claimName": "api-data"}}])
    warnings = [event("api-data", reason, message) for reason, message in events]
    return rollout(made=made, claims=[one], storage_classes=list(classes), events=warnings)


class Row(NamedTuple):
    """A state of the cluster, and what is said of it: code, whether it fails, the words, where."""

    state: str
    snapshot: Snapshot
    code: Code | None = None
    fails: bool = False
    words: str = ""
    place: str = "Pod api-2-a"


FAILS, GOES_ON = True, False

TABLE = [
    Row("a rollout under way is no news", rollout(pod("api-2-a"))),
    # Crash loops.
    Row(
        "a container that ended once and runs again is forgiven",
        rollout(pod("api-2-a", container(restarts=1, lastState=terminated(1)))),
        Code.RESTARTED,
        GOES_ON,
        "ended with exit code 1, restarted 1x",
    ),
    Row(
        "a container that ended just now is reported before it is started again",
        rollout(pod("api-2-a", container(state=terminated(137, "OOMKilled")))),
        Code.RESTARTED,
        GOES_ON,
        "ended with exit code 137 (OOMKilled)",
    ),
    Row(
        "a container that ends without an error and is started again is reported",
        rollout(pod("api-2-a", container(restarts=1, lastState=terminated(0, "Completed")))),
        Code.RESTARTED,
        GOES_ON,
        "ended with exit code 0 (Completed), restarted 1x",
    ),
    Row(
        "an init container that has done its work is no news",
        rollout(pod("api-2-a", init=[container("init", state=terminated(0, "Completed"))])),
    ),
    Row(
        "the only new pod ends again and again: the rollout fails though old pods are ready",
        rollout(pod("api-2-a", crashing())),
        Code.CRASH_LOOP,
        FAILS,
        "ended with exit code 1, restarted 1x: CrashLoopBackOff",
    ),
    Row(
        "an init container in a crash loop dooms its pod",
        rollout(pod("api-2-a", init=[crashing(name="init")])),
        Code.CRASH_LOOP,
        FAILS,
        "ended with exit code 1",
        "Pod api-2-a container init",
    ),
    Row(
        "one of two new pods in a crash loop is reported, for the other may be fine",
        rollout(pod("api-2-a", crashing()), pod("api-2-b")),
        Code.CRASH_LOOP,
        GOES_ON,
        "CrashLoopBackOff",
    ),
    Row(
        "an evicted pod does not count among those that may be fine",
        rollout(pod("api-2-a", crashing()), pod("api-2-b", phase="Failed", reason="Evicted")),
        Code.CRASH_LOOP,
        FAILS,
    ),
    Row(
        "a pod that is being deleted does not count either",
        rollout(pod("api-2-a", crashing()), pod("api-2-b", going=True)),
        Code.CRASH_LOOP,
        FAILS,
    ),
    Row(
        "an old pod in a crash loop is what this rollout replaces",
        rollout(pod("api-2-a"), pod("api-1-d", crashing(), owner="api-1")),
    ),
    Row(
        "a liveness probe that ends the container is named",
        rollout(
            pod("api-2-a", crashing(code=137)),
            events=[
                event(
                    "api-2-a",
                    "Unhealthy",
                    "Liveness probe failed: HTTP probe failed with statuscode: 500",
                    of="api",
                )
            ],
        ),
        Code.CRASH_LOOP,
        FAILS,
        "exit code 137, restarted 1x; Liveness probe failed: HTTP probe failed with statuscode: 500",
    ),
    Row(
        "a program that is not in the image is a crash loop, though its exit code is 128",
        rollout(pod("api-2-a", unstarted(NO_PROGRAM))),
        Code.CRASH_LOOP,
        FAILS,
        'could not be started: exec: "serve": executable file not found, restarted 2x',
    ),
    Row(
        "pods that crash in turns are in a crash loop, though one of them has just been started again",
        rollout(
            pod("api-2-a", crashing(code=4)),
            pod("api-2-b", container(restarts=2, state={"running": {}}, lastState=terminated(4))),
        ),
        Code.CRASH_LOOP,
        FAILS,
        "ended with exit code 4, restarted 1x: CrashLoopBackOff",
    ),
    Row(
        "an image that names no program to start is a crash loop, though it is never restarted",
        rollout(pod("api-2-a", uncreated("spec: failed to apply OCI options: no command specified"))),
        Code.CRASH_LOOP,
        FAILS,
        "could not be started: no command specified, neither by the image nor by `command` in the values",
    ),
    # Images.
    Row(
        "an image that does not exist",
        rollout(pod("api-2-a", not_pulled(NOT_FOUND))),
        Code.IMAGE_NOT_FOUND,
        FAILS,
        f"image {IMAGE}: not found",
    ),
    Row(
        "an image that does not exist, said in the pause before the next attempt",
        rollout(
            pod(
                "api-2-a",
                not_pulled(
                    f'Back-off pulling image "{IMAGE}": ErrImagePull: {NOT_FOUND}', "ImagePullBackOff"
                ),
            )
        ),
        Code.IMAGE_NOT_FOUND,
        FAILS,
        f"image {IMAGE}: not found",
    ),
    Row(
        "an older kubelet gives details in an event alone",
        rollout(
            pod("api-2-a", not_pulled(f'Back-off pulling image "{IMAGE}"', "ImagePullBackOff")),
            events=[
                event("api-2-a", "Failed", f'Failed to pull image "{IMAGE}": {NOT_FOUND}', of="api"),
                event("api-2-a", "Failed", "Error: ErrImagePull", of="api", at="10:00:01"),
            ],
        ),
        Code.IMAGE_NOT_FOUND,
        FAILS,
        "not found",
    ),
    Row(
        "without details an image is waited for",
        rollout(pod("api-2-a", not_pulled(f'Back-off pulling image "{IMAGE}"', "ImagePullBackOff"))),
        Code.IMAGE_UNAVAILABLE,
        GOES_ON,
    ),
    Row(
        "the event of another container says nothing of this one",
        rollout(
            pod("api-2-a", not_pulled(f'Back-off pulling image "{IMAGE}"', "ImagePullBackOff")),
            events=[event("api-2-a", "Failed", f'Failed to pull image "x": {NOT_FOUND}', of="proxy")],
        ),
        Code.IMAGE_UNAVAILABLE,
        GOES_ON,
    ),
    Row(
        "a registry that wants credentials",
        rollout(
            pod(
                "api-2-a",
                not_pulled(
                    RESOLVE
                    + "failed to authorize: failed to fetch oauth token: unexpected status: 401 Unauthorized"
                ),
            )
        ),
        Code.IMAGE_REFUSED,
        FAILS,
        "401 Unauthorized",
    ),
    Row(
        "a registry that refuses the credentials",
        rollout(
            pod(
                "api-2-a",
                not_pulled(
                    RESOLVE + "unexpected status from HEAD request to https://r.example/v2/: 403 Forbidden"
                ),
            )
        ),
        Code.IMAGE_REFUSED,
        FAILS,
        "403 Forbidden",
    ),
    Row(
        "a registry that says no whether or not there is such an image",
        rollout(
            pod(
                "api-2-a",
                not_pulled(
                    RESOLVE
                    + "pull access denied, repository does not exist or may require authorization: message: "
                    "insufficient_scope: authorization failed"
                ),
            )
        ),
        Code.IMAGE_REFUSED,
        FAILS,
        "pull access denied",
    ),
    Row(
        "a name that is none",
        rollout(
            pod(
                "api-2-a",
                not_pulled("couldn't parse image name: invalid reference format", "InvalidImageName"),
            )
        ),
        Code.IMAGE_REFUSED,
        FAILS,
        "invalid reference format",
    ),
    Row(
        "an image that should be on the node and is not",
        rollout(
            pod(
                "api-2-a",
                not_pulled("Container image is not present with pull policy of Never", "ErrImageNeverPull"),
            )
        ),
        Code.IMAGE_NOT_FOUND,
        FAILS,
        "pull policy of Never",
    ),
    Row(
        "a rate limit is waited for",
        rollout(
            pod(
                "api-2-a",
                not_pulled(
                    RESOLVE
                    + "unexpected status code: 429 Too Many Requests - Server message: toomanyrequests: "
                    "You have reached your pull rate limit"
                ),
            )
        ),
        Code.IMAGE_UNAVAILABLE,
        GOES_ON,
        "pull rate limit",
    ),
    *(
        Row(
            f"a registry out of reach is waited for: {words}",
            rollout(pod("api-2-a", not_pulled(RESOLVE + words))),
            Code.IMAGE_UNAVAILABLE,
            GOES_ON,
            words,
        )
        for words in (
            'failed to do request: Head "https://r.example/v2/": dial tcp: lookup r.example: no such host',
            'failed to do request: Head "https://r.example/v2/": dial tcp 10.0.0.1:443: connection refused',
            'failed to do request: Head "https://r.example/v2/": dial tcp 10.0.0.1:443: i/o timeout',
            "unexpected status from HEAD request to https://r.example/v2/: 503 Service Unavailable",
            'unexpected status from GET request to https://r.example/token: 429 Too Many Requests: "DENIED"',
        )
    ),
    Row(
        "words in the image's name are not the registry's",
        rollout(
            pod(
                "api-2-a",
                container(
                    image="myrepo/timeout:403",
                    state=waiting("ErrImagePull", "docker.io/myrepo/timeout:403: not found"),
                ),
            )
            | {"spec": {"containers": [{"name": "api", "image": "myrepo/timeout:403"}]}}
        ),
        Code.IMAGE_NOT_FOUND,
        FAILS,
    ),
    Row(
        "an init container's image counts too",
        rollout(pod("api-2-a", init=[container("init", state=waiting("ErrImagePull", NOT_FOUND))])),
        Code.IMAGE_NOT_FOUND,
        FAILS,
        place="Pod api-2-a container init",
    ),
    # Configuration.
    Row(
        "a key that a Secret lacks",
        rollout(pod("api-2-a", not_configured("couldn't find key JWT_SECRET in Secret shop/api-secrets"))),
        Code.CONFIG_MISSING,
        FAILS,
        "couldn't find key JWT_SECRET in Secret shop/api-secrets",
    ),
    Row(
        "a Secret that is not there",
        rollout(pod("api-2-a", not_configured('secret "api-secrets" not found'))),
        Code.CONFIG_MISSING,
        FAILS,
    ),
    Row(
        "a ConfigMap that is not there",
        rollout(pod("api-2-a", not_configured('configmap "api-config" not found'))),
        Code.CONFIG_MISSING,
        FAILS,
    ),
    *(
        Row(
            f"the kubelet's own delay is waited for: {words}",
            rollout(pod("api-2-a", not_configured(words))),
            Code.WAITING_FOR_CONFIG,
            GOES_ON,
            words,
        )
        for words in (
            "failed to sync configmap cache: timed out waiting for the condition",
            "services have not yet been read at least once, cannot construct envvars",
        )
    ),
    *(
        Row(
            f"a Secret that an operator has yet to write is waited for{'; ' * bool(why)}{why}: {words}",
            rollout(pod("api-2-a", not_configured(words)), awaited={"api-external": why}),
            code,
            GOES_ON,
            "; ".join(filter(None, (words, why))),
        )
        for code, why in (
            (Code.WAITING_FOR_CONFIG, ""),
            (Code.NOT_FETCHED, "could not get secret data from provider"),
        )
        for words in ('secret "api-external" not found', "couldn't find key A in Secret shop/api-external")
    ),
    Row(
        "another Secret is not excused by one that is waited for",
        rollout(
            pod("api-2-a", not_configured('secret "api-secrets" not found')), awaited={"api-external": ""}
        ),
        Code.CONFIG_MISSING,
        FAILS,
    ),
    Row(
        "an image that runs as root where it may not",
        rollout(pod("api-2-a", not_configured("container has runAsNonRoot and image will run as root"))),
        Code.ADMISSION_REFUSED,
        FAILS,
        "image will run as root",
    ),
    Row(
        "files of a ConfigMap that is not there",
        pending(
            ("FailedMount", 'MountVolume.SetUp failed for volume "files" : configmap "api-files" not found')
        ),
        Code.CONFIG_MISSING,
        FAILS,
        'volume files: configmap "api-files" not found',
    ),
    Row(
        "a file of a Secret that has no such key",
        pending(
            (
                "FailedMount",
                'MountVolume.SetUp failed for volume "tls" : references non-existent secret key: tls.key',
            ),
            volumes=[{"name": "tls", "secret": {"secretName": "api-tls"}}],
        ),
        Code.CONFIG_MISSING,
        FAILS,
        'volume tls: references non-existent secret key: tls.key in secret "api-tls"',
    ),
    Row(
        "a volume that takes its time is no news",
        pending(("FailedMount", "timed out waiting for the condition")),
    ),
    Row(
        "a volume that could be mounted after all is no news",
        rollout(pod("api-2-a"), events=[event("api-2-a", "FailedMount", 'configmap "api-files" not found')]),
    ),
    # What is nobody's fault.
    Row(
        "an error of the container's runtime",
        rollout(pod("api-2-a", unstarted(STARTS + "error during container init: unable to apply cgroup"))),
        Code.TRANSIENT,
        GOES_ON,
        "could not be started",
    ),
    Row(
        "an error of the container's runtime before there is a container, whatever id the next one gets",
        rollout(pod("api-2-a", uncreated("spec: context deadline exceeded"))),
        Code.TRANSIENT,
        GOES_ON,
        "could not be created: failed to generate container spec: context deadline exceeded",
    ),
    Row(
        "a volume that cannot be mounted",
        pending(("FailedMount", 'MountVolume.SetUp failed for volume "data" : mount failed: exit status 32')),
        Code.TRANSIENT,
        GOES_ON,
        'MountVolume.SetUp failed for volume "data" : mount failed: exit status 32',
    ),
    Row(
        "a volume that another node still holds",
        pending(("FailedAttachVolume", 'Multi-Attach error for volume "pvc-1" Volume is already used')),
        Code.TRANSIENT,
        GOES_ON,
        'Multi-Attach error for volume "pvc-1" Volume is already used',
    ),
    Row(
        "a pod that gets no network",
        pending(("FailedCreatePodSandBox", "Failed to create pod sandbox: no IP addresses available")),
        Code.TRANSIENT,
        GOES_ON,
        "no IP addresses available",
    ),
    Row(
        "an eviction for want of memory",
        rollout(
            pod("api-2-a", phase="Failed", reason="Evicted", message="The node was low on resource: memory.")
        ),
        Code.TRANSIENT,
        GOES_ON,
        "Evicted: The node was low on resource: memory.",
    ),
    Row(
        "a preemption",
        rollout(
            pod(
                "api-2-a",
                going=True,
                conditions=[disrupted("PreemptionByScheduler", "default-scheduler: preempting")],
            )
        ),
        Code.TRANSIENT,
        GOES_ON,
        "PreemptionByScheduler: default-scheduler: preempting",
    ),
    Row(
        "a node that is gone",
        rollout(
            pod(
                "api-2-a",
                going=True,
                conditions=[
                    disrupted("DeletionByTaintManager", "Taint manager: deleting due to NoExecute taint")
                ],
            )
        ),
        Code.TRANSIENT,
        GOES_ON,
        "DeletionByTaintManager",
    ),
    # Pods that cannot be created.
    Row(
        "a quota that leaves no room for even one new pod",
        refused(QUOTA),
        Code.QUOTA_EXCEEDED,
        FAILS,
        "exceeded quota: compute, requested: pods=1, used: pods=3, limited: pods=3",
        "ReplicaSet api-2",
    ),
    Row(
        "a quota that only slows a rollout",
        refused(QUOTA, "api-2-a"),
        Code.QUOTA_EXCEEDED,
        GOES_ON,
        "used: pods=3",
        "ReplicaSet api-2",
    ),
    Row(
        "Pod Security",
        refused(f'pods "api-2-" is forbidden: {RESTRICTED}'),
        Code.ADMISSION_REFUSED,
        FAILS,
        RESTRICTED,
        "ReplicaSet api-2",
    ),
    Row(
        "a webhook that refuses", refused(WEBHOOK), Code.ADMISSION_REFUSED, FAILS, WEBHOOK, "ReplicaSet api-2"
    ),
    Row(
        "a quota that wants limits",
        refused('pods "api-2-" is forbidden: failed quota: compute: must specify limits.cpu for: proxy'),
        Code.ADMISSION_REFUSED,
        FAILS,
        "must specify limits.cpu",
        "ReplicaSet api-2",
    ),
    Row(
        "a pod that defaults of the namespace make invalid",
        refused(
            'Pod "api-2-a" is invalid: spec.containers[0].resources.requests: must be at most the cpu limit'
        ),
        Code.ADMISSION_REFUSED,
        FAILS,
        "is invalid",
        "ReplicaSet api-2",
    ),
    Row(
        "a webhook that does not answer may answer later",
        refused('Internal error occurred: failed calling webhook "mesh.example": connection refused'),
        Code.TRANSIENT,
        GOES_ON,
        "failed calling webhook",
        "ReplicaSet api-2",
    ),
    Row(
        "a refusal of the earlier ReplicaSet is over",
        Snapshot(
            workloads=[deployment(updated=1, ready=3)],
            replica_sets=[replica_set(replicas=1), replica_set(1, refused=QUOTA)],
        ),
    ),
    # Nodes.
    Row(
        "a pod whose claim does not exist",
        rollout(
            pod(
                "api-2-a",
                phase="Pending",
                conditions=[
                    unschedulable('0/2 nodes are available: persistentvolumeclaim "data" not found.')
                ],
            )
        ),
        Code.CLAIM_LOST,
        FAILS,
        "there is no PersistentVolumeClaim data",
    ),
    Row(
        "no node has room: an autoscaler may add one",
        rollout(
            pod(
                "api-2-a",
                phase="Pending",
                conditions=[unschedulable("0/2 nodes are available: 2 Insufficient cpu.")],
            )
        ),
        Code.UNSCHEDULABLE,
        GOES_ON,
        "0/2 nodes are available: 2 Insufficient cpu.",
    ),
    # The progress deadline.
    Row(
        "a pod that never gets ready: what its probe asks and got",
        rollout(
            pod("api-2-a"),
            made=deployment(updated=1, ready=3, conditions=[LATE]),
            events=[
                event("api-2-a", "Unhealthy", "Readiness probe failed: connection refused", of="api"),
                event(
                    "api-2-a",
                    "Unhealthy",
                    "Readiness probe failed: HTTP probe failed with statuscode: 503",
                    of="api",
                    at="10:09:00",
                ),
            ],
        ),
        Code.NOT_READY,
        FAILS,
        "not ready: Readiness probe failed: HTTP probe failed with statuscode: 503 "
        "(readinessProbe: GET /health on port http) (no progress in 600 s)",
        "Pod api-2-a container api",
    ),
    Row(
        "a pod whose startup probe fails",
        rollout(
            pod(
                "api-2-a",
                container(started=False),
                probes={"startupProbe": {"exec": {"command": ["cat", "/run/up"]}}},
            ),
            made=deployment(updated=1, ready=3, conditions=[LATE]),
        ),
        Code.NOT_READY,
        FAILS,
        "not ready: no probe has failed yet (startupProbe: cat /run/up)",
        "Pod api-2-a container api",
    ),
    Row(
        "a deadline that passed while there was no node says so",
        rollout(
            pod("api-2-a", phase="Pending", conditions=[unschedulable("0/2 nodes are available")]),
            made=deployment(updated=1, ready=3, conditions=[LATE]),
        ),
        Code.NOT_READY,
        FAILS,
        "0/2 nodes are available (no progress in 600 s)",
    ),
    Row(
        "a deadline that passed while a quota slowed the rollout says so",
        Snapshot(
            workloads=[deployment(updated=1, ready=1, conditions=[LATE])],
            replica_sets=[replica_set(replicas=1, refused=QUOTA)],
            pods=[pod("api-2-a", ready=True)],
        ),
        Code.NOT_READY,
        FAILS,
        "exceeded quota: compute",
        "ReplicaSet api-2",
    ),
    Row(
        "the earlier generation's deadline is not this one's",
        rollout(pod("api-1-d", owner="api-1"), made=deployment(generation=3, observed=2, conditions=[LATE])),
    ),
    Row(
        "a deadline that an earlier ReplicaSet missed is not this one's",
        rollout(
            pod("api-2-a"),
            made=deployment(conditions=[LATE | {"message": 'ReplicaSet "api-1" has timed out progressing.'}]),
        ),
    ),
    # Claims.
    Row(
        "a claim whose volume is lost",
        claimed(claim("Lost")),
        Code.CLAIM_LOST,
        FAILS,
        "its volume is gone",
        "PersistentVolumeClaim api-data",
    ),
    Row(
        "a claim of a StorageClass that is not there",
        claimed(claim("Pending", "fats"), storage_class("fast"), storage_class("slow")),
        Code.CLAIM_LOST,
        FAILS,
        "there is no StorageClass fats (there are fast, slow)",
        "PersistentVolumeClaim api-data",
    ),
    Row(
        "a claim of the default class where there is none",
        claimed(claim("Pending", None), storage_class("fast")),
        Code.CLAIM_LOST,
        FAILS,
        "it names no StorageClass, and there is no default (there are fast)",
        "PersistentVolumeClaim api-data",
    ),
    Row(
        "a claim whose class cannot be looked up is waited for",
        replace(claimed(claim("Pending")), storage_classes=None),
        Code.CLAIM_PENDING,
        GOES_ON,
        "waits for a volume of class fast",
        "PersistentVolumeClaim api-data",
    ),
    Row(
        "a claim that a volume is made for",
        claimed(claim("Pending"), storage_class("fast")),
        Code.CLAIM_PENDING,
        GOES_ON,
        "waits for a volume of class fast",
        "PersistentVolumeClaim api-data",
    ),
    Row(
        "a claim without a class waits for a volume that a person makes",
        claimed(claim("Pending", ""), storage_class("fast")),
        Code.CLAIM_PENDING,
        GOES_ON,
        "waits for a volume",
        "PersistentVolumeClaim api-data",
    ),
    Row(
        "a claim that waits for its first pod",
        claimed(claim("Pending"), storage_class("fast", mode="WaitForFirstConsumer")),
    ),
    Row(
        "a claim for which no volume can be made",
        claimed(
            claim("Pending"),
            storage_class("fast", mode="WaitForFirstConsumer"),
            events=(("ProvisioningFailed", "no space left in the pool"),),
        ),
        Code.CLAIM_PENDING,
        GOES_ON,
        "no space left in the pool",
        "PersistentVolumeClaim api-data",
    ),
    Row("a claim that is bound", claimed(claim("Bound", "fats"))),
    Row("a lost claim that no new pod uses", rollout(pod("api-2-a"), claims=[claim("Lost")])),
    # Migrations.
    Row(
        "a migration that fails",
        Snapshot(jobs=[job(failed=("BackoffLimitExceeded", "Job has reached the specified backoff limit"))]),
        Code.MIGRATION_FAILED,
        FAILS,
        "BackoffLimitExceeded: Job has reached the specified backoff limit",
        "Job api-migration",
    ),
    Row(
        "a migration that met its deadline, before its pods have ended",
        Snapshot(
            jobs=[
                job(
                    failed=("DeadlineExceeded", "Job was active longer than specified deadline"),
                    kind="FailureTarget",
                )
            ]
        ),
        Code.MIGRATION_FAILED,
        FAILS,
        "DeadlineExceeded",
        "Job api-migration",
    ),
    Row(
        "a migration whose image does not exist fails before its deadline",
        Snapshot(jobs=[job()], pods=[pod("api-2-a", not_pulled(NOT_FOUND), owner="api-migration")]),
        Code.IMAGE_NOT_FOUND,
        FAILS,
        "not found",
    ),
    Row("a migration under way", Snapshot(jobs=[job()], pods=[pod("m", owner="api-migration")])),
    # Autoscalers.
    Row(
        "an autoscaler without metrics",
        rollout(
            pod("api-2-a"),
            autoscalers=[autoscaler("False", "FailedGetResourceMetric", "no metrics returned")],
        ),
        Code.NO_METRICS,
        GOES_ON,
        "no metrics returned",
        "HorizontalPodAutoscaler api",
    ),
    Row(
        "an autoscaler that is switched off",
        rollout(pod("api-2-a"), autoscalers=[autoscaler("False", "ScalingDisabled")]),
    ),
    Row(
        "a ScaledObject whose trigger does not work",
        rollout(
            pod("api-2-a"),
            autoscalers=[scaled_object("False", "TriggerError", "Triggers are not working correctly")],
            events=[event("api", "KEDAScalerFailed", "dial tcp: lookup nobody: no such host")],
        ),
        Code.NO_METRICS,
        GOES_ON,
        "Triggers are not working correctly: dial tcp: lookup nobody: no such host",
        "ScaledObject api",
    ),
    Row(
        "a ScaledObject that KEDA has not looked at",
        rollout(pod("api-2-a"), autoscalers=[scaled_object("Unknown", "")]),
    ),
    # Routes.
    Row(
        "a route that its Gateway refuses",
        rollout(
            pod("api-2-a"), routes=[route(("Accepted", "NotAllowedByListeners", "no listener allows it"))]
        ),
        Code.ROUTE_REFUSED,
        GOES_ON,
        "Gateway shared: NotAllowedByListeners: no listener allows it",
        "HTTPRoute api",
    ),
    Row(
        "a route to a Service that is not there",
        rollout(pod("api-2-a"), routes=[route(("ResolvedRefs", "BackendNotFound", "no Service old"))]),
        Code.ROUTE_REFUSED,
        GOES_ON,
        "Gateway shared: BackendNotFound: no Service old",
        "HTTPRoute api",
    ),
    Row(
        "a route that was refused as it was before",
        rollout(
            pod("api-2-a"), routes=[route(("Accepted", "NoMatchingParent", "no listener"), generation=3)]
        ),
    ),
    Row("a route that its Gateway serves", rollout(pod("api-2-a"), routes=[route()])),
    # What is not there yet.
    Row("a namespace in which nothing is yet", Snapshot()),
    Row(
        "a Deployment that its controller has not seen",
        Snapshot(workloads=[deployment(generation=1, observed=0, ready=0)]),
    ),
]


@pytest.mark.parametrize("row", TABLE, ids=[row.state for row in TABLE])
def test_a_state_has_its_verdict(row: Row) -> None:
    judged = verdict(row.snapshot)
    assert not judged.done
    reasons = judged.failures if row.fails else judged.news
    # An eviction beside the state that a row is about is told as well.
    codes = {reason.code for reason in reasons}
    assert codes == ({row.code} if row.code else set())
    if not row.fails:
        assert judged.failures == ()
    if row.code:
        assert row.words in reasons[0].message
        assert str(reasons[0]).startswith(row.place)


def test_a_rollout_is_done_when_all_its_pods_are_ready_and_no_old_one_is_left() -> None:
    assert verdict(finished()).done


def test_a_deployment_that_is_scaled_to_zero_is_done() -> None:
    assert verdict(finished(0)).done


@pytest.mark.parametrize(
    "made",
    [
        deployment(ready=2),
        deployment(ready=3, updated=2),
        deployment(ready=3, total=4),
        deployment(ready=3, generation=3, observed=2),
        deployment(replicas=5, ready=3, updated=3, total=3),
    ],
    ids=[
        "a pod is not ready",
        "a pod is of the old version",
        "an old pod is left",
        "the controller has not seen the newest change",
        "an autoscaler has asked for more",
    ],
)
def test_a_rollout_is_not_done_while(made: dict[str, object]) -> None:
    done = finished()
    assert not verdict(Snapshot([made], done.replica_sets, done.pods)).done


def test_pods_that_are_ready_in_the_deployments_status_alone_are_not_believed() -> None:
    done = finished()
    behind = Snapshot(done.workloads, [replica_set(ready=2), replica_set(1, replicas=0)], done.pods)
    assert not is_rolled_out(behind, done.workloads[0])


def test_a_release_is_done_when_all_its_deployments_are() -> None:
    done = finished()
    worker = deployment() | {"metadata": metadata("api-mail", generation=1, annotations={})}
    assert not verdict(Snapshot([*done.workloads, worker], done.replica_sets, done.pods)).done


def test_a_crash_loop_in_one_deployment_is_not_excused_by_the_pods_of_another() -> None:
    loop = rollout(pod("api-2-a", crashing()))
    worker = deployment() | {
        "metadata": metadata("mail", generation=1, annotations={"deployment.kubernetes.io/revision": "1"})
    }
    its = replica_set(1) | {
        "metadata": metadata("mail-1", "mail", annotations={"deployment.kubernetes.io/revision": "1"})
    }
    both = Snapshot(
        [*loop.workloads, worker], [*loop.replica_sets, its], [*loop.pods, pod("m", owner="mail-1")]
    )
    assert [reason.code for reason in verdict(both).failures] == [Code.CRASH_LOOP]


def test_what_a_rollout_waits_for_can_be_asked_at_any_time() -> None:
    (reason,) = unready(rollout(pod("api-2-a", container(state=RUNNING))))
    assert str(reason).startswith("Pod api-2-a container api: not ready: no probe has failed yet")
    assert unready(finished()) == []
