"""Reads the state of a release from its cluster, and the logs of its pods."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from ci.base.processes import CommandError
from ci.deploy import pod_logs
from ci.deploy.snapshot import Snapshot, condition, event_time, full_name
from ci.deploy.target import Target
from ci.kubernetes.manifests import Object
from ci.kubernetes.workloads import dig

# What has to be readable in the namespace, beside events.
KINDS = (
    "deployments.apps",
    "statefulsets.apps",
    "replicasets.apps",
    "pods",
    "jobs.batch",
    "persistentvolumeclaims",
    "horizontalpodautoscalers.autoscaling",
)
# Read where the cluster serves them and the user may list them.
EXTERNAL_SECRETS = "externalsecrets.external-secrets.io"
STORES = "secretstores.external-secrets.io"
SCALED_OBJECTS = "scaledobjects.keda.sh"
ROUTES = ("httproutes.gateway.networking.k8s.io", "grpcroutes.gateway.networking.k8s.io")
# Of these groups another version than v1.
_VERSIONS = {"autoscaling": "v2", "keda.sh": "v1alpha1"}


@dataclass(frozen=True)
class Reader:
    """Reads the state of a service's release."""

    target: Target
    # The kinds of operators that can't be read.
    _closed: set[str] = field(default_factory=set, init=False, repr=False, compare=False)

    def snapshot(self) -> Snapshot:
        """Return the release's objects at this moment, and the warnings of its namespace.

        Of Jobs only hooks are in it: those of cron jobs fail without harm to a deploy. Raise CommandError
        where the cluster gives no answer.
        """
        with ThreadPoolExecutor() as pool:
            # The kubelet's and the controllers' complaints; all events of a busy namespace are megabytes.
            warnings = {"fieldSelector": "type=Warning"}
            events = pool.submit(self.target.api.list, path("events", self.target.namespace), **warnings)
            # One after the other: pods are no older than the counts of them.
            found = {kind: listed(self.target, kind) for kind in KINDS}
            found |= self._of_operators()
        claims = found["persistentvolumeclaims"]
        stores = {one["metadata"]["name"]: one for one in found.get(STORES, [])}
        seen = events.result()
        awaited = [_awaited(one, stores, seen) for one in found.get(EXTERNAL_SECRETS, [])]
        return Snapshot(
            workloads=[*found["deployments.apps"], *found["statefulsets.apps"]],
            replica_sets=found["replicasets.apps"],
            pods=found["pods"],
            jobs=[one for one in found["jobs.batch"] if dig(one, "metadata", "annotations", "helm.sh/hook")],
            events=seen,
            claims=claims,
            storage_classes=self._storage_classes if claims else None,
            autoscalers=[*found["horizontalpodautoscalers.autoscaling"], *found.get(SCALED_OBJECTS, [])],
            routes=[one for kind in ROUTES for one in found.get(kind, [])],
            awaited=dict(filter(None, awaited)),
        )

    def last_lines(self, pod: Object, status: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the end of a container's log, () where there is none."""
        return pod_logs.last_lines(self.target.kubectl, pod, status)

    def follow(self, pod: Object, container: str) -> pod_logs.Follower:
        """Collect what a container writes from now on, and what it wrote already."""
        return pod_logs.Follower(self.target.kubectl, pod, container)

    @functools.cached_property
    def _storage_classes(self) -> list[Object] | None:
        """The StorageClasses, None where the user may not list what is the cluster's."""
        try:
            return self.target.api.list(path("storageclasses.storage.k8s.io"))
        except CommandError as error:
            if "Forbidden" in error.output:
                return None
            raise

    def _of_operators(self) -> dict[str, list[Object]]:
        """Return the objects of each kind of operators that the cluster serves and the user may list.

        Another kind is asked for once.
        """
        found = {}
        for kind in (EXTERNAL_SECRETS, STORES, SCALED_OBJECTS, *ROUTES):
            if kind in self._closed:
                continue
            try:
                found[kind] = listed(self.target, kind)
            except CommandError as error:
                if "Forbidden" not in error.output and "NotFound" not in error.output:
                    raise
                self._closed.add(kind)
        return found


def listed(target: Target, kind: str) -> list[Object]:
    """Return a release's objects of a kind ("jobs.batch"); raise CommandError where they can't be listed."""
    release = {"labelSelector": f"app.kubernetes.io/instance={target.service}"}
    return target.api.list(path(kind, target.namespace), **release)


def path(kind: str, namespace: str = "") -> str:
    """Return where the objects of a kind ("jobs.batch") are in the Kubernetes API."""
    plural, _, group = kind.partition(".")
    version = f"apis/{group}/{_VERSIONS.get(group, 'v1')}" if group else "api/v1"
    return "/" + "/".join(filter(None, (version, namespace and f"namespaces/{namespace}", plural)))


def _awaited(
    external: Object, stores: Mapping[str, Object], events: Iterable[Object]
) -> tuple[str, str] | None:
    """Return the Secret that an ExternalSecret has yet to write, with why it is not there.

    ``syncedResourceVersion`` begins with the generation that was written last:
    https://external-secrets.io/latest/api/spec/
    """
    ready = condition(external, "Ready") or {}
    written = str(dig(external, "status", "syncedResourceVersion") or "").partition("-")[0]
    if ready.get("status") == "True" and written == str(external["metadata"]["generation"]):
        return None
    name = dig(external, "spec", "target", "name") or external["metadata"]["name"]
    reference = dig(external, "spec", "secretStoreRef") or {}
    store = stores.get(reference.get("name", "")) if reference.get("kind") == "SecretStore" else None
    said = [_complaint(one, events) for one in (external, store) if one]
    return name, "; ".join(filter(None, said))


def _complaint(one: Object, events: Iterable[Object]) -> str:
    """Return why an ExternalSecret or a SecretStore is not ready, "" for one that is or has said nothing.

    The reason itself is in the newest warning: the condition often says no more than that there is one.
    """
    ready = condition(one, "Ready") or {}
    if ready.get("status") != "False":
        return ""
    about = [event for event in events if dig(event, "involvedObject", "uid") == one["metadata"]["uid"]]
    newest = max(about, key=event_time, default=ready)
    words = str(newest.get("message") or ready.get("message") or "").split()
    return f"{full_name(one)}: {' '.join(words)}"
