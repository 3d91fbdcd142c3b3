"""Checks the references between the objects of a rendered stream, which no schema can check."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from ci.checks import dependencies, routing
from ci.checks.findings import Finding, Release, not_one_serving
from ci.kubernetes.manifests import Key, Object
from ci.kubernetes.workloads import SERVING, containers_of, dig, entries, pods_of, selected

LABELS = {"app.kubernetes.io/name", "app.kubernetes.io/instance", "app.kubernetes.io/component"}


def findings(objects: Mapping[Key, Object], prefix: str, written: Collection[str] = ()) -> list[Finding]:
    """Return each wrong reference between the objects of a stream, as ``manifests.parse`` returns them.

    An object whose name is ``prefix`` or begins with ``<prefix>-`` must be in the stream; others count as
    existing. So do settings, claims and accounts with a name that is ``written`` in values, unless one in the
    stream has nearly that name, and TLS Secrets of an Ingress: cert-manager or a person creates them.
    """
    release = Release(objects, prefix, written)
    rules = (
        _names,
        _selectors,
        routing.findings,
        _budgets,
        _autoscalers,
        _governing_services,
        _bindings,
        _mounts,
        _probes,
        dependencies.findings,
    )
    return [finding for rule in rules for finding in rule(release)]


def _names(release: Release) -> Iterator[Finding]:
    seen: dict[tuple[str, str, str], Key] = {}
    for key in release.objects:
        first = seen.setdefault((key.kind, key.namespace, key.name), key)
        if first != key:
            yield Finding(key, "metadata.name", f"{first} is the same object in another version")


def _selectors(release: Release) -> Iterator[Finding]:
    """Find selectors that miss their own pods or find others', and labels in them that may change.

    A selector is immutable, and controllers whose selectors overlap fight over their pods:
    https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#selector.
    """
    for pods in pods_of(release.objects):
        if pods.key.kind not in SERVING:
            continue
        selector = dig(release.objects[pods.key], "spec", "selector", "matchLabels") or {}
        if not selector.items() <= pods.labels.items():
            yield Finding(pods.key, "spec.selector.matchLabels", "does not match the labels of its own pods")
        for other in selected(release.objects, selector) if selector else ():
            if other.key != pods.key:
                yield Finding(pods.key, "spec.selector.matchLabels", f"matches the pods of {other.key} too")
        if release.owns(pods.key.name) and set(selector) != LABELS:
            message = f"must consist of {', '.join(sorted(LABELS))} only, since it is immutable"
            yield Finding(pods.key, "spec.selector.matchLabels", message)


def _budgets(release: Release) -> Iterator[Finding]:
    for key, budget in release.objects.items():
        if key.kind == "PodDisruptionBudget":
            chosen = selected(release.objects, dig(budget, "spec", "selector", "matchLabels") or {})
            if message := not_one_serving(chosen):
                yield Finding(key, "spec.selector.matchLabels", message)


def _autoscalers(release: Release) -> Iterator[Finding]:
    for key, autoscaler in release.objects.items():
        if key.kind in ("HorizontalPodAutoscaler", "ScaledObject"):
            target = dig(autoscaler, "spec", "scaleTargetRef")
            # KEDA's default if a ScaledObject names no kind: https://keda.sh/docs/latest/reference/scaledobject-spec/
            kind, name = str(dig(target, "kind") or "Deployment"), str(dig(target, "name"))
            if release.owns(name) and release.get(kind, name) is None:
                yield Finding(key, "spec.scaleTargetRef", f"there is no {kind} {name!r}")


def _governing_services(release: Release) -> Iterator[Finding]:
    """Find StatefulSets whose pods get no names: those are in a headless Service that selects the pods.

    https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#stable-network-id
    """
    for pods in pods_of(release.objects):
        name = dig(release.objects[pods.key], "spec", "serviceName")
        if pods.key.kind == "StatefulSet" and release.owns(pods.key.name):
            service = dig(release.get("Service", str(name)), "spec")
            if dig(service, "clusterIP") != "None":
                yield Finding(pods.key, "spec.serviceName", f"there is no headless Service {name!r}")
            elif not (dig(service, "selector") or {}).items() <= pods.labels.items():
                yield Finding(pods.key, "spec.serviceName", f"Service {name!r} does not select the pods")


def _bindings(release: Release) -> Iterator[Finding]:
    for key, binding in release.objects.items():
        if key.kind not in ("RoleBinding", "ClusterRoleBinding"):
            continue
        kind, role = (str(dig(binding, "roleRef", field)) for field in ("kind", "name"))
        if key.kind == f"{kind}Binding" and key.name == role and release.get(kind, role) is None:
            yield Finding(key, "roleRef", f"there is no {kind} {role!r}")
        for path, subject in entries(binding, "subjects"):
            name = str(subject.get("name"))
            owned = subject.get("kind") == "ServiceAccount" and release.owns(name)
            if owned and release.get("ServiceAccount", name) is None:
                yield Finding(key, path, f"there is no ServiceAccount {name!r}")


def _mounts(release: Release) -> Iterator[Finding]:
    for pods in pods_of(release.objects):
        volumes = {volume.get("name") for _, volume in entries(pods.spec, "volumes")}
        claims = entries(release.objects[pods.key], "spec", "volumeClaimTemplates")
        volumes |= {dig(claim, "metadata", "name") for _, claim in claims}
        for container_path, container in containers_of(pods):
            for field in ("volumeMounts", "volumeDevices"):
                for path, mount in entries(container, field, at=container_path):
                    if mount.get("name") not in volumes:
                        yield Finding(pods.key, path, f"no volume is named {mount.get('name')!r}")


def _probes(release: Release) -> Iterator[Finding]:
    """Find probes and lifecycle hooks with a port name that their container does not have."""
    for pods in pods_of(release.objects):
        for container_path, container in containers_of(pods):
            names = {port.get("name") for _, port in entries(container, "ports")}
            for handler in (
                *(("startupProbe",), ("readinessProbe",), ("livenessProbe",)),
                *(("lifecycle", "postStart"), ("lifecycle", "preStop")),
            ):
                for action in ("httpGet", "tcpSocket"):
                    port = dig(container, *handler, action, "port")
                    if isinstance(port, str) and port not in names:
                        path = ".".join((container_path, *handler, action, "port"))
                        yield Finding(pods.key, path, f"the container has no port named {port!r}")
