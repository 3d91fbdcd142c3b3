"""Objects as they are in a cluster, turned into the manifests that somebody would have written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ci.kubernetes.defaulting import said, without_server_annotations
from ci.kubernetes.manifests import Key, Object
from ci.kubernetes.workloads import dig

# Begin the names of annotations that controllers and tools write, and read for themselves alone.
_FOREIGN_ANNOTATIONS = (
    *("meta.helm.sh/", "argocd.argoproj.io/tracking-id", "kustomize.toolkit.fluxcd.io/"),
    *("deployment.kubernetes.io/", "batch.kubernetes.io/", "pv.kubernetes.io/", "volume.kubernetes.io/"),
    *("volume.beta.kubernetes.io/storage-provisioner", "endpoints.kubernetes.io/", "field.cattle.io/"),
)
_FOREIGN_LABELS = (
    *("app.kubernetes.io/managed-by", "helm.sh/chart", "argocd.argoproj.io/instance"),
    *("helm.toolkit.fluxcd.io/", "kustomize.toolkit.fluxcd.io/"),
)
_OF_A_JOB = ("controller-uid", "job-name", "batch.kubernetes.io/")
# What is assigned to a Service: an address, and what follows from it.
_ASSIGNED = ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "healthCheckNodePort")


class Live(NamedTuple):
    """A namespace of a cluster: its ``objects``, cleaned; Secrets have no values unless they were asked for.

    ``chosen`` are the workloads that may be imported, ``owners`` what manages an object, in words, and
    ``releases`` the Helm release of each object that has one. ``unread`` says what nobody may read, and why.
    """

    context: str
    namespace: str
    objects: dict[Key, Object]
    chosen: frozenset[Key]
    owners: Mapping[Key, str]
    releases: Mapping[Key, str]
    unread: list[str]


def cleaned(made: Object) -> Object:
    """Return a live object without what the API server, controllers and tools have added to it.

    A field with a default counts as unsaid, as in a manifest without it.
    """
    metadata = {
        field: made["metadata"][field] for field in ("name", "namespace") if field in made["metadata"]
    }
    labels = _without(dig(made, "metadata", "labels") or {}, *_FOREIGN_LABELS, *_of_a_job(made))
    annotations = without_server_annotations(dig(made, "metadata", "annotations") or {})
    annotations = _without(annotations, *_FOREIGN_ANNOTATIONS)
    metadata |= {"labels": labels} if labels else {}
    metadata |= {"annotations": annotations} if annotations else {}
    rest = {field: value for field, value in made.items() if field not in ("metadata", "status")}
    return said({**rest, "metadata": metadata, **_CLEANED.get(made["kind"], _nothing)(made)})


def _nothing(_: Object) -> Object:
    return {}


def _service(made: Object) -> Object:
    spec = made.get("spec") or {}
    assigned = _ASSIGNED if spec.get("clusterIP") != "None" else _ASSIGNED[2:]
    return {"spec": {field: value for field, value in spec.items() if field not in assigned}}


def _claim(made: Object) -> Object:
    """Return the claim's spec without the volume that it was bound to: it stays bound by the claim's name."""
    spec = made.get("spec") or {}
    return {"spec": {field: value for field, value in spec.items() if field != "volumeName"}}


def _job(made: Object) -> Object:
    """Return a Job's spec without the selector and the labels that its pods are counted by."""
    spec = {field: value for field, value in (made.get("spec") or {}).items() if field != "selector"}
    template = spec.get("template") or {}
    metadata = template.get("metadata") or {}
    labels = _without(metadata.get("labels") or {}, *_OF_A_JOB)
    return {"spec": {**spec, "template": {**template, "metadata": {**metadata, "labels": labels}}}}


def _account(made: Object) -> Object:
    return {"secrets": None} if "secrets" in made else {}


_CLEANED = {
    "Service": _service,
    "PersistentVolumeClaim": _claim,
    "Job": _job,
    "ServiceAccount": _account,
}


def _of_a_job(made: Object) -> tuple[str, ...]:
    return _OF_A_JOB if made["kind"] == "Job" else ()


def _without(texts: Mapping[str, Any], *beginnings: str) -> dict[str, Any]:
    return {name: text for name, text in texts.items() if not name.startswith(beginnings)}
