"""Keeps the number of pods where a release leaves it to an autoscaler from now on.

The number is Helm's until then. When Helm lets go of it, a workload has 1 pod, whatever there was, until
the autoscaler has started more. So it is handed to another field manager first:
https://kubernetes.io/docs/reference/using-api/server-side-apply/#transferring-ownership
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from ci.deploy.components import WORKLOADS
from ci.deploy.dry_run import FIELD_MANAGER
from ci.deploy.reader import path
from ci.deploy.target import Target
from ci.kubernetes.differences import Difference
from ci.kubernetes.manifests import Key, Object
from ci.kubernetes.workloads import dig, entries

KEEPER = "microservice-chart-autoscaling"


def keep(target: Target, objects: Mapping[Key, Object]) -> None:
    """Hand over the number of pods of those workloads among these objects that name none any more.

    Only Helm 4, which applies on the server, leaves alone then what is another manager's.
    """
    for key, made in objects.items():
        if key.kind in WORKLOADS and not _names_a_number(made):
            live = target.api.find(f"{path(WORKLOADS[key.kind], target.namespace)}/{key.name}") or {}
            if _is_helms(live):
                _hand_over(target, key, live["spec"]["replicas"])


def is_kept(difference: Difference, objects: Mapping[Key, Object]) -> bool:
    """Tell whether a difference between the cluster and these objects is a number of pods that is kept."""
    key, path, _, _ = difference
    return key.kind in WORKLOADS and path == "spec.replicas" and not _names_a_number(objects[key])


def _names_a_number(made: Object) -> bool:
    return dig(made, "spec", "replicas") is not None


def _is_helms(live: Object) -> bool:
    return any(
        entry.get("manager") == FIELD_MANAGER and "f:replicas" in (dig(entry, "fieldsV1", "f:spec") or {})
        for _, entry in entries(live, "metadata", "managedFields")
    )


def _hand_over(target: Target, key: Key, number: int) -> None:
    made = {
        "apiVersion": key.api_version,
        "kind": key.kind,
        "metadata": {"name": key.name},
        "spec": {"replicas": number},
    }
    options = ["--server-side", f"--field-manager={KEEPER}", "--force-conflicts", "--filename=-"]
    target.kubectl("apply", *options, stdin=json.dumps(made))
