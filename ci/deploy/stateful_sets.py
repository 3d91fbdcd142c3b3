"""How a StatefulSet is rolled out: when it is done, and what keeps it from making a pod.

Sources: https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#update-strategies, its
controller (pkg/controller/statefulset/stateful_set_control.go), and StatefulSetStatusViewer, by which
`kubectl rollout status` judges (staging/src/k8s.io/kubectl/pkg/polymorphichelpers/rollout_status.go).
"""

from __future__ import annotations

from ci.deploy.snapshot import Snapshot, event_time, is_observed
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
