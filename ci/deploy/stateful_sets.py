"""How a StatefulSet is rolled out: pod by pod, each only when the one before is ready.

Sources: https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#update-strategies, its
controller (pkg/controller/statefulset/stateful_set_control.go), and StatefulSetStatusViewer, by which
`kubectl rollout status` judges (staging/src/k8s.io/kubectl/pkg/polymorphichelpers/rollout_status.go).
"""

from __future__ import annotations

from ci.deploy.snapshot import Snapshot, event_time, is_observed, is_ready
from ci.kubernetes.manifests import Object
from ci.kubernetes.workloads import dig

KIND = "StatefulSet"


def to_update(made: Object) -> int:
    """Return how many pods a rollout replaces: not those below the partition, none with OnDelete."""
    strategy = dig(made, "spec", "updateStrategy") or {}
    if strategy.get("type") == "OnDelete":
        return 0
    replicas: int = made["spec"]["replicas"]
    return max(0, replicas - (dig(strategy, "rollingUpdate", "partition") or 0))


def is_rolled_out(made: Object) -> bool:
    """Tell whether the present generation is observed, all pods are ready, and as many are new as can be."""
    wanted = made["spec"]["replicas"]
    counts = ("replicas", "readyReplicas", "availableReplicas")
    all_ready = all((dig(made, "status", count) or 0) == wanted for count in counts)
    updated = dig(made, "status", "updatedReplicas") or 0
    return is_observed(made) and all_ready and updated >= to_update(made)


def refusal(snapshot: Snapshot, made: Object) -> str:
    """Return why the next pod can't be created, "" where none is missing or nothing is said of it.

    A StatefulSet has no condition for it, and its warnings stay for an hour: what is older than its newest
    pod is over.
    """
    pods = snapshot.pods_of(made)
    if len(pods) >= made["spec"]["replicas"]:
        return ""
    newest = max((str(pod["metadata"]["creationTimestamp"]) for pod in pods), default="")
    event = snapshot.newest_warning(made, "FailedCreate")
    return str(event.get("message") or "") if event and event_time(event) >= newest else ""


def obstacle(snapshot: Snapshot, made: Object) -> Object | None:
    """Return the pod of an earlier version that will be replaced only when it is ready, which it is not.

    Pods are looked at in their order, and the first that is not ready is waited for, also where it is the new
    version that would cure it:
    https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#forced-rollback
    """
    if dig(made, "spec", "podManagementPolicy") == "Parallel":
        return None
    unready = [pod for pod in snapshot.pods_of(made) if not is_ready(pod)]
    first = min(unready, key=_ordinal, default=None)
    if first is None or _ordinal(first) < _first_to_update(made):
        return None
    return first if first in snapshot.old_pods(made) else None


def _first_to_update(made: Object) -> int:
    start = dig(made, "spec", "ordinals", "start") or 0
    return int(start + made["spec"]["replicas"] - to_update(made))


def _ordinal(pod: Object) -> int:
    return int(pod["metadata"]["name"].rpartition("-")[2])
