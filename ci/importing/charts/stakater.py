"""The chart application of Stakater."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ci.importing.charts.objects import (
    autoscaler,
    backend,
    deployment,
    encoded,
    filled,
    made,
    said,
    service,
    shortened,
)
from ci.importing.draft import Values
from ci.kubernetes.manifests import Object

_CLASS = {"application.stakater.com/workload-class": "serving"}
_PROBES = ("startupProbe", "livenessProbe", "readinessProbe")
_ACTIONS = ("exec", "httpGet", "tcpSocket", "grpc")
_TIMES = ("failureThreshold", "periodSeconds", "successThreshold", "timeoutSeconds", "initialDelaySeconds")


def objects(values: Values, release: str, notes: dict[str, str]) -> list[Object]:
    """Return what the chart makes but for the kinds in ``left`` of stakater.yaml."""
    name = shortened(values["applicationName"] or release)
    labels = {
        "app.kubernetes.io/name": name,
        "app.kubernetes.io/instance": release,
        **filled(
            **{
                "app.kubernetes.io/component": values["componentOverride"],
                "app.kubernetes.io/part-of": values["partOfOverride"],
            }
        ),
        **(values["additionalLabels"] or {}),
    }
    return list(_objects(values, name, labels, notes))


def _objects(values: Values, name: str, labels: dict[str, str], notes: dict[str, str]) -> Iterator[Object]:
    selector = {"app.kubernetes.io/name": name, **_CLASS}
    if values["deployment"]["enabled"]:
        yield _deployment(values, name, labels, selector)
    if values["service"]["enabled"]:
        yield _service(values["service"], name, labels, selector)
    if values["ingress"]["enabled"]:
        yield _ingress(values["ingress"], name, labels)
    if values["httpRoute"]["enabled"]:
        yield _route(values, name, labels)
    yield from _settings(values, name, labels)
    yield from _rights(values, name, labels)
    claim = values["persistence"]
    if claim["enabled"] and not claim["existingClaim"]:
        storage = claim["storageClass"]
        spec = {
            "accessModes": [claim["accessMode"]],
            "resources": {"requests": {"storage": claim["storageSize"]}},
            **({"storageClassName": "" if storage == "-" else storage} if storage else {}),
            **filled(volumeMode=claim["volumeMode"], volumeName=claim["volumeName"]),
        }
        own = claim["name"] or shortened(f"{name}-data")
        yield _made("v1 PersistentVolumeClaim", own, labels, claim, spec=spec)
    scaling = values["autoscaling"]
    if scaling["enabled"] and values["deployment"]["enabled"]:
        spec = {field: scaling[field] for field in ("minReplicas", "maxReplicas", "metrics")}
        spec |= filled(behavior=scaling["behavior"])
        yield autoscaler(
            name, {**labels, **(scaling["additionalLabels"] or {})}, scaling["annotations"], **spec
        )
    budget = values["pdb"]
    if budget["enabled"] and (budget["minAvailable"] or budget["maxUnavailable"]):
        field = "minAvailable" if budget["minAvailable"] else "maxUnavailable"
        spec = {field: budget[field], "selector": {"matchLabels": selector}}
        yield made("policy/v1 PodDisruptionBudget", name, labels, spec=spec)
    policy = values["networkPolicy"]
    if policy["enabled"]:
        pods = {**selector, **(values["deployment"]["podLabels"] or {})}
        rules = filled(ingress=policy["ingress"], egress=policy["egress"])
        types = {"policyTypes": [rule.capitalize() for rule in rules]} if rules else {}
        spec = {"podSelector": {"matchLabels": pods}, **types, **rules}
        yield _made("networking.k8s.io/v1 NetworkPolicy", name, labels, policy, spec=spec)
    monitor = values["serviceMonitor"]
    if monitor["enabled"]:
        spec = {"selector": {"matchLabels": labels}, "endpoints": monitor["endpoints"]}
        yield _made("monitoring.coreos.com/v1 ServiceMonitor", name, labels, monitor, spec=spec)
    rules = values["prometheusRule"]
    if rules["enabled"]:
        spec = {"groups": rules["groups"]}
        yield _made("monitoring.coreos.com/v1 PrometheusRule", name, labels, rules, spec=spec)
    for number, one in enumerate(values["extraObjects"] or []):
        if isinstance(one, dict):
            yield one
        else:
            notes[f"extraObjects[{number}]"] = "a template: write what it gives into extraObjects"


def _made(kind: str, name: str, labels: dict[str, str], block: Values, **fields: Any) -> Object:
    own = {**labels, **(block["additionalLabels"] or {})}
    return made(kind, name, own, block["annotations"], **fields)


def _deployment(values: Values, name: str, labels: dict[str, str], selector: dict[str, str]) -> Object:
    block = values["deployment"]
    claim = values["persistence"]
    mounts = [{"name": key, **mount} for key, mount in (block["volumeMounts"] or {}).items()]
    volumes = [{"name": key, **volume} for key, volume in (block["volumes"] or {}).items()]
    # The chart asks for the claim where it mounts one, be it enabled or not.
    if claim["mountPVC"] and (claim["enabled"] or mounts):
        mounts.insert(0, {"name": f"{name}-data", "mountPath": claim["mountPath"]})
    if claim["mountPVC"] and (claim["enabled"] or volumes):
        source = {"claimName": claim["name"] or f"{name}-data"}
        volumes.insert(0, {"name": f"{name}-data", "persistentVolumeClaim": source})
    more = block["additionalContainers"] or []
    if isinstance(more, dict):
        more = [{**more[key], "name": key} for key in sorted(more)]
    account = values["rbac"]["serviceAccount"]
    pod = {
        "automountServiceAccountToken": block["automountServiceAccountToken"],
        "serviceAccountName": account["name"] or (name if account["create"] else "default"),
        "enableServiceLinks": block["enableServiceLinks"],
        **filled(
            initContainers=[{"name": key, **one} for key, one in (block["initContainers"] or {}).items()],
            volumes=volumes,
            **{
                field: block[field]
                for field in (
                    *("hostAliases", "nodeSelector", "priorityClassName", "runtimeClassName", "tolerations"),
                    *("affinity", "topologySpreadConstraints", "imagePullSecrets", "securityContext"),
                    *("dnsConfig", "dnsPolicy", "hostNetwork"),
                )
            },
        ),
        **said(terminationGracePeriodSeconds=block["terminationGracePeriodSeconds"]),
        "containers": [_container(block, name, mounts), *more],
    }
    reload = {"reloader.stakater.com/auto": "true"} if block["reloadOnChange"] else {}
    template = {
        "labels": {**labels, **_CLASS, **(block["podLabels"] or {})},
        "annotations": block["additionalPodAnnotations"],
        "selector": selector,
    }
    spec = {
        **said(replicas=block["replicas"], revisionHistoryLimit=block["revisionHistoryLimit"]),
        **filled(strategy=block["strategy"]),
    }
    own = {**labels, **(block["additionalLabels"] or {})}
    annotations = {**(block["annotations"] or {}), **reload}
    return deployment(name, own, template, pod, annotations, **spec)


def _container(block: Values, name: str, mounts: list[Values]) -> Values:
    image = block["image"]
    sources = []
    written = block["envFrom"] or []
    # A map in newer versions, a list in older ones.
    for one in written.values() if isinstance(written, dict) else written:
        own = one["name"] or "-".join(filter(None, (name, one["nameSuffix"])))
        field = {"configmap": "configMapRef", "secret": "secretRef"}.get(one["type"])
        if field:
            sources.append({field: {"name": own, **filled(optional=one["optional"])}})
    probes = {}
    for field in _PROBES:
        probe = block[field]
        if probe["enabled"]:
            action = next((action for action in _ACTIONS if probe[action]), "")
            probes[field] = {
                **said(**{time: probe[time] for time in _TIMES}),
                **({action: probe[action]} if action else {}),
            }
    return {
        "name": name,
        "image": image["repository"]
        + (f":{image['tag']}" if image["tag"] else "")
        + (f"@{image['digest']}" if image["digest"] else ""),
        "imagePullPolicy": image["pullPolicy"],
        **probes,
        **filled(
            lifecycle=block["lifecycle"],
            command=block["command"],
            args=block["args"],
            ports=block["ports"],
            envFrom=sources,
            env=[{"name": key, **variable} for key, variable in (block["env"] or {}).items()],
            volumeMounts=mounts,
            resources=block["resources"],
            securityContext=block["containerSecurityContext"],
        ),
    }


def _service(block: Values, name: str, labels: dict[str, str], selector: dict[str, str]) -> Object:
    balanced = ("loadBalancerClass", "loadBalancerIP", "loadBalancerSourceRanges")
    fields = ("clusterIP", "externalIPs", *(balanced if block["type"] == "LoadBalancer" else ()))
    spec = {
        "type": block["type"],
        **filled(**{field: block[field] for field in fields}),
        "ports": block["ports"],
    }
    own = {**labels, **(block["additionalLabels"] or {})}
    return service(name, own, selector, annotations=block["annotations"], **spec)


def _ingress(block: Values, name: str, labels: dict[str, str]) -> Object:
    rules = [
        {
            "host": host["host"],
            "http": {
                "paths": [
                    {
                        "path": path["path"],
                        "pathType": path["pathType"] or "ImplementationSpecific",
                        "backend": backend(path["serviceName"] or name, path["servicePort"] or "http"),
                    }
                    for path in host["paths"]
                ]
            },
        }
        for host in block["hosts"]
    ]
    spec = {**filled(ingressClassName=block["ingressClassName"], tls=block["tls"]), "rules": rules}
    return _made("networking.k8s.io/v1 Ingress", name, labels, block, spec=spec)


def _route(values: Values, name: str, labels: dict[str, str]) -> Object:
    block = values["httpRoute"]
    own = {"name": name, "port": values["service"]["ports"][0]["port"]}
    default = [{"matches": [{"path": {"type": "PathPrefix", "value": "/"}}], "backendRefs": [own]}]
    spec = {
        "parentRefs": block["parentRefs"],
        **filled(useDefaultGateways=block["useDefaultGateways"], hostnames=block["hostnames"]),
        "rules": block["rules"] or default,
    }
    return _made("gateway.networking.k8s.io/v1 HTTPRoute", name, labels, block, spec=spec)


def _settings(values: Values, name: str, labels: dict[str, str]) -> Iterator[Object]:
    block = values["configMap"]
    for suffix, data in (block["files"] or {}).items() if block["enabled"] else ():
        yield _made("v1 ConfigMap", shortened(f"{name}-{suffix}"), labels, block, data=data)
    block = values["secret"]
    for suffix, one in (block["files"] or {}).items() if block["enabled"] else ():
        data = {**encoded(one["data"] or {}), **(one["encodedData"] or {})}
        fields = filled(data=data, stringData=one["stringData"])
        yield _made("v1 Secret", shortened(f"{name}-{suffix}"), labels, block, **fields)
    block = values["externalSecret"]
    for suffix, one in (block["files"] or {}).items() if block["enabled"] else ():
        own = shortened(f"{name}-{suffix}")
        store = {**block["secretStore"], **filled(**(one["secretStore"] or {}))}
        template = (one["target"] or {}).get("template") or {
            "type": one["type"] or "Opaque",
            **filled(metadata=filled(annotations=one["annotations"], labels=one["labels"])),
        }
        spec = {
            "refreshInterval": block["refreshInterval"],
            **filled(data=[{"secretKey": key, **ref} for key, ref in (one["data"] or {}).items()]),
            **({"dataFrom": [{"extract": one["dataFrom"]}]} if one["dataFrom"] else {}),
            "secretStoreRef": store,
            "target": {"name": own, "template": template},
        }
        yield _made("external-secrets.io/v1 ExternalSecret", own, labels, block, spec=spec)


def _rights(values: Values, name: str, labels: dict[str, str]) -> Iterator[Object]:
    block = values["rbac"]
    account = block["serviceAccount"]
    own = account["name"] or (name if account["create"] else "default")
    if not block["enabled"]:
        return
    if account["create"]:
        yield _made("v1 ServiceAccount", own, labels, account)
    for kind, entries in (("Role", block["roles"]), ("ClusterRole", block["clusterRoles"])):
        for one in entries or []:
            role = shortened(f"{name}-{one['name']}")
            group = "rbac.authorization.k8s.io"
            yield _made(f"{group}/v1 {kind}", role, labels, block, rules=one["rules"])
            fields = {
                "roleRef": {"apiGroup": group, "kind": kind, "name": role},
                "subjects": [{"kind": "ServiceAccount", "name": own, "namespace": "default"}],
            }
            yield _made(f"{group}/v1 {kind}Binding", role, labels, block, **fields)
