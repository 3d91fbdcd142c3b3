"""The workload and its pods: replicas, rollouts, labels, annotations, scheduling, `podSpec`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ci.importing.container import essential_fields
from ci.importing.draft import Draft, take
from ci.importing.renames import VERSIONED
from ci.importing.selection import INSTANCE
from ci.kubernetes.defaulting import without_server_annotations
from ci.kubernetes.manifests import Object
from ci.kubernetes.workloads import dig

NAME = "app.kubernetes.io/name"
COMPONENT = "app.kubernetes.io/component"
# The labels that the chart sets itself, and that of a ReplicaSet.
OWN_LABELS = frozenset(
    {NAME, INSTANCE, COMPONENT, "app.kubernetes.io/version", "app.kubernetes.io/managed-by"}
    | {"helm.sh/chart", "pod-template-hash", VERSIONED}
)
_SPREAD = [
    {
        "matchLabelKeys": ["pod-template-hash"],
        "maxSkew": 1,
        "topologyKey": key,
        "whenUnsatisfiable": "ScheduleAnyway",
    }
    for key in ("kubernetes.io/hostname", "topology.kubernetes.io/zone")
]
APART = [
    {
        "preferredDuringSchedulingIgnoredDuringExecution": [
            {"podAffinityTerm": {"topologyKey": "kubernetes.io/hostname", **by_version}, "weight": 100}
        ]
    }
    for by_version in ({}, {"matchLabelKeys": ["pod-template-hash"]})
]
ISSUER = "cert-manager.io/cluster-issuer"
# By these Helm and Argo CD keep what holds data, and settings with versions.
_KEPT = ("helm.sh/resource-policy", "argocd.argoproj.io/sync-options", "argocd.argoproj.io/compare-options")
_DEPLOYMENT = "deployment"
_TOP_LEVEL = ("terminationGracePeriodSeconds", "priorityClassName", "nodeSelector", "tolerations")


def map_names(draft: Draft) -> None:
    """Keep the names by which others know the service: those of its Service and in its labels."""
    if draft.fullname != draft.name:
        draft.set("fullnameOverride", draft.fullname)
    name = draft.labels.get(NAME)
    if name and name != draft.name:
        draft.set("nameOverride", name)


def map_workload(draft: Draft) -> None:
    """Map kind and replicas, how a rollout goes, and the pods' annotations."""
    draft.place(draft.workload_key)
    draft.set("kind", draft.workload_key.kind)
    draft.describe(_DEPLOYMENT, draft.workload_key)
    spec = draft.workload.get("spec") or {}
    scaled = any(
        _scales(other, draft) for _, other in draft.of_kind("HorizontalPodAutoscaler", "ScaledObject")
    )
    if not scaled:
        replicas = spec.get("replicas")
        draft.set("replicaCount", 1 if replicas is None else replicas)
    for field, value in take(
        spec, "minReadySeconds", "progressDeadlineSeconds", "revisionHistoryLimit"
    ).items():
        draft.set(field, value)
    if unavailable := dig(spec, "updateStrategy", "rollingUpdate", "maxUnavailable"):
        draft.set("strategy.rollingUpdate.maxUnavailable", unavailable)
    if strategy := spec.get("strategy"):
        recreate = strategy.get("type") == "Recreate"
        draft.set("strategy", {"type": "Recreate"} if recreate else strategy)
    annotations = without_server_annotations(dig(spec, "template", "metadata", "annotations") or {})
    # The chart computes its own.
    rest = {name: text for name, text in annotations.items() if not name.startswith("checksum/")}
    if rest:
        draft.set("podAnnotations", rest)


def map_labels(draft: Draft) -> None:
    """Map labels: those that all objects have in common, those of the pods and of each block."""
    made = [labels_of(draft.source[key]) for key in draft.places]
    shared = dict(set(draft.labels.items()).intersection(*(each.items() for each in made)))
    common = {name: text for name, text in draft.labels.items() if name in shared and name not in OWN_LABELS}
    # One object alone has nothing in common with others.
    if common and len(made) > 1:
        draft.set("commonLabels", common)
    else:
        common = {}
    for field, labels in (
        ("podLabels", draft.labels),
        *((_field(block, "labels"), draft.of_block(block, "labels")) for block in draft.blocks),
    ):
        rest = {
            name: text for name, text in labels.items() if name not in OWN_LABELS and common.get(name) != text
        }
        if rest:
            draft.set(field, rest)


def map_annotations(draft: Draft) -> None:
    """Map annotations: those of each block, and those that the pods and all objects have in common."""
    for block in draft.blocks:
        annotations = draft.of_block(block, "annotations")
        rest = {name: text for name, text in annotations.items() if not _is_own(name, block, draft)}
        if rest:
            draft.set(_field(block, "annotations"), rest)
    made = [draft.source[key] for key in draft.places if key.kind not in ("Pod", "Job")]
    template = dig(draft.source[draft.workload_key], "spec", "template") or {}
    each = [set((dig(one, "metadata", "annotations") or {}).items()) for one in (*made, template)]
    common = dict(set.intersection(*each)) if len(made) > 1 else {}
    if common := without_server_annotations(common):
        _remove(draft.values, common)
        draft.set("commonAnnotations", dict(sorted(common.items())))


def _field(block: str, field: str) -> str:
    if block == "tests":
        return f"tests.pod{field.title()}"
    return f"{block}{field.title()}" if block == _DEPLOYMENT else f"{block}.{field}"


def _is_own(annotation: str, block: str, draft: Draft) -> bool:
    """Tell whether the chart sets an annotation by itself, from another key of the block."""
    values: Any = draft.values
    for part in block.split("."):
        values = (values or {}).get(part)
    if block in ("migration", "tests"):
        return annotation.startswith("helm.sh/hook")
    if annotation == ISSUER:
        return bool(dig(values, "clusterIssuer"))
    return annotation in _KEPT and (block.endswith(".claim") or bool(dig(values, "versioned")))


def _remove(values: dict[str, Any], annotations: Mapping[str, str]) -> None:
    for key, value in values.items():
        if isinstance(value, dict) and key.lower().endswith("annotations"):
            for name in annotations.items() & value.items():
                del value[name[0]]
        elif isinstance(value, dict):
            _remove(value, annotations)


def labels_of(made: Mapping[str, Any]) -> dict[str, str]:
    """Return an object's own labels."""
    return dig(made, "metadata", "labels") or {}


def pod_of(workload: Mapping[str, Any]) -> dict[str, Any]:
    """Return the pod's spec of a workload, {} without one."""
    return dig(workload, "spec", "template", "spec") or {}


def map_pod(draft: Draft) -> None:
    """Map scheduling, further containers, and all other fields of the pod to podSpec."""
    pod = draft.pod
    for field, value in take(pod, *_TOP_LEVEL).items():
        draft.set(field, value)
    selector = dig(draft.workload, "spec", "selector", "matchLabels") or {}
    if affinity := pod.pop("affinity", None):
        without_own_selectors(affinity, selector)
        draft.set("affinity", affinity)
    if constraints := pod.pop("topologySpreadConstraints", None):
        for constraint in constraints:
            _leave_out_own(constraint, selector)
        draft.set("topologySpreadConstraints", constraints)
    _leave_out_default_spread(draft)
    pod.pop("containers", None)
    if init := pod.pop("initContainers", None):
        draft.set("initContainers", init)
    if draft.side_containers:
        draft.set("extraContainers", draft.side_containers)
    rest = essential_fields({**pod, "containers": []})
    if rest:
        draft.set("podSpec", rest)


def _leave_out_default_spread(draft: Draft) -> None:
    """Leave out the chart's own spread over zones and nodes: microservice.affinity."""
    affinity = draft.values.get("affinity") or {}
    spread = draft.values.get("topologySpreadConstraints") or []
    apart = affinity.get("podAntiAffinity")
    if draft.workload_key.kind == "StatefulSet":
        spread = [{**each, "matchLabelKeys": ["pod-template-hash"]} for each in spread]
    if apart in APART and sorted(spread, key=str) == sorted(_SPREAD, key=str):
        del affinity["podAntiAffinity"], draft.values["topologySpreadConstraints"]


def without_own_selectors(affinity: Mapping[str, Any], selector: Mapping[str, str]) -> None:
    """Remove label selectors that are the workload's own from the terms of an affinity, in place."""
    for kind in ("podAffinity", "podAntiAffinity"):
        rules = affinity.get(kind) or {}
        for term in rules.get("requiredDuringSchedulingIgnoredDuringExecution") or []:
            _leave_out_own(term, selector)
        for weighted in rules.get("preferredDuringSchedulingIgnoredDuringExecution") or []:
            _leave_out_own(weighted.get("podAffinityTerm") or {}, selector)


def _leave_out_own(term: dict[str, Any], selector: Mapping[str, str]) -> None:
    """Remove a label selector that is that of the workload: the chart's default is its own."""
    if term.get("labelSelector") == {"matchLabels": selector}:
        del term["labelSelector"]


def _scales(made: Object, draft: Draft) -> bool:
    target = dig(made, "spec", "scaleTargetRef") or {}
    return (target.get("kind", "Deployment"), target.get("name")) == draft.workload_key[1::2]
