"""Charts with values like those of the chart nginx of Bitnami.

What only Bitnami's own image needs (its variables and writable folders) comes along with that image alone.
"""

from __future__ import annotations

from collections.abc import Iterator
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

_CHART = "nginx"
# The requests of each resourcesPreset; limits are half as much again, but for those of _LIMITS.
_PRESETS = {
    "nano": ("100m", "128Mi", "150m", "192Mi"),
    "micro": ("250m", "256Mi", "375m", "384Mi"),
    "small": ("500m", "512Mi", "750m", "768Mi"),
    "medium": ("500m", "1024Mi", "750m", "1536Mi"),
    "large": ("1.0", "2048Mi", "1.5", "3072Mi"),
    "xlarge": ("1.0", "3072Mi", "3.0", "6144Mi"),
    "2xlarge": ("1.0", "3072Mi", "6.0", "12288Mi"),
}
_WRITABLE = {
    "/tmp": "tmp-dir",  # noqa: S108
    "/opt/bitnami/nginx/conf": "app-conf-dir",
    "/opt/bitnami/nginx/logs": "app-logs-dir",
    "/opt/bitnami/nginx/tmp": "app-tmp-dir",
}


def objects(values: Values, release: str, notes: dict[str, str]) -> list[Object]:
    """Return what the chart makes, but for the keys in ``left`` of bitnami-nginx-like.yaml."""
    name = shortened(values["nameOverride"] or _CHART)
    fullname = shortened(values["fullnameOverride"] or (release if name in release else f"{release}-{name}"))
    common = values["commonLabels"] or {}
    labels = {"app.kubernetes.io/name": name, "app.kubernetes.io/instance": release}
    if _is_own(values) and values["enableDefaultInitContainers"]:
        notes["image"] = (
            "an initContainer of that chart copies files of Bitnami's image into the writable folders; "
            "write it as initContainers, or take another image"
        )
    if values["tls"]["enabled"] and _is_own(values):
        notes["tls.enabled"] = "the certificate that the chart makes for the pods is not there: use port http"
    return [_annotated(values, one) for one in _objects(values, fullname, {**labels, **common}, labels)]


def _is_own(values: Values) -> bool:
    return "bitnami" in values["image"]["repository"]


def _annotated(values: Values, made: Object) -> Object:
    if common := values["commonAnnotations"]:
        metadata = made["metadata"]
        metadata["annotations"] = {**common, **(metadata.get("annotations") or {})}
    return made


def _objects(values: Values, name: str, labels: dict[str, str], selector: dict[str, str]) -> Iterator[Object]:
    block = values["serviceAccount"]
    account = block["name"] or (name if block["create"] else "default")
    template = {
        "labels": {**labels, **(values["podLabels"] or {})},
        "annotations": values["podAnnotations"],
        "selector": selector,
    }
    scaling = values["autoscaling"]
    replicas = {} if scaling["enabled"] else {"replicas": values["replicaCount"]}
    yield deployment(
        name,
        labels,
        template,
        _pod(values, name, account, selector),
        **replicas,
        revisionHistoryLimit=values["revisionHistoryLimit"],
        **filled(strategy=values["updateStrategy"]),
    )
    yield _service(values, name, labels, selector)
    if block["create"]:
        mounted = {"automountServiceAccountToken": block["automountServiceAccountToken"]}
        yield made("v1 ServiceAccount", account, labels, block["annotations"], **mounted)
    if scaling["enabled"]:
        metrics = utilization(memory=scaling["targetMemory"], cpu=scaling["targetCPU"])
        bounds = {field: scaling[field] for field in ("minReplicas", "maxReplicas")}
        yield autoscaler(name, labels, **bounds, metrics=metrics)
    budget = values["pdb"]
    if budget["create"]:
        spec = filled(minAvailable=budget["minAvailable"])
        if budget["maxUnavailable"] or not budget["minAvailable"]:
            spec["maxUnavailable"] = budget["maxUnavailable"] or 1
        spec["selector"] = {"matchLabels": selector}
        yield made("policy/v1 PodDisruptionBudget", name, labels, spec=spec)
    if values["networkPolicy"]["enabled"]:
        yield _policy(values, name, labels, selector)
    if values["ingress"]["enabled"]:
        yield _ingress(values["ingress"], name, labels)
    if values["serverBlock"] and not values["existingServerBlockConfigmap"]:
        data = {"server-block.conf": values["serverBlock"].rstrip("\n")}
        yield made("v1 ConfigMap", f"{name}-server-block", labels, data=data)
    for one in values["extraDeploy"] or []:
        if isinstance(one, dict):
            yield one


def _image(values: Values) -> str:
    image = values["image"]
    registry = values["global"]["imageRegistry"] or image["registry"]
    end = f"@{image['digest']}" if image["digest"] else f":{image['tag']}"
    return "/".join(filter(None, (registry, image["repository"]))) + end


def _pod(values: Values, name: str, account: str, selector: dict[str, str]) -> Values:
    secrets = [*(values["global"]["imagePullSecrets"] or []), *(values["image"]["pullSecrets"] or [])]
    secrets = [one["name"] if isinstance(one, dict) else one for one in secrets]
    mounts, volumes = _volumes(values, name)
    context = values["podSecurityContext"]
    return {
        "automountServiceAccountToken": values["automountServiceAccountToken"],
        "serviceAccountName": account,
        "affinity": values["affinity"] or _affinity(values, selector),
        **filled(
            imagePullSecrets=[{"name": one} for one in dict.fromkeys(secrets)],
            shareProcessNamespace=values["sidecarSingleProcessNamespace"],
            securityContext=_without(context, "enabled") if context["enabled"] else {},
            **{
                field: values[field]
                for field in (
                    *("hostAliases", "hostNetwork", "hostIPC", "dnsPolicy", "dnsConfig", "priorityClassName"),
                    *("nodeSelector", "tolerations", "schedulerName", "topologySpreadConstraints"),
                    *("terminationGracePeriodSeconds", "initContainers"),
                )
            },
        ),
        "containers": [_container(values, mounts), *(values["sidecars"] or [])],
        **filled(volumes=volumes),
    }


def _without(block: Values, *fields: str) -> Values:
    """Return a block as the chart prints it: without keys of its own, and what is empty."""
    return {
        field: value for field, value in block.items() if field not in fields and value not in ({}, [], "")
    }


def _affinity(values: Values, selector: dict[str, str]) -> Values:
    found: Values = {}
    term = {"labelSelector": {"matchLabels": selector}, "topologyKey": "kubernetes.io/hostname"}
    for field, preset in (("podAffinity", "podAffinityPreset"), ("podAntiAffinity", "podAntiAffinityPreset")):
        if values[preset] == "soft":
            weighted = [{"podAffinityTerm": term, "weight": 1}]
            found[field] = {"preferredDuringSchedulingIgnoredDuringExecution": weighted}
        elif values[preset] == "hard":
            found[field] = {"requiredDuringSchedulingIgnoredDuringExecution": [term]}
    node = values["nodeAffinityPreset"]
    expressions = [{"key": node["key"], "operator": "In", "values": node["values"]}]
    if node["type"] == "soft":
        weighted = [{"preference": {"matchExpressions": expressions}, "weight": 1}]
        found["nodeAffinity"] = {"preferredDuringSchedulingIgnoredDuringExecution": weighted}
    elif node["type"] == "hard":
        terms = {"nodeSelectorTerms": [{"matchExpressions": expressions}]}
        found["nodeAffinity"] = {"requiredDuringSchedulingIgnoredDuringExecution": terms}
    return found


def _container(values: Values, mounts: list[Values]) -> Values:
    context, ports = values["containerSecurityContext"], values["containerPorts"]
    own = {"BITNAMI_DEBUG": str(bool(values["image"]["debug"])).lower()}
    own |= {f"NGINX_{name.upper()}_PORT_NUMBER": str(port) for name, port in ports.items() if port}
    env = [{"name": key, "value": value} for key, value in own.items()] if _is_own(values) else []
    sources = [
        {field: {"name": values[key]}}
        for key, field in (("extraEnvVarsCM", "configMapRef"), ("extraEnvVarsSecret", "secretRef"))
        if values[key]
    ]
    named = [{"name": name, "containerPort": port} for name, port in ports.items() if port]
    return {
        "name": _CHART,
        "image": _image(values),
        "imagePullPolicy": values["image"]["pullPolicy"],
        **_probes(values),
        **filled(
            securityContext=_without(context, "enabled") if context["enabled"] else {},
            command=values["command"],
            args=values["args"],
            lifecycle=values["lifecycleHooks"],
            env=[*env, *(values["extraEnvVars"] or [])],
            envFrom=sources,
            ports=[*named, *(values["extraContainerPorts"] or [])],
            resources=values["resources"] or _preset(values["resourcesPreset"]),
            volumeMounts=mounts,
        ),
    }


def _preset(name: str) -> Values:
    if name == "none":
        return {}
    cpu, memory, most_cpu, most_memory = _PRESETS[name]
    return {
        "requests": {"cpu": cpu, "memory": memory, "ephemeral-storage": "50Mi"},
        "limits": {"cpu": most_cpu, "memory": most_memory, "ephemeral-storage": "2Gi"},
    }


def _probes(values: Values) -> Values:
    port = "http" if values["containerPorts"]["http"] else "https"
    found: Values = {}
    for kind in ("liveness", "readiness", "startup"):
        block, custom = values[f"{kind}Probe"], values[f"custom{kind.capitalize()}Probe"]
        action = (
            {"httpGet": {"path": block["path"], "port": port}}
            if kind == "readiness"
            else {"tcpSocket": {"port": port}}
        )
        if custom:
            found[f"{kind}Probe"] = custom
        elif block["enabled"]:
            found[f"{kind}Probe"] = {**_without(block, "enabled", "path"), **action}
    return found


def _volumes(values: Values, name: str) -> tuple[list[Values], list[Values]]:
    """Return the mounts of the main container, and the volumes."""
    mounts: list[Values] = []
    volumes: list[Values] = []
    if _is_own(values):
        volumes.append({"name": "empty-dir", "emptyDir": {}})
        mounts += [
            {"name": "empty-dir", "mountPath": path, "subPath": below} for path, below in _WRITABLE.items()
        ]
    if values["serverBlock"] or values["existingServerBlockConfigmap"]:
        config = values["existingServerBlockConfigmap"] or f"{name}-server-block"
        volumes.append({"name": "nginx-server-block", "configMap": {"name": config}})
        mounts.append({"name": "nginx-server-block", "mountPath": "/opt/bitnami/nginx/conf/server_blocks"})
    site: Any = None
    if values["staticSiteConfigmap"]:
        site = {"configMap": {"name": values["staticSiteConfigmap"]}}
    elif values["staticSitePVC"]:
        site = {"persistentVolumeClaim": {"claimName": values["staticSitePVC"]}}
    if site:
        volumes.append({"name": "staticsite", **site})
        mounts.append({"name": "staticsite", "mountPath": "/app"})
    return [*mounts, *(values["extraVolumeMounts"] or [])], [*volumes, *(values["extraVolumes"] or [])]


def _service(values: Values, name: str, labels: dict[str, str], selector: dict[str, str]) -> Object:
    block = values["service"]
    outside = block["type"] in ("NodePort", "LoadBalancer")
    ports = [
        {
            "name": port,
            "port": block["ports"][port],
            "targetPort": block["targetPort"][port],
            **filled(nodePort=block["nodePorts"][port] if outside else ""),
        }
        for port in ("http", "https")
        if values["containerPorts"][port]
    ]
    fields = ["sessionAffinity", "sessionAffinityConfig"]
    fields += ["clusterIP"] if block["type"] == "ClusterIP" else []
    fields += ["externalTrafficPolicy"] if outside else []
    if block["type"] == "LoadBalancer":
        fields += ["loadBalancerSourceRanges", "loadBalancerIP", "loadBalancerClass"]
    return service(
        name,
        labels,
        selector,
        annotations=block["annotations"],
        type=block["type"],
        **filled(**{field: block[field] for field in fields}),
        ports=[*ports, *(block["extraPorts"] or [])],
    )


def _policy(values: Values, name: str, labels: dict[str, str], selector: dict[str, str]) -> Object:
    block = values["networkPolicy"]
    dns = {"ports": [{"port": 53, "protocol": protocol} for protocol in ("UDP", "TCP")]}
    egress = [{}] if block["allowExternalEgress"] else [dns, *(block["extraEgress"] or [])]
    rule: Values = {"ports": [{"port": port} for port in values["containerPorts"].values() if port]}
    if not block["allowExternal"]:
        rule["from"] = [
            {"podSelector": {"matchLabels": selector}},
            {"podSelector": {"matchLabels": {f"{name}-client": "true"}}},
        ]
        if block["ingressNSMatchLabels"]:
            pods = block["ingressNSPodMatchLabels"]
            rule["from"].append(
                {
                    "namespaceSelector": {"matchLabels": block["ingressNSMatchLabels"]},
                    **({"podSelector": {"matchLabels": pods}} if pods else {}),
                }
            )
    spec = {
        "podSelector": {"matchLabels": selector},
        "policyTypes": ["Ingress", "Egress"],
        "egress": egress,
        "ingress": [rule, *(block["extraIngress"] or [])],
    }
    return made("networking.k8s.io/v1 NetworkPolicy", name, labels, spec=spec)


def _ingress(block: Values, name: str, labels: dict[str, str]) -> Object:
    to_service = backend(name, "http")
    host = block["hostname"]
    rules = []
    if host or block["path"]:
        path = {"path": block["path"], "pathType": block["pathType"], "backend": to_service}
        rules.append({**filled(host=host), "http": {"paths": [*(block["extraPaths"] or []), path]}})
    for one in block["extraHosts"] or []:
        path = {
            "path": one["path"] or "/",
            "pathType": one["pathType"] or "ImplementationSpecific",
            "backend": to_service,
        }
        rules.append({"host": one["name"], "http": {"paths": [path]}})
    annotations = block["annotations"] or {}
    issued = {"cert-manager.io/cluster-issuer", "cert-manager.io/issuer", "kubernetes.io/tls-acme"}
    tls = list(block["extraTls"] or [])
    if block["tls"] and (issued & set(annotations) or block["selfSigned"] or block["secrets"]):
        hosts = [host, f"www.{host}"] if block["tlsWwwPrefix"] and "www." not in host else [host]
        tls.insert(0, {"hosts": hosts, "secretName": f"{host.replace('*.', '')}-tls"})
    spec = {
        **filled(ingressClassName=block["ingressClassName"], tls=tls),
        "rules": [*rules, *(block["extraRules"] or [])],
    }
    return made("networking.k8s.io/v1 Ingress", name, labels, annotations, spec=spec)
