"""HorizontalPodAutoscaler and PodDisruptionBudget: `autoscaling`, `podDisruptionBudget`."""

from __future__ import annotations

from typing import Any

from ci.importing.draft import Draft
from ci.kubernetes.manifests import Object
from ci.kubernetes.workloads import dig

_KEYS = {"cpu": "targetCPUUtilizationPercentage", "memory": "targetMemoryUtilizationPercentage"}
_POLICY = "unhealthyPodEvictionPolicy"


def map_autoscaler(draft: Draft) -> None:
    """Map the autoscaler of the workload; one of another kind stays an object, and scales the chart's."""
    target = (draft.workload_key.kind, draft.workload_key.name)
    for key, made in list(draft.of_kind("HorizontalPodAutoscaler", "ScaledObject", "VerticalPodAutoscaler")):
        field = "targetRef" if key.kind == "VerticalPodAutoscaler" else "scaleTargetRef"
        reference = dig(made, "spec", field) or {}
        if (reference.get("kind", "Deployment"), reference.get("name")) != target:
            continue
        reference["name"] = draft.fullname
        if key.kind == "HorizontalPodAutoscaler" and "autoscaling" not in draft.values:
            draft.place(key)
            draft.set("autoscaling", {"enabled": True, **autoscaling(made)})
            draft.describe("autoscaling", key)
        elif key.kind == "ScaledObject":
            draft.set("autoscaling.external", True)


def autoscaling(made: Object) -> dict[str, Any]:
    """Return an autoscaler in the chart's form."""
    spec = made.get("spec") or {}
    found: dict[str, Any] = {
        "minReplicas": spec.get("minReplicas", 1),
        "maxReplicas": spec.get("maxReplicas"),
    }
    # Without any metric Kubernetes takes this one: SetDefaults_HorizontalPodAutoscaler.
    found["targetCPUUtilizationPercentage"] = None if spec.get("metrics") else 80
    others = []
    for metric in spec.get("metrics") or []:
        resource = metric.get("resource") or {}
        key = _KEYS.get(resource.get("name", ""))
        percent = dig(resource, "target", "averageUtilization")
        if metric.get("type") == "Resource" and key and percent and not found.get(key):
            found[key] = percent
        else:
            others.append(metric)
    if others:
        found["metrics"] = others
    if spec.get("behavior"):
        found["behavior"] = spec["behavior"]
    return found


def map_disruption_budget(draft: Draft) -> None:
    """Map the budget of the workload's pods; one that blocks every drain is refused by the chart."""
    for key, made in list(draft.of_kind("PodDisruptionBudget")):
        spec = made.get("spec") or {}
        if not draft.selects_pods(spec.get("selector")) or "podDisruptionBudget" in draft.values:
            continue
        least, most = spec.get("minAvailable"), spec.get("maxUnavailable")
        if _blocks(draft, least, most):
            draft.leave(
                key, "it lets no pod be evicted, so that a node can never be drained: the chart refuses it"
            )
            draft.set("podDisruptionBudget.enabled", False)
        elif draft.wishes.exact and spec.get(_POLICY) != "AlwaysAllow":
            # The chart's own budget always has that policy.
            draft.set("podDisruptionBudget.enabled", False)
        else:
            draft.place(key)
            if most == 1 and least is None and _replicas(draft) >= 2:
                most = None
            budget = {"minAvailable": least, "maxUnavailable": most}
            draft.set(
                "podDisruptionBudget", {name: value for name, value in budget.items() if value is not None}
            )
            draft.describe("podDisruptionBudget", key)


def _blocks(draft: Draft, least: object, most: object) -> bool:
    replicas = _replicas(draft)
    return most in (0, "0%") or least == "100%" or (isinstance(least, int) and least >= replicas)


def _replicas(draft: Draft) -> int:
    """Return the least number of pods, 0 if another kind of autoscaler sets it."""
    if dig(draft.values, "autoscaling", "external"):
        return 0
    return int(dig(draft.values, "autoscaling", "minReplicas") or draft.values["replicaCount"])
