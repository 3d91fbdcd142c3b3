"""The state of one release at one moment, and the questions that rules ask about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ci.kubernetes.manifests import Object
from ci.kubernetes.workloads import dig, entries, main_container

_REVISION = "deployment.kubernetes.io/revision"
# On the pods of a StatefulSet: the name of their version.
_VERSION = "controller-revision-hash"
SCALED_OBJECT = "ScaledObject"


@dataclass(frozen=True)
class Snapshot:
    """The objects of a release by kind, as ``kubectl get`` prints them.

    ``workloads`` are Deployments and StatefulSets; ``jobs`` are Helm hooks. ``events`` are the namespace's
    warnings. ``storage_classes`` is None where they may not be listed. ``autoscalers`` are
    HorizontalPodAutoscalers and KEDA's ScaledObjects; ``routes`` lead here from a Gateway. ``awaited`` holds
    the Secrets that an operator has yet to write, with what it says about each ("" for nothing).
    """

    workloads: list[Object] = field(default_factory=list)
    replica_sets: list[Object] = field(default_factory=list)
    pods: list[Object] = field(default_factory=list)
    jobs: list[Object] = field(default_factory=list)
    events: list[Object] = field(default_factory=list)
    claims: list[Object] = field(default_factory=list)
    storage_classes: list[Object] | None = None
    autoscalers: list[Object] = field(default_factory=list)
    routes: list[Object] = field(default_factory=list)
    awaited: Mapping[str, str] = field(default_factory=dict)

    def newest(self, workload: Object) -> Object | None:
        """Return what makes the pods of a workload's present generation, None before there is one.

        That is a Deployment's newest ReplicaSet, or the StatefulSet itself.
        """
        if not is_observed(workload):
            return None
        if workload["kind"] == "StatefulSet":
            return workload
        revision = dig(workload, "metadata", "annotations", _REVISION)
        sets = self._sets_of(workload) if revision is not None else []
        return next((one for one in sets if dig(one, "metadata", "annotations", _REVISION) == revision), None)

    def pods_of_newest(self, workload: Object) -> list[Object]:
        """Return the pods of a workload's present generation, also those that are being deleted."""
        newest = self.newest(workload)
        if newest is None:
            return []
        pods = self.pods_of(newest)
        if newest is not workload:
            return pods
        version = dig(workload, "status", "updateRevision")
        return [pod for pod in pods if dig(pod, "metadata", "labels", _VERSION) == version]

    def new_pods(self, workload: Object) -> list[Object]:
        """Return the pods of a workload's present generation, but for those that are being deleted."""
        return [pod for pod in self.pods_of_newest(workload) if not is_going(pod)]

    def old_pods(self, workload: Object) -> list[Object]:
        """Return the pods of a workload's earlier generations, but for those that are being deleted."""
        if self.newest(workload) is None:
            return []
        new = self.pods_of_newest(workload)
        return [pod for pod in self.all_pods(workload) if pod not in new and not is_going(pod)]

    def all_pods(self, workload: Object) -> list[Object]:
        """Return the pods of all generations of a workload."""
        return [pod for one in self._sets_of(workload) for pod in self.pods_of(one)]

    def _sets_of(self, workload: Object) -> list[Object]:
        if workload["kind"] == "StatefulSet":
            return [workload]
        return [one for one in self.replica_sets if is_owned(one, workload)]

    def pods_of(self, owner: Object) -> list[Object]:
        """Return the pods that a ReplicaSet, a StatefulSet or a Job has made."""
        return [pod for pod in self.pods if is_owned(pod, owner)]

    def pods_at_work(self) -> Iterator[Object]:
        """Yield the new pods of workloads and the pods of hooks, but for those that have ended."""
        made = [pod for workload in self.workloads for pod in self.new_pods(workload)]
        made += [pod for job in self.jobs for pod in self.pods_of(job)]
        yield from (pod for pod in made if not has_ended(pod))

    def warning(self, about: Object, reason: str, *, container: str = "", having: str = "") -> str:
        """Return the newest warning of a reason about an object that contains ``having``, "" without one.

        With ``container``, events about another container of the pod are left out.
        """
        newest = self.newest_warning(about, reason, container=container, having=having) or {}
        return str(newest.get("message") or "")

    def newest_warning(
        self, about: Object, reason: str, *, container: str = "", having: str = ""
    ) -> Object | None:
        """Return the event of the newest such warning, None without one."""
        mark = f"{{{container}}}" if container else ""
        found = [
            event
            for event in self.events
            if event.get("reason") == reason
            and dig(event, "involvedObject", "uid") == about["metadata"]["uid"]
            and having in (event.get("message") or "")
            and (dig(event, "involvedObject", "fieldPath") or "").endswith(mark)
        ]
        return max(found, key=event_time, default=None)


def is_observed(workload: Object) -> bool:
    """Tell whether the controller has seen the present generation: before, the status is an earlier one's."""
    return bool((dig(workload, "status", "observedGeneration") or 0) >= workload["metadata"]["generation"])


def is_owned(one: Object, owner: Object) -> bool:
    """Tell whether an object belongs to another."""
    references = entries(one, "metadata", "ownerReferences")
    return any(reference.get("uid") == owner["metadata"]["uid"] for _, reference in references)


def is_going(one: Object) -> bool:
    """Tell whether an object is being deleted."""
    return bool(dig(one, "metadata", "deletionTimestamp"))


def has_ended(pod: Object) -> bool:
    """Tell whether a pod will run no container any more."""
    return dig(pod, "status", "phase") in ("Succeeded", "Failed")


def is_ready(pod: Object) -> bool:
    """Tell whether a pod receives traffic."""
    return (condition(pod, "Ready") or {}).get("status") == "True"


def statuses(pod: Object) -> list[Mapping[str, Any]]:
    """Return the statuses of a pod's init containers, then of its containers."""
    kinds = ("initContainerStatuses", "containerStatuses")
    return [status for kind in kinds for _, status in entries(pod, "status", kind)]


def condition(one: Object | None, kind: str) -> Mapping[str, Any] | None:
    """Return an object's condition of a type, None where it has none."""
    return next(
        (found for _, found in entries(one, "status", "conditions") if found.get("type") == kind), None
    )


def running_image(snapshot: Snapshot) -> str:
    """Return the image that the new pods' main containers run, as it is written and with its digest.

    Several are joined by commas; "" where none runs.
    """
    found = set()
    for workload in snapshot.workloads:
        main = main_container(workload)
        for pod in snapshot.new_pods(workload):
            for status in statuses(pod):
                if status["name"] == main["name"] and (identity := status.get("imageID")):
                    name = main["image"].partition("@")[0]
                    found.add(f"{name}@{identity.rpartition('@')[2]}")
    return ", ".join(sorted(found))


def full_name(one: Object) -> str:
    """Return kind and name, as reasons name an object: ``Pod api-6d4f9-x2x7p``."""
    return f"{one['kind']} {one['metadata']['name']}"


def event_time(event: Object) -> str:
    """Return when an event was last seen; the scheduler writes it to another field than the kubelet."""
    seen = dig(event, "series", "lastObservedTime") or event.get("lastTimestamp") or event.get("eventTime")
    return str(seen or dig(event, "metadata", "creationTimestamp") or "")
