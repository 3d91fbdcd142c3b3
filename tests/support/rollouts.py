"""Objects of a release as the API server returns them, cut down to what the rules look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ci.deploy.snapshot import Snapshot
from ci.kubernetes.manifests import Object

IMAGE = "myrepo/api:v1.4.0"
REVISION = "deployment.kubernetes.io/revision"
PROBE = {"httpGet": {"path": "/health", "port": "http"}}
RUNNING = {"running": {"startedAt": "2026-07-01T10:00:00Z"}}


def metadata(name: str, owner: str = "", **more: Any) -> dict[str, Any]:
    owners = [{"uid": owner, "controller": True}] if owner else []
    return {"name": name, "uid": name, "ownerReferences": owners, **more}


def deployment(
    replicas: int = 3,
    *,
    generation: int = 2,
    observed: int | None = None,
    ready: int = 0,
    updated: int | None = None,
    total: int | None = None,
    conditions: Sequence[Mapping[str, Any]] = (),
    volumes: Sequence[Mapping[str, Any]] = (),
) -> Object:
    """Return Deployment api in its second revision; ``updated`` and ``total`` are ``replicas`` by default."""
    counts = {
        "replicas": replicas if total is None else total,
        "updatedReplicas": replicas if updated is None else updated,
        "readyReplicas": ready,
        "availableReplicas": ready,
    }
    return {
        "kind": "Deployment",
        "metadata": metadata("api", generation=generation, annotations={REVISION: "2"}),
        "spec": {
            "replicas": replicas,
            "progressDeadlineSeconds": 600,
            "template": {
                "spec": {"containers": [{"name": "api", "image": IMAGE}], "volumes": list(volumes)},
            },
        },
        "status": {
            "observedGeneration": generation if observed is None else observed,
            "conditions": list(conditions),
            # Kubernetes leaves a count of 0 out.
            **{name: count for name, count in counts.items() if count},
        },
    }


def replica_set(revision: int = 2, *, ready: int = 0, replicas: int = 3, refused: str = "") -> Object:
    failure = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": refused}
    counts = {"replicas": replicas} | ({"readyReplicas": ready} if ready else {})
    return {
        "kind": "ReplicaSet",
        "metadata": metadata(f"api-{revision}", "api", annotations={REVISION: str(revision)}),
        "status": counts | ({"conditions": [failure]} if refused else {}),
    }


def stateful_set(
    replicas: int = 3,
    *,
    observed: int = 2,
    ready: int = 0,
    updated: int | None = None,
    total: int | None = None,
    available: int | None = None,
    strategy: Mapping[str, Any] | None = None,
) -> Object:
    """Return StatefulSet api in its second generation, whose version is api-new."""
    counts = {
        "replicas": replicas if total is None else total,
        "updatedReplicas": replicas if updated is None else updated,
        "readyReplicas": ready,
        "availableReplicas": ready if available is None else available,
    }
    return {
        "kind": "StatefulSet",
        "metadata": metadata("api", generation=2),
        "spec": {
            "replicas": replicas,
            "updateStrategy": {
                "type": "RollingUpdate",
                "rollingUpdate": {"partition": 0},
                **(strategy or {}),
            },
            "template": {"spec": {"containers": [{"name": "api", "image": IMAGE}]}},
        },
        "status": {
            "observedGeneration": observed,
            "currentRevision": "api-old",
            "updateRevision": "api-new",
            **{name: count for name, count in counts.items() if count},
        },
    }


def stateful_pod(
    number: int,
    *statuses: Mapping[str, Any],
    version: str = "api-new",
    created: str = "10:00:00",
    **more: Any,
) -> Object:
    """Return a pod of the StatefulSet, of its newest version."""
    made = pod(f"api-{number}", *statuses, owner="api", **more)
    its = {"labels": {"controller-revision-hash": version}, "creationTimestamp": f"2026-07-01T{created}Z"}
    return made | {"metadata": made["metadata"] | its}


def container(name: str = "api", *, restarts: int = 0, ready: bool = False, **states: Any) -> dict[str, Any]:
    """Return a container's status: ``state=...``, ``lastState=...``, ``started=...``."""
    return {
        "name": name,
        "image": "docker.io/" + IMAGE,
        "imageID": "docker.io/myrepo/api@sha256:9f2c",
        "restartCount": restarts,
        "ready": ready,
        "state": RUNNING,
        **states,
    }


def waiting(reason: str, message: str = "") -> dict[str, Any]:
    return {"waiting": {"reason": reason, "message": message}}


def terminated(code: int, reason: str = "Error", message: str = "") -> dict[str, Any]:
    return {"terminated": {"exitCode": code, "reason": reason, "message": message}}


def crashing(restarts: int = 1, code: int = 1, **more: Any) -> dict[str, Any]:
    """Return the status of a container in the pause before it is started again."""
    state = waiting("CrashLoopBackOff", "back-off 10s restarting failed container=api pod=api-2-a")
    return container(restarts=restarts, state=state, lastState=terminated(code), **more)


def pod(
    name: str = "api-2-a",
    *statuses: Mapping[str, Any],
    owner: str = "api-2",
    ready: bool = False,
    phase: str = "Running",
    init: Sequence[Mapping[str, Any]] = (),
    conditions: Sequence[Mapping[str, Any]] = (),
    volumes: Sequence[Mapping[str, Any]] = (),
    probes: Mapping[str, Any] | None = None,
    going: bool = False,
    **status: Any,
) -> Object:
    """Return a pod of the newest ReplicaSet; without statuses its one container runs."""
    probes = {"readinessProbe": PROBE} if probes is None else probes
    readiness = {"type": "Ready", "status": "True" if ready else "False"}
    return {
        "kind": "Pod",
        "metadata": metadata(name, owner) | ({"deletionTimestamp": "2026-07-01T10:00:00Z"} if going else {}),
        "spec": {
            "initContainers": [{"name": one["name"], "image": IMAGE} for one in init],
            "containers": [{"name": "api", "image": IMAGE, **probes}],
            "volumes": list(volumes),
        },
        "status": {
            "phase": phase,
            "conditions": [readiness, *conditions],
            "initContainerStatuses": list(init),
            "containerStatuses": list(statuses) or [container(ready=ready)],
            **status,
        },
    }


def job(name: str = "api-migration", *, failed: tuple[str, str] = ("", ""), kind: str = "Failed") -> Object:
    reason, message = failed
    condition = {"type": kind, "status": "True", "reason": reason, "message": message}
    return {
        "kind": "Job",
        "metadata": metadata(
            name,
            annotations={"helm.sh/hook": "pre-install,pre-upgrade"},
            labels={"app.kubernetes.io/component": "migration"},
        ),
        "spec": {"backoffLimit": 0, "template": {"spec": {"containers": [{"name": "api"}]}}},
        "status": {"conditions": [condition] if reason else []},
    }


def event(about: str, reason: str, message: str, *, of: str = "", at: str = "10:00:00") -> Object:
    """Return a warning about the object of a name, and of one container of it."""
    field = {"fieldPath": f"spec.containers{{{of}}}"} if of else {}
    return {
        "kind": "Event",
        "involvedObject": {"uid": about, **field},
        "reason": reason,
        "message": message,
        "lastTimestamp": f"2026-07-01T{at}Z",
    }


def claim(phase: str, storage_class: str | None = "fast", name: str = "api-data") -> Object:
    spec = {} if storage_class is None else {"storageClassName": storage_class}
    return {
        "kind": "PersistentVolumeClaim",
        "metadata": metadata(name),
        "spec": spec,
        "status": {"phase": phase},
    }


def storage_class(name: str, *, mode: str = "Immediate", default: bool = False) -> Object:
    marks = {"storageclass.kubernetes.io/is-default-class": "true"} if default else {}
    return {
        "kind": "StorageClass",
        "metadata": metadata(name, annotations=marks),
        "volumeBindingMode": mode,
    }


def autoscaler(status: str, reason: str, message: str = "") -> Object:
    active = {"type": "ScalingActive", "status": status, "reason": reason, "message": message}
    return {
        "kind": "HorizontalPodAutoscaler",
        "metadata": metadata("api"),
        "status": {"conditions": [active]},
    }


def scaled_object(ready: str, reason: str, message: str = "") -> Object:
    """Return one of KEDA's, with its condition Ready."""
    condition = {"type": "Ready", "status": ready, "reason": reason, "message": message}
    return {"kind": "ScaledObject", "metadata": metadata("api"), "status": {"conditions": [condition]}}


def route(*objections: tuple[str, str, str], generation: int = 2) -> Object:
    """Return a route; the Gateway `shared` objects to its generation 2 with (type, reason, message)."""
    conditions = [
        {"type": kind, "status": "False", "reason": reason, "message": message, "observedGeneration": 2}
        for kind, reason, message in objections
    ]
    well = [{"type": "Accepted", "status": "True", "observedGeneration": 2}]
    parent = {"parentRef": {"name": "shared", "namespace": "gateways"}, "conditions": conditions or well}
    return {
        "kind": "HTTPRoute",
        "metadata": metadata("api", generation=generation),
        "status": {"parents": [parent]},
    }


def rollout(*pods: Object, made: Object | None = None, newest: Object | None = None, **more: Any) -> Snapshot:
    """Return the snapshot of a rollout with these new pods and three old ones that are ready."""
    old = [pod(f"api-1-{letter}", owner="api-1", ready=True) for letter in "abc"]
    return Snapshot(
        workloads=[made or deployment(updated=len(pods), total=len(pods) + 3, ready=3)],
        replica_sets=[newest or replica_set(replicas=len(pods)), replica_set(1, ready=3)],
        pods=[*pods, *old],
        **more,
    )


def finished(replicas: int = 3) -> Snapshot:
    """Return the snapshot of a rollout that is done."""
    pods = [pod(f"api-2-{number}", ready=True) for number in range(replicas)]
    return Snapshot(
        workloads=[deployment(replicas, ready=replicas)],
        replica_sets=[replica_set(ready=replicas, replicas=replicas), replica_set(1, replicas=0)],
        pods=pods,
    )
