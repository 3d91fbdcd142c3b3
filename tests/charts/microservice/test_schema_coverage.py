"""Every field that Kubernetes has for the chart's objects can be set by a key of the values."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from ci.base import repository
from ci.values import schema
from ci.values.kubernetes_parts import MARKER, definition
from ci.values.schema_walk import Schema, below, entries, resolved, types

SCHEMA: Schema = json.loads(schema.build(repository.root() / "charts" / "microservice" / "schema.yaml"))

# Kubernetes' definitions, each with the key below which its fields are; "" is the top level.
ROOTS = {
    "io.k8s.api.apps.v1.DeploymentSpec": "",
    "io.k8s.api.core.v1.PodSpec": "podSpec",
    "io.k8s.api.core.v1.Container": "containerSpec",
    "io.k8s.api.core.v1.ServiceSpec": "service",
    "io.k8s.api.networking.v1.IngressSpec": "ingress",
    "io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerSpec": "autoscaling",
    "io.k8s.api.networking.v1.NetworkPolicySpec": "networkPolicy.spec",
    "io.k8s.api.policy.v1.PodDisruptionBudgetSpec": "podDisruptionBudget",
    "io.k8s.api.core.v1.EnvVarSource": "env.*",
    "io.k8s.api.core.v1.PersistentVolumeClaimSpec": "volumes.*.claim",
}
# Fields whose key has another name or is elsewhere; `*` is an entry of a map or list.
KEYS = {
    "DeploymentSpec.replicas": "replicaCount",
    "PodSpec.affinity": "affinity",
    "PodSpec.automountServiceAccountToken": "serviceAccount.automount",
    "PodSpec.containers": "extraContainers",
    "PodSpec.imagePullSecrets": "imagePullSecrets",
    "PodSpec.initContainers": "initContainers",
    "PodSpec.nodeSelector": "nodeSelector",
    "PodSpec.priorityClassName": "priorityClassName",
    "PodSpec.securityContext": "podSecurityContext",
    "PodSpec.serviceAccount": "serviceAccount.name",
    "PodSpec.serviceAccountName": "serviceAccount.name",
    "PodSpec.terminationGracePeriodSeconds": "terminationGracePeriodSeconds",
    "PodSpec.tolerations": "tolerations",
    "PodSpec.topologySpreadConstraints": "topologySpreadConstraints",
    "PodSpec.volumes": "volumes",
    "Container.args": "args",
    "Container.command": "command",
    "Container.envFrom": "envFrom",
    "Container.image": "image.repository",
    "Container.imagePullPolicy": "image.pullPolicy",
    "Container.lifecycle": "lifecycle",
    "Container.livenessProbe": "livenessProbe",
    "Container.ports": "ports",
    "Container.readinessProbe": "readinessProbe",
    "Container.resources": "resources",
    "Container.securityContext": "securityContext",
    "Container.startupProbe": "startupProbe",
    "Container.volumeMounts": "volumes.*.mounts",
    "ServiceSpec.ports": "service.extraPorts",
    "IngressSpec.ingressClassName": "ingress.className",
    "IngressSpec.rules": "ingress.hosts",
}
EXCEPTIONS = {
    "DeploymentSpec.paused": "for a running Deployment; a new one that is paused starts nothing",
    "DeploymentSpec.selector": "immutable, so the chart sets it",
    "DeploymentSpec.template": "its spec is checked on its own; its labels and annotations have keys",
    "PodSpec.activeDeadlineSeconds": "Kubernetes refuses it in a Deployment",
    "PodSpec.ephemeralContainers": "Kubernetes refuses them in a Deployment",
    "PodSpec.preemptionPolicy": "Kubernetes sets it from the priority class, and refuses another",
    "PodSpec.priority": "Kubernetes sets it from the priority class, and refuses another",
    "PodSpec.restartPolicy": "Kubernetes accepts only Always in a Deployment",
    "ResourceRequirements.claims": "Kubernetes refuses them for a pod as a whole; a container has the key",
    "Container.env": "a map here, whose entries' sources are checked on their own",
    "ContainerPort.name": "the entry's key",
    "Volume.name": "the entry's key",
    "VolumeMount.name": "the key of the entry",
    "ServiceSpec.externalName": "for a Service of type ExternalName, which has no pods",
    "ServiceSpec.selector": "the Service is for the chart's pods",
    "IngressRule.http": "paths are in the rule itself",
    "HorizontalPodAutoscalerSpec.scaleTargetRef": "always the chart's Deployment",
    "NetworkPolicySpec.podSelector": "the policy is for the release's pods",
    "PodDisruptionBudgetSpec.selector": "the budget is for the chart's pods",
    "PodDisruptionBudgetSpec.unhealthyPodEvictionPolicy": "a pod that is not ready must never block a drain",
    "PersistentVolumeClaimSpec.resources": "size is its request, and a claim has no limits",
    **{
        f"Volume.{driver}": "no supported Kubernetes has its driver"
        for driver in ("flocker", "glusterfs", "photonPersistentDisk", "quobyte", "scaleIO", "storageos")
    },
    **{
        f"ObjectMeta.{field}": "a claim's template has labels and annotations only"
        for field in definition("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta")["properties"]
        if field not in ("labels", "annotations")
    },
}
met: set[str] = set()


def entry(part: Schema) -> Schema:
    """The part of the schema for an entry of a map or list."""
    return resolved(SCHEMA, entries(SCHEMA, part)[0])


def at(key: str) -> Schema:
    """The part of the schema for a key; it must be there."""
    part = SCHEMA
    for name in key.split(".") if key else ():
        part = entry(part) if name == "*" else resolved(SCHEMA, part["properties"][name])
    return part


def unreachable(
    kubernetes: Schema, part: Schema, path: str, above: frozenset[str] = frozenset()
) -> Iterator[str]:
    """Yield the path of every field of a definition that no key sets, within the part for that definition."""
    name = kubernetes.get("$ref", "").removeprefix(MARKER)
    is_open = "object" in types(part) and part.get("additionalProperties", True) is True
    if name in above or is_open:
        return
    plain = definition(name) if name else kubernetes
    for inner in ("items", "additionalProperties"):
        if inner in plain and "properties" not in plain:
            yield from unreachable(plain[inner], entry(part), path, above | {name} - {""})
    for field, wanted in plain.get("properties", {}).items():
        known = f"{name.rpartition('.')[2]}.{field}"
        written = below(SCHEMA, part, field)
        if written and "const" not in written:
            yield from unreachable(wanted, written, f"{path}.{field}", above | {name})
        elif known in KEYS:
            met.add(known)
            yield from unreachable(wanted, at(KEYS[known]), KEYS[known], above | {name})
        elif known in EXCEPTIONS:
            met.add(known)
        else:
            yield f"{path}.{field} ({known})"


@pytest.mark.parametrize("kind", ROOTS)
def test_every_field_can_be_set(kind: str) -> None:
    assert sorted(set(unreachable({"$ref": MARKER + kind}, at(ROOTS[kind]), ROOTS[kind]))) == []


def test_every_key_and_exception_listed_here_is_of_an_existing_field() -> None:
    for kind in ROOTS:
        list(unreachable({"$ref": MARKER + kind}, at(ROOTS[kind]), ROOTS[kind]))
    assert KEYS.keys() | EXCEPTIONS.keys() == met
