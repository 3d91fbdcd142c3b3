"""onechart of Gimlet."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ci.importing.charts.objects import backend, deployment, encoded, filled, made, service, shortened
from ci.importing.draft import Values, merge
from ci.kubernetes.manifests import Object


def objects(values: Values, release: str, notes: dict[str, str]) -> list[Object]:
    """Return what onechart makes, but the label app.kubernetes.io/name is the name, not always onechart."""
    name = _robust(release)
    labels = {"app.kubernetes.io/name": name, "app.kubernetes.io/instance": name}
    template = {
        "labels": {**(values["podLabels"] or {}), **labels},
        "annotations": values["podAnnotations"],
        "selector": labels,
    }
    strategy = values["strategy"] or ("Recreate" if values["volumes"] and values["replicas"] == 1 else "")
    spec = {"replicas": values["replicas"], **({"strategy": {"type": strategy}} if strategy else {})}
    found = [deployment(name, labels, template, _pod(values, name), **spec), _service(values, name, labels)]
    ingresses = [(name, values["ingress"])] if values["ingress"] else []
    ingresses += [(f"{name}-{_robust(one['host'])}", one) for one in values["ingresses"] or []]
    found += [_ingress(values, ingress, name, labels, own) for own, ingress in ingresses]
    if values["podDisruptionBudgetEnabled"] and int(values["replicas"]) > 1:
        budget = {"minAvailable": 1, "selector": {"matchLabels": labels}}
        found.append(made("policy/v1 PodDisruptionBudget", name, {}, spec=budget))
    if values["vars"]:
        found.append(made("v1 ConfigMap", name, labels, data=_texts(values["vars"])))
    found += _objects_of_volumes(values, name)
    for one in values["fileSecrets"] or []:
        found.append(made("v1 Secret", f"{name}-{one['name']}", {}, data=encoded(one["secrets"])))
    found += [*_sealed(values, name, labels), *_monitoring(values, name, labels)]
    return found


def _robust(name: str) -> str:
    """Return a name as onechart cleans it: robustName."""
    return shortened(re.sub(r"\W+", "-", name).replace("_", "-").lower())


def _texts(data: Values) -> dict[str, str]:
    return {key: _text(value) for key, value in data.items()}


def _text(value: object) -> str:
    """Return a value as quote prints it."""
    return str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)


def _pod(values: Values, name: str) -> Values:
    sources, mounts = _sources(values, name), _mounts(values)
    shared = [
        {"name": one["name"], "mountPath": one["path"]}
        for one in values["volumes"] or []
        if one["name"].startswith(("shared-", "init-"))
    ]
    pod: Values = {
        "imagePullSecrets": [{"name": secret} for secret in values["imagePullSecrets"] or []],
        "securityContext": values["podSecurityContext"],
        "serviceAccountName": values["serviceAccount"],
        "initContainers": [
            {
                "name": one["name"],
                "image": f"{one['image']}:{one['tag']}",
                "imagePullPolicy": one["imagePullPolicy"] or "IfNotPresent",
                **filled(
                    envFrom=sources,
                    command=_shell(values["shell"], one["command"]),
                    volumeMounts=shared,
                    securityContext=one["securityContext"],
                ),
            }
            for one in values["initContainers"] or []
        ],
    }
    container = _container(values, name)
    merge(container, values["container"] or {})
    containers = [{**container, **filled(envFrom=sources, volumeMounts=mounts)}]
    if sidecar := values["sidecar"]:
        containers.append(
            {
                "name": f"{name}-sidecar",
                "image": f"{sidecar['repository']}:{sidecar['tag']}",
                **filled(
                    securityContext=values["securityContext"],
                    command=_shell(sidecar["shell"], sidecar["command"]),
                    envFrom=sources,
                    volumeMounts=mounts,
                ),
            }
        )
    apart = {
        "requiredDuringSchedulingIgnoredDuringExecution": [
            {
                "labelSelector": {
                    "matchExpressions": [
                        {"key": "app.kubernetes.io/instance", "operator": "In", "values": [name]}
                    ]
                },
                "topologyKey": "kubernetes.io/hostname",
            }
        ]
    }
    affinity = {
        **({"podAntiAffinity": apart} if values["spreadAcrossNodes"] else {}),
        **(values["affinity"] or {}),
    }
    pod = {
        **filled(**pod),
        "containers": containers,
        **filled(
            volumes=_volumes(values, name),
            nodeSelector=values["nodeSelector"],
            affinity=affinity,
            tolerations=values["tolerations"],
        ),
    }
    merge(pod, values["podSpec"] or {})
    return pod


def _shell(shell: str, command: str | None) -> list[str]:
    return [shell, "-c", command] if command else []


def _container(values: Values, name: str) -> Values:
    image, resources = values["image"], values["resources"] or {}
    if resources.get("ignore"):
        resources = {}
    elif resources.get("ignoreLimits"):
        resources = {"requests": resources["requests"]}
    ports = values["ports"] or [{"name": "http", "containerPort": values["containerPort"]}]
    probes = {
        field: {
            "httpGet": {"path": values[block]["path"], "port": values["containerPort"]},
            **values[block]["settings"],
        }
        for field, block in (("readinessProbe", "probe"), ("livenessProbe", "livenessProbe"))
        if values[block]["enabled"]
    }
    return {
        "name": name,
        **filled(securityContext=values["securityContext"]),
        "image": f"{image['repository']}:{image['tag']}",
        "imagePullPolicy": image["pullPolicy"],
        **filled(command=_shell(values["shell"], values["command"])),
        "ports": [{"name": one["name"], "containerPort": one["containerPort"]} for one in ports],
        **probes,
        **filled(
            resources={field: resources[field] for field in resources if field in ("requests", "limits")}
        ),
    }


def _sources(values: Values, name: str) -> list[Values]:
    """Return envFrom, in onechart's order."""
    found = [{"configMapRef": {"name": name}}] if values["vars"] else []
    for block, field in (("existingSecrets", "secretRef"), ("existingConfigMaps", "configMapRef")):
        found += [
            {field: {"name": one["name"], **filled(optional=one["optional"])}} for one in values[block] or []
        ]
    secrets = [
        name if values["secretEnabled"] else "",
        values["secretName"],
        name if values["sealedSecrets"] else "",
    ]
    return [*found, *({"secretRef": {"name": secret}} for secret in secrets if secret)]


def _mounts(values: Values) -> list[Values]:
    volumes = [one for one in values["volumes"] or [] if not one["name"].startswith("init-")]
    files = [
        one
        for block in ("sealedFileSecrets", "fileSecrets", "existingFileSecrets")
        for one in values[block] or []
    ]
    return [
        {"name": one["name"], "mountPath": one["path"], **filled(subPath=one["subPath"]), **more}
        for found, more in ((volumes, {}), (files, {"readOnly": True}))
        for one in found
    ]


def _volumes(values: Values, name: str) -> list[Values]:
    found = [{"name": one["name"], **_volume(one, name)} for one in values["volumes"] or []]
    for block in ("sealedFileSecrets", "fileSecrets", "existingFileSecrets"):
        for one in values[block] or []:
            secret = one["name"] if block == "existingFileSecrets" else f"{name}-{one['name']}"
            found.append({"name": one["name"], "secret": {"secretName": secret}})
    return found


def _volume(one: Values, name: str) -> Values:
    if one["emptyDir"]:
        return {"emptyDir": {}}
    if one["existingConfigMap"]:
        return {"configMap": {"name": one["existingConfigMap"]}}
    if one["existingSecret"]:
        return {"secret": {"secretName": one["existingSecret"]}}
    if one["fileName"]:
        return {"configMap": {"name": _robust(f"{name}-{one['name']}")}}
    if one["hostPath"]:
        return {"hostPath": filled(path=one["hostPath"]["path"], type=one["hostPath"]["type"])}
    return {"persistentVolumeClaim": {"claimName": one["existingClaim"] or f"{name}-{one['name']}"}}


def _objects_of_volumes(values: Values, name: str) -> Iterator[Object]:
    for one in values["volumes"] or []:
        own = f"{name}-{one['name']}"
        if one["fileName"]:
            content = one["fileContent"].rstrip("\n") + "\n"
            yield made("v1 ConfigMap", _robust(own), {}, data={one["fileName"]: content})
        elif "persistentVolumeClaim" in _volume(one, name) and not one["existingClaim"]:
            spec = {
                "accessModes": [one["accessMode"] or "ReadWriteOnce"],
                **filled(storageClassName=one["storageClass"]),
                "resources": {"requests": {"storage": one["size"] or "1Gi"}},
            }
            yield made("v1 PersistentVolumeClaim", own, {}, one["pvcAnnotations"], spec=spec)


def _service(values: Values, name: str, labels: dict[str, str]) -> Object:
    kind = (
        "NodePort"
        if values["nodePortEnabled"]
        else "LoadBalancer"
        if values["loadbalancerEnabled"]
        else "ClusterIP"
    )
    # Without sessionAffinity Kubernetes ignores the timeout.
    sticky = {"externalTrafficPolicy": "Local"} if values["stickySessions"] else {}
    named = values["ports"] or [
        {
            **filled(svcPort=values["svcPort"], nodePort=values["nodePort"]),
            "name": "http",
            "containerPort": values["containerPort"],
        }
    ]
    ports = [
        {
            "name": one["name"],
            "port": one.get("svcPort") or one["containerPort"],
            "targetPort": one["name"],
            **filled(nodePort=one.get("nodePort"), protocol=one.get("protocol")),
        }
        for one in named
    ]
    annotations = values["serviceAnnotations"]
    return service(name, labels, labels, annotations=annotations, type=kind, **sticky, ports=ports)


def _ingress(values: Values, ingress: Values, name: str, labels: dict[str, str], own: str) -> Object:
    port = values["svcPort"] or values["containerPort"]
    tls = [{"hosts": [ingress["host"]], "secretName": ingress["secretName"] or f"tls-{own}"}]
    paths = ingress["paths"] or [{"path": ingress["path"] or "/", "pathType": ingress["pathType"]}]
    rules = [
        {"path": one["path"], "pathType": one["pathType"] or "Prefix", "backend": backend(name, port)}
        for one in paths
    ]
    spec = {
        **filled(ingressClassName=ingress["ingressClassName"], tls=tls if ingress["tlsEnabled"] else []),
        "rules": [{"host": ingress["host"], "http": {"paths": rules}}],
    }
    return made("networking.k8s.io/v1 Ingress", own, labels, ingress["annotations"], spec=spec)


def _sealed(values: Values, name: str, labels: dict[str, str]) -> Iterator[Object]:
    annotations = {"sealedsecrets.bitnami.com/cluster-wide": "true"}
    found = [(name, labels, _texts(values["sealedSecrets"]))] if values["sealedSecrets"] else []
    for one in values["sealedFileSecrets"] or []:
        data = {file["name"]: file["source"] for file in one["filesToMount"]}
        found.append((f"{name}-{one['name']}", {}, data))
    for own, own_labels, data in found:
        spec: dict[str, Any] = {"encryptedData": data, "template": {"metadata": {"name": own}}}
        yield made("bitnami.com/v1alpha1 SealedSecret", own, own_labels, annotations, spec=spec)


def _monitoring(values: Values, name: str, labels: dict[str, str]) -> Iterator[Object]:
    monitor = values["monitor"]
    if monitor["enabled"]:
        endpoint = {
            "interval": "60s",
            "params": {"format": ["prometheus"]},
            "path": monitor["path"] or "/metrics",
            "port": monitor["portName"] or (values["ports"][0]["name"] if values["ports"] else "http"),
            "scheme": monitor["scheme"] or "http",
            **filled(scrapeTimeout=monitor["scrapeTimeout"]),
        }
        spec: Values = {"endpoints": [endpoint], "selector": {"matchLabels": labels}}
        yield made("monitoring.coreos.com/v1 ServiceMonitor", name, labels, spec=spec)
    if values["prometheusRules"]:
        rules = [
            {
                "alert": one["name"],
                "annotations": {"message": _text(one["message"]), "runbook_url": _text(one["runBookURL"])},
                "expr": one["expression"],
                "for": one["for"],
                "labels": one["labels"],
            }
            for one in values["prometheusRules"]
        ]
        spec = {"groups": [{"name": "kubernetes-apps", "rules": rules}]}
        yield made("monitoring.coreos.com/v1 PrometheusRule", name, labels, spec=spec)
