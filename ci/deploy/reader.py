"""Reads the state of a release from its cluster, and the logs of its pods."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from ci.base.processes import CommandError
from ci.clusters.kubectl import Kubectl
from ci.deploy import pod_logs
from ci.deploy.snapshot import Snapshot, condition
from ci.kubernetes.manifests import Object
from ci.kubernetes.workloads import dig

# What has to be readable in the namespace, beside events.
KINDS = (
    "deployments.apps",
    "replicasets.apps",
    "pods",
    "jobs.batch",
    "persistentvolumeclaims",
    "horizontalpodautoscalers.autoscaling",
)
_EXTERNAL_SECRETS = "externalsecrets.external-secrets.io"
# Less than kubectl tries by itself where a connection is lost.
ANSWER_SECONDS = 8


@dataclass(frozen=True)
class Reader:
    """Reads the state of the release of a name."""

    kubectl: Kubectl
    release: str

    def snapshot(self) -> Snapshot:
        """Return the release's objects at this moment, and the warnings of its namespace.

        Of Jobs only hooks are in it: those of cron jobs fail without harm to a deploy. Raise CommandError
        where the cluster gives no answer.
        """
        kinds = [*KINDS, _EXTERNAL_SECRETS] if self._external_secrets else KINDS
        with ThreadPoolExecutor() as pool:
            # The kubelet's and the controllers' complaints; all events of a busy namespace are megabytes.
            events = pool.submit(self._get, "events", "--field-selector=type=Warning")
            found = self._get(",".join(kinds), f"--selector=app.kubernetes.io/instance={self.release}")
        by_kind: dict[str, list[Object]] = {}
        for one in found:
            by_kind.setdefault(one["kind"], []).append(one)
        jobs = by_kind.get("Job", [])
        claims = by_kind.get("PersistentVolumeClaim", [])
        return Snapshot(
            deployments=by_kind.get("Deployment", []),
            replica_sets=by_kind.get("ReplicaSet", []),
            pods=by_kind.get("Pod", []),
            jobs=[job for job in jobs if dig(job, "metadata", "annotations", "helm.sh/hook")],
            events=events.result(),
            claims=claims,
            storage_classes=self._storage_classes if claims else None,
            autoscalers=by_kind.get("HorizontalPodAutoscaler", []),
            awaited=dict(filter(None, map(_awaited, by_kind.get("ExternalSecret", [])))),
        )

    def last_lines(self, pod: Object, status: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the end of a container's log, () where there is none."""
        return pod_logs.last_lines(self.kubectl, pod, status)

    def follow(self, pod: Object, container: str) -> pod_logs.Follower:
        """Collect what a container writes from now on, and what it wrote already."""
        return pod_logs.Follower(self.kubectl, pod, container)

    def _get(self, *arguments: str) -> list[Object]:
        printed = self.kubectl("get", *arguments, "--output=json", seconds=ANSWER_SECONDS)
        items: list[Object] = json.loads(printed)["items"]
        return items

    @functools.cached_property
    def _storage_classes(self) -> list[Object] | None:
        """The StorageClasses, None where the user may not list what is the cluster's."""
        try:
            return self._get("storageclasses.storage.k8s.io")
        except CommandError as error:
            if "Forbidden" in error.output:
                return None
            raise

    @functools.cached_property
    def _external_secrets(self) -> bool:
        """Whether the cluster serves ExternalSecrets, and the user may list them."""
        try:
            self._get(_EXTERNAL_SECRETS)
        except CommandError as error:
            if "Forbidden" in error.output or "doesn't have a resource type" in error.output:
                return False
            raise
        return True


def _awaited(external: Object) -> tuple[str, str] | None:
    """Return the Secret that an ExternalSecret has yet to write, with why it is not there.

    ``syncedResourceVersion`` begins with the generation that was written last:
    https://external-secrets.io/latest/api/spec/
    """
    ready = condition(external, "Ready") or {}
    written = str(dig(external, "status", "syncedResourceVersion") or "").partition("-")[0]
    if ready.get("status") == "True" and written == str(external["metadata"]["generation"]):
        return None
    name = dig(external, "spec", "target", "name") or external["metadata"]["name"]
    words = str(ready.get("message", "")) if ready.get("status") == "False" else ""
    return name, f"ExternalSecret {external['metadata']['name']}: {words}" if words else ""
