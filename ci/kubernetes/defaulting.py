"""What an object says beyond the API server's defaults, in a form in which equal settings are equal.

The rules are those of Kubernetes, pkg/apis/*/v1/defaults.go, and those in the definitions of custom kinds.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from ci.kubernetes.manifests import Object

_CONTAINER = {
    **{"terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File"},
    **{"stdin": False, "stdinOnce": False, "tty": False},
}
_PROBE = {
    **{"initialDelaySeconds": 0, "timeoutSeconds": 1, "periodSeconds": 10},
    **{"successThreshold": 1, "failureThreshold": 3},
}
_OPTIONAL = {"optional": False}
_REMOTE = {"conversionStrategy": "Default", "decodingStrategy": "None", "metadataPolicy": "None"}
_MODE = {"defaultMode": 0o644}
# The default of each field, by the field above it, which for an item of a list is the list.
_DEFAULTS: dict[str, Mapping[str, object]] = {
    "Deployment.spec": {"replicas": 1, "progressDeadlineSeconds": 600, "revisionHistoryLimit": 10},
    "StatefulSet.spec": {"replicas": 1, "revisionHistoryLimit": 10, "podManagementPolicy": "OrderedReady"},
    "updateStrategy": {"type": "RollingUpdate"},
    "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain", "whenScaled": "Retain"},
    "HorizontalPodAutoscaler.spec": {"minReplicas": 1},
    "Secret": {"type": "Opaque"},
    "ServiceAccount": {"automountServiceAccountToken": True},
    "spec": {
        **{"restartPolicy": "Always", "dnsPolicy": "ClusterFirst", "schedulerName": "default-scheduler"},
        **{"terminationGracePeriodSeconds": 30, "enableServiceLinks": True},
        **{"automountServiceAccountToken": True, "serviceAccountName": "default"},
        **{"hostNetwork": False, "hostPID": False, "hostIPC": False, "priorityClassName": ""},
        **{"minReadySeconds": 0, "paused": False, "suspend": False, "concurrencyPolicy": "Allow"},
        **{"successfulJobsHistoryLimit": 3, "failedJobsHistoryLimit": 1},
        **{"backoffLimit": 6, "completions": 1, "parallelism": 1},
        **{"type": "ClusterIP", "sessionAffinity": "None", "internalTrafficPolicy": "Cluster"},
        **{"externalTrafficPolicy": "Cluster", "allocateLoadBalancerNodePorts": True},
        **{"publishNotReadyAddresses": False, "volumeMode": "Filesystem"},
    },
    "strategy": {"type": "RollingUpdate"},
    "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": "25%", "partition": 0},
    "containers": _CONTAINER,
    "initContainers": _CONTAINER,
    "securityContext": {"privileged": False, "readOnlyRootFilesystem": False, "runAsNonRoot": False},
    "readinessProbe": _PROBE,
    "livenessProbe": _PROBE,
    "startupProbe": _PROBE,
    "httpGet": {"scheme": "HTTP", "path": "/", "host": ""},
    "grpc": {"service": ""},
    "env": {"value": ""},
    "fieldRef": {"apiVersion": "v1"},
    "resourceFieldRef": {"divisor": "0"},
    "configMapKeyRef": _OPTIONAL,
    "secretKeyRef": _OPTIONAL,
    "configMapRef": _OPTIONAL,
    "secretRef": _OPTIONAL,
    "configMap": {**_OPTIONAL, **_MODE},
    "secret": {**_OPTIONAL, **_MODE},
    "projected": _MODE,
    "downwardAPI": _MODE,
    "serviceAccountToken": {"expirationSeconds": 3600},
    "hostPath": {"type": ""},
    "persistentVolumeClaim": {"readOnly": False},
    "volumeMounts": {"readOnly": False},
    "ports": {"protocol": "TCP"},
    "paths": {"pathType": "ImplementationSpecific"},
    "roleRef": {"apiGroup": "rbac.authorization.k8s.io"},
    "subjects": {"apiGroup": ""},
    "parentRefs": {"group": "gateway.networking.k8s.io", "kind": "Gateway"},
    "backendRefs": {"group": "", "kind": "Service", "weight": 1},
    "path": {"type": "PathPrefix", "value": "/"},
    "secretStoreRef": {"kind": "SecretStore"},
    "target": {"creationPolicy": "Owner", "deletionPolicy": "Retain"},
    "remoteRef": _REMOTE,
    "extract": _REMOTE,
}
# Fields for which an empty map or list says something; elsewhere it is the same as none.
_TELLING = frozenset(
    {"emptyDir", "podSelector", "namespaceSelector", "ingress", "egress", "from", "to", "labelSelector"}
    | {"selector", "matches", "rules", "hosts", "tcpSocket", "httpGet", "capabilities", "sources", "tls"}
)
# What only a server writes.
_SERVERS = frozenset(
    {
        "creationTimestamp",
        "generation",
        "managedFields",
        "resourceVersion",
        "selfLink",
        "uid",
        "ownerReferences",
    }
)
_SERVERS_ANNOTATIONS = frozenset(
    {"kubectl.kubernetes.io/last-applied-configuration", "kubectl.kubernetes.io/restartedAt"}
    | {"deployment.kubernetes.io/revision", "control-plane.alpha.kubernetes.io/leader"}
    | {"pv.kubernetes.io/bind-completed", "pv.kubernetes.io/bound-by-controller"}
)
# Items of these lists are told apart by the first of the fields that they have; their order means nothing.
_IDENTITY = ("mountPath", "devicePath", "name", "ip", "topologyKey", "secretKey", "host")
_KEYED = frozenset(
    {"containers", "initContainers", "volumes", "volumeMounts", "volumeDevices", "ports", "env", "hosts"}
    | {"imagePullSecrets", "hostAliases", "topologySpreadConstraints", "data"}
)
# Lists whose order means nothing, and whose items have no name.
_SETS = frozenset(
    {
        "tolerations",
        "policyTypes",
        "accessModes",
        "metrics",
        "add",
        "drop",
        "from",
        "to",
        "subjects",
    }
    | {"verbs", "apiGroups", "resources", "resourceNames", "ingress", "egress", "rules", "tls"}
)
_QUANTITIES = frozenset({"requests", "limits"})
_QUANTITY = frozenset({"sizeLimit", "divisor", "averageValue", "storage"})
_FACTORS = {
    **{"n": Decimal("1e-9"), "u": Decimal("1e-6"), "m": Decimal("1e-3"), "": Decimal(1)},
    **{suffix: Decimal(1000) ** power for power, suffix in enumerate("kMGTPE", start=1)},
    **{f"{suffix}i": Decimal(1024) ** power for power, suffix in enumerate("KMGTPE", start=1)},
}


def essential(object_: Object) -> Object:
    """Return an object without what a server sets, and without what it would set for what is left out.

    In the result equal settings are equal: quantities are decimal numbers, the data of a Secret are ``data``,
    and a list whose order means nothing is a map, by what tells its items apart. It is for comparison, and no
    manifest any more. Its status and namespace are left out.
    """
    kind = str(object_.get("kind"))
    copy = {name: value for name, value in object_.items() if name not in ("status", "apiVersion", "kind")}
    metadata = dict(copy.get("metadata") or {})
    if metadata.get("uid") and kind == "Service":
        copy["spec"] = _without_addresses(copy.get("spec") or {})
    metadata = {
        name: value for name, value in metadata.items() if name not in _SERVERS | {"namespace", "name"}
    }
    if annotations := metadata.get("annotations"):
        metadata["annotations"] = without_server_annotations(annotations)
    copy["metadata"] = metadata
    if kind in _FILLED:
        copy = _FILLED[kind](copy)
    found: Object = _essential(copy, (kind,)) or {}
    return found


def without_server_annotations(annotations: Mapping[str, str]) -> dict[str, str]:
    """Return annotations without those that kubectl and controllers write."""
    return {name: text for name, text in annotations.items() if name not in _SERVERS_ANNOTATIONS}


def without_defaults(field: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the value of a field, such as readinessProbe, without nulls and the API server's defaults."""
    defaults = _DEFAULTS.get(field, {})
    return {
        name: value
        for name, value in settings.items()
        if value is not None and not (name in defaults and defaults[name] == value)
    }


def said(object_: Object) -> Object:
    """Return an object without the fields that are as the API server fills them in; it stays a manifest."""
    found: Object = _said(object_, (str(object_.get("kind")),))
    return found


def _said(node: Any, path: tuple[str, ...]) -> Any:
    if isinstance(node, list):
        return [_said(item, path) for item in node]
    if not isinstance(node, dict):
        return node
    defaults = _defaults_at(path)
    found = {
        name: _said(value, (*path, name))
        for name, value in node.items()
        if not (name in defaults and defaults[name] == value)
    }
    # What was not empty before had only defaults in it.
    return {name: value for name, value in found.items() if value != {} or node[name] == {}}


def quantity(written: object) -> str:
    """Return a quantity (100m, 0.5Gi, 2) as a decimal number; anything else as it is written."""
    text = str(written)
    number = text.rstrip("numkKMGTPEi")
    try:
        value = Decimal(number) * _FACTORS[text[len(number) :]]
    except (InvalidOperation, KeyError):
        return text
    return format(value.normalize(), "f")


def pull_policy(image: str) -> str:
    """Return the pull policy that a container has if it names none: SetDefaults_Container."""
    name, _, digest = image.partition("@")
    tag = name.rpartition("/")[2].partition(":")[2]
    return "Always" if tag == "latest" or not (tag or digest) else "IfNotPresent"


def _essential(node: Any, path: tuple[str, ...]) -> Any:
    """Return the essential part of a node at a path of fields; None where there is none."""
    if isinstance(node, dict):
        return _map(node, path)
    if isinstance(node, list):
        return _list(node, path)
    if path[-1] in _QUANTITY or (len(path) > 1 and path[-2] in _QUANTITIES):
        return quantity(node)
    return node


def _map(node: dict[str, Any], path: tuple[str, ...]) -> Any:
    node = _filled(node, path)
    defaults = _defaults_at(path)
    found = {}
    for name, value in node.items():
        if value is None or (name in defaults and defaults[name] == value and type(value) is not float):
            continue
        below = _essential(value, (*path, name))
        if below is not None and (below not in ({}, []) or name in _TELLING):
            found[name] = below
    return found


def _defaults_at(path: tuple[str, ...]) -> dict[str, object]:
    return {**_DEFAULTS.get(path[-1], {}), **_DEFAULTS.get(".".join(path[-2:]), {})}


def _list(node: list[Any], path: tuple[str, ...]) -> Any:
    items = [_essential(item, path) for item in node]
    if path[-1] in _KEYED and all(isinstance(item, dict) for item in node):
        return {_identity(item): _unnamed(found) for item, found in zip(node, items, strict=True)}
    return sorted(items, key=_json) if path[-1] in _SETS else items


def _identity(item: Mapping[str, Any]) -> str:
    if "containerPort" in item or "port" in item:
        return f"{item.get('containerPort', item.get('port'))}/{item.get('protocol') or 'TCP'}"
    return next((str(item[field]) for field in _IDENTITY if field in item), _json(item))


def _unnamed(item: Any) -> Any:
    """Return an item without its name, if it is known by that."""
    if not isinstance(item, dict) or "mountPath" in item or "containerPort" in item or "port" in item:
        return item or {}
    return {field: value for field, value in item.items() if field != "name"}


def _json(item: Any) -> str:
    return json.dumps(item, sort_keys=True)


def _filled(node: dict[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    """Return a map with the defaults that follow from other fields in it."""
    if path[-1] == "resources" and isinstance(node.get("limits"), dict):
        return {**node, "requests": {**node["limits"], **(node.get("requests") or {})}}
    if path[-1] in ("containers", "initContainers") and isinstance(node.get("image"), str):
        image = node["image"]
        rest = {
            name: value
            for name, value in node.items()
            if name != "imagePullPolicy" or value != pull_policy(image)
        }
        tagged = "@" in image or ":" in image.rpartition("/")[2]
        return {**rest, "image": image if tagged else f"{image}:latest"}
    if path[-2:] == ("template", "metadata"):
        # Pods get names of their own.
        return {name: value for name, value in node.items() if name != "name"}
    if path[-2:] == ("template", "spec") and node.get("serviceAccount"):
        # The field's old name.
        rest = {name: value for name, value in node.items() if name != "serviceAccount"}
        return {"serviceAccountName": node["serviceAccount"], **rest}
    return node


def _without_addresses(spec: dict[str, Any]) -> dict[str, Any]:
    """Return a live Service's spec without what was assigned to it."""
    if spec.get("clusterIP") != "None":
        spec = {name: value for name, value in spec.items() if name not in ("clusterIP", "clusterIPs")}
    assigned = ("ipFamilies", "ipFamilyPolicy", "healthCheckNodePort")
    return {name: value for name, value in spec.items() if name not in assigned}


def _secret(copy: Object) -> Object:
    texts = copy.pop("stringData", None) or {}
    encoded = {name: base64.b64encode(str(text).encode()).decode() for name, text in texts.items()}
    data = {name: "".join(str(text).split()) for name, text in (copy.get("data") or {}).items()}
    return {**copy, "data": {**data, **encoded}}


def _service(copy: Object) -> Object:
    spec = copy.get("spec") or {}
    ports = [
        {**port, "targetPort": port.get("targetPort", port.get("port"))} for port in spec.get("ports") or []
    ]
    return {**copy, "spec": {**spec, "ports": ports}}


def _network_policy(copy: Object) -> Object:
    spec = copy.get("spec") or {}
    types = ["Ingress", "Egress"] if spec.get("egress") else ["Ingress"]
    return {**copy, "spec": {"policyTypes": types, **spec}}


_FILLED = {"Secret": _secret, "Service": _service, "NetworkPolicy": _network_policy}
