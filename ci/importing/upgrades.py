"""Objects of API versions that no supported Kubernetes serves any more, in those of today.

https://kubernetes.io/docs/reference/using-api/deprecation-guide/
"""

from __future__ import annotations

from typing import Any

from ci.kubernetes.manifests import Object
from ci.kubernetes.workloads import dig

_VERSIONS = {
    **{(group, "Deployment"): "apps/v1" for group in ("extensions/v1beta1", "apps/v1beta1", "apps/v1beta2")},
    **{(group, "StatefulSet"): "apps/v1" for group in ("apps/v1beta1", "apps/v1beta2")},
    **{(group, "DaemonSet"): "apps/v1" for group in ("extensions/v1beta1", "apps/v1beta2")},
    ("extensions/v1beta1", "Ingress"): "networking.k8s.io/v1",
    ("networking.k8s.io/v1beta1", "Ingress"): "networking.k8s.io/v1",
    ("extensions/v1beta1", "NetworkPolicy"): "networking.k8s.io/v1",
    ("policy/v1beta1", "PodDisruptionBudget"): "policy/v1",
    ("batch/v1beta1", "CronJob"): "batch/v1",
    **{
        (f"autoscaling/{version}", "HorizontalPodAutoscaler"): "autoscaling/v2"
        for version in ("v1", "v2beta1", "v2beta2")
    },
    **{
        (f"rbac.authorization.k8s.io/{version}", kind): "rbac.authorization.k8s.io/v1"
        for version in ("v1alpha1", "v1beta1")
        for kind in ("Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding")
    },
    **{
        (f"gateway.networking.k8s.io/{version}", "HTTPRoute"): "gateway.networking.k8s.io/v1"
        for version in ("v1alpha2", "v1beta1")
    },
}


def current(made: Object) -> Object:
    """Return an object in the API version of today; one that needs no change as it is."""
    old, kind = made["apiVersion"], made["kind"]
    version = _VERSIONS.get((old, kind))
    if version is None:
        return made
    made = {**made, "apiVersion": version}
    spec = made.get("spec") if isinstance(made.get("spec"), dict) else {}
    if kind == "Ingress" and isinstance(spec, dict):
        made["spec"] = _ingress(spec)
    elif kind == "Deployment" and isinstance(spec, dict):
        # The default of those versions: SetDefaults_Deployment of extensions/v1beta1.
        labels = dig(spec, "template", "metadata", "labels")
        made["spec"] = {"selector": {"matchLabels": labels}, **spec}
    elif kind == "HorizontalPodAutoscaler" and isinstance(spec, dict) and old != "autoscaling/v2beta2":
        made["spec"] = _autoscaler(spec)
    return made


def _ingress(spec: dict[str, Any]) -> dict[str, Any]:
    new = {name: value for name, value in spec.items() if name != "backend"}
    if spec.get("backend"):
        new["defaultBackend"] = _backend(spec["backend"])
    rules = []
    for rule in spec.get("rules") or []:
        paths = [
            {"pathType": "ImplementationSpecific", **path, "backend": _backend(path.get("backend") or {})}
            for path in (rule.get("http") or {}).get("paths") or []
        ]
        rules.append({**rule, "http": {"paths": paths}} if paths else rule)
    return {**new, "rules": rules} if rules else new


def _backend(backend: dict[str, Any]) -> dict[str, Any]:
    if "serviceName" not in backend:
        return backend
    port = backend.get("servicePort")
    named = {"name": port} if isinstance(port, str) else {"number": port}
    return {"service": {"name": backend["serviceName"], "port": named}}


def _autoscaler(spec: dict[str, Any]) -> dict[str, Any]:
    """Return the spec of an autoscaling/v1 or v2beta1 autoscaler in the form of v2."""
    new = {name: value for name, value in spec.items() if name != "targetCPUUtilizationPercentage"}
    metrics = [_metric(metric) for metric in spec.get("metrics") or []]
    if percent := spec.get("targetCPUUtilizationPercentage"):
        target = {"type": "Utilization", "averageUtilization": percent}
        metrics.append({"type": "Resource", "resource": {"name": "cpu", "target": target}})
    return {**new, "metrics": metrics} if metrics else new


def _metric(metric: dict[str, Any]) -> dict[str, Any]:
    resource = metric.get("resource")
    if not isinstance(resource, dict) or "target" in resource:
        return metric
    if "targetAverageUtilization" in resource:
        target = {"type": "Utilization", "averageUtilization": resource["targetAverageUtilization"]}
    else:
        target = {"type": "AverageValue", "averageValue": resource.get("targetAverageValue")}
    return {"type": "Resource", "resource": {"name": resource.get("name"), "target": target}}
