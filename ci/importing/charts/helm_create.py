"""The chart of helm create."""

from __future__ import annotations

from typing import Any

from ci.importing.charts.objects import (
    autoscaler,
    backend,
    deployment,
    filled,
    made,
    service,
    shortened,
    utilization,
)
from ci.importing.draft import Values
from ci.kubernetes.manifests import Object


def objects(values: Values, release: str, notes: dict[str, str]) -> list[Object]:
    """Return what templates/ of helm create makes; the chart is taken to be called like the release."""
    name = shortened(values["nameOverride"] or release)
    default = release if name in release else f"{release}-{name}"
    fullname = shortened(values["fullnameOverride"] or default)
    selector = {"app.kubernetes.io/name": name, "app.kubernetes.io/instance": release}
    image, account, port = values["image"], values["serviceAccount"], values["service"]["port"]
    if not image["tag"]:
        notes["image.tag"] = "empty, so your chart takes its appVersion: write the version here"
    account_name = account["name"] or (fullname if account["create"] else "default")
    container = {
        "name": release,
        **filled(securityContext=values["securityContext"]),
        "image": f"{image['repository']}:{image['tag']}".removesuffix(":"),
        "imagePullPolicy": image["pullPolicy"],
        "ports": [{"name": "http", "containerPort": port}],
        **_of(values, "livenessProbe", "readinessProbe", "resources", "volumeMounts"),
    }
    pod = {
        **_of(values, "imagePullSecrets"),
        "serviceAccountName": account_name,
        **filled(securityContext=values["podSecurityContext"]),
        "containers": [container],
        **_of(values, "volumes", "nodeSelector", "affinity", "tolerations"),
    }
    template = {
        "labels": {**selector, **(values["podLabels"] or {})},
        "annotations": values["podAnnotations"],
        "selector": selector,
    }
    scaling = values["autoscaling"]
    replicas = {} if scaling["enabled"] else {"replicas": values["replicaCount"]}
    ports = [{"name": "http", "port": port, "targetPort": "http"}]
    found = [
        deployment(fullname, selector, template, pod, **replicas),
        service(fullname, selector, selector, type=values["service"]["type"], ports=ports),
    ]
    if account["create"]:
        mounted = {"automountServiceAccountToken": account["automount"]}
        found.append(made("v1 ServiceAccount", account_name, selector, account["annotations"], **mounted))
    if scaling["enabled"]:
        metrics = utilization(
            cpu=scaling["targetCPUUtilizationPercentage"],
            memory=scaling.get("targetMemoryUtilizationPercentage"),
        )
        bounds = {field: scaling[field] for field in ("minReplicas", "maxReplicas")}
        found.append(autoscaler(fullname, selector, **bounds, metrics=metrics))
    if values["ingress"]["enabled"]:
        found.append(_ingress(values["ingress"], fullname, selector, port))
    if values["httpRoute"]["enabled"]:
        found.append(_route(values["httpRoute"], fullname, selector, port))
    return found


def _of(values: Values, *fields: str) -> dict[str, Any]:
    return filled(**{field: values[field] for field in fields})


def _ingress(ingress: Values, name: str, labels: dict[str, str], port: int) -> Object:
    rules = [
        {
            "host": host["host"],
            "http": {
                "paths": [
                    {
                        **filled(path=path["path"], pathType=path.get("pathType")),
                        "backend": backend(name, port),
                    }
                    for path in host["paths"]
                ]
            },
        }
        for host in ingress["hosts"]
    ]
    tls = [
        {"hosts": one["hosts"], **filled(secretName=one.get("secretName"))} for one in ingress["tls"] or []
    ]
    spec = {**filled(ingressClassName=ingress["className"], tls=tls), "rules": rules}
    return made("networking.k8s.io/v1 Ingress", name, labels, ingress["annotations"], spec=spec)


def _route(route: Values, name: str, labels: dict[str, str], port: int) -> Object:
    backends = [{"name": name, "port": port, "weight": 1}]
    rules = [
        {**filled(matches=rule.get("matches"), filters=rule.get("filters")), "backendRefs": backends}
        for rule in route["rules"]
    ]
    spec = {"parentRefs": route["parentRefs"], **filled(hostnames=route["hostnames"]), "rules": rules}
    return made("gateway.networking.k8s.io/v1 HTTPRoute", name, labels, route["annotations"], spec=spec)
