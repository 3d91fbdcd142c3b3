"""Checks that Services, routes, monitors and policies match existing pods and ports."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ci.checks.findings import Finding, Release, not_one_serving
from ci.kubernetes import ports
from ci.kubernetes.manifests import Key, Object
from ci.kubernetes.workloads import dig, entries, selected


class Backend(NamedTuple):
    """The Service to which the field at ``path`` leads, and its port: {"name": ...} or {"number": ...}."""

    path: str
    name: str
    port: Mapping[str, Any]


def findings(release: Release) -> Iterator[Finding]:
    """Yield each Service, Ingress, route, monitor and NetworkPolicy that does not match pods or ports."""
    for rule in (_services, _backends, _monitors, _network_policies):
        yield from rule(release)


def _services(release: Release) -> Iterator[Finding]:
    for key, service in release.objects.items():
        selector = dig(service, "spec", "selector")
        if key.kind != "Service" or not selector:
            continue
        chosen = selected(release.objects, selector)
        if message := not_one_serving(chosen):
            yield Finding(key, "spec.selector", message)
        names = {port.get("name") for pods in chosen for port in ports.serving(pods)}
        for path, port in entries(service, "spec", "ports"):
            target = port.get("targetPort")
            if chosen and isinstance(target, str) and target not in names:
                yield Finding(key, f"{path}.targetPort", f"no container has a port named {target!r}")


def _backends(release: Release) -> Iterator[Finding]:
    for key, made in release.objects.items():
        for backend in backends(key, made):
            if message := _unreachable(release, backend.name, backend.port):
                yield Finding(key, backend.path, message)


def backends(key: Key, made: Object) -> Iterator[Backend]:
    """Yield the Services to which an Ingress or a route leads, none for another object."""
    if key.kind == "Ingress":
        yield from _of_ingress(made)
    elif key.kind.endswith("Route"):
        yield from _of_route(made)


def _of_ingress(ingress: Object) -> Iterator[Backend]:
    found = [("spec.defaultBackend", dig(ingress, "spec", "defaultBackend"))]
    for rule_path, rule in entries(ingress, "spec", "rules"):
        paths = entries(rule, "http", "paths", at=rule_path)
        found += [(f"{path}.backend", dig(item, "backend")) for path, item in paths]
    for path, backend in found:
        if name := dig(backend, "service", "name"):
            yield Backend(f"{path}.service", name, dig(backend, "service", "port") or {})


def _of_route(route: Object) -> Iterator[Backend]:
    """Yield backends of this namespace; without a kind they are Services (Gateway API, BackendRef)."""
    for rule_path, rule in entries(route, "spec", "rules"):
        found = list(entries(rule, "backendRefs", at=rule_path))
        for path, filter_ in entries(rule, "filters", at=rule_path):
            if mirror := dig(filter_, "requestMirror", "backendRef"):
                found.append((f"{path}.requestMirror.backendRef", mirror))
        for path, backend in found:
            if backend.get("kind", "Service") == "Service" and "namespace" not in backend:
                yield Backend(path, str(backend.get("name")), {"number": backend.get("port")})


def _unreachable(release: Release, name: str, port: Mapping[str, Any]) -> str | None:
    service = release.get("Service", name)
    if service is None:
        return f"there is no Service {name!r}" if release.owns(name) else None
    declared = [item for _, item in entries(service, "spec", "ports") if ports.protocol(item) == "TCP"]
    if any(port == {"name": item.get("name")} or port == {"number": item.get("port")} for item in declared):
        return None
    return f"Service {name!r} has no TCP port {' '.join(str(value) for value in port.values())}"


def _monitors(release: Release) -> Iterator[Finding]:
    """Find monitors that select nothing, or name a port that no selected object has."""
    for key, monitor in release.objects.items():
        labels = dig(monitor, "spec", "selector", "matchLabels") or {}
        if key.kind == "ServiceMonitor":
            chosen = [
                [port for _, port in entries(service, "spec", "ports")]
                for other, service in release.objects.items()
                if other.kind == "Service"
                and labels.items() <= (dig(service, "metadata", "labels") or {}).items()
            ]
            field = "endpoints"
        elif key.kind == "PodMonitor":
            chosen = [list(ports.serving(pods)) for pods in selected(release.objects, labels)]
            field = "podMetricsEndpoints"
        else:
            continue
        if not chosen:
            yield Finding(key, "spec.selector.matchLabels", "matches nothing")
        names = {port.get("name") for found in chosen for port in found}
        for path, endpoint in entries(monitor, "spec", field):
            if chosen and (name := endpoint.get("port")) and name not in names:
                yield Finding(key, f"{path}.port", f"no selected object has a port named {name!r}")


def _network_policies(release: Release) -> Iterator[Finding]:
    """Find policies without pods, and Service ports that no policy of their pods allows ingress to."""
    policies = {key: made for key, made in release.objects.items() if key.kind == "NetworkPolicy"}
    for key, policy in policies.items():
        if release.owns(key.name) and not selected(release.objects, ports.policy_selector(policy)):
            yield Finding(key, "spec.podSelector", "matches no pods")
    for key, service in release.objects.items():
        if key.kind != "Service" or not dig(service, "spec", "selector"):
            continue
        for pods in selected(release.objects, dig(service, "spec", "selector")):
            for path, port in entries(service, "spec", "ports"):
                target = ports.target(port, pods)
                if target and not ports.admitted([*policies.values()], pods, target):
                    yield Finding(key, path, "leads to a port to which no NetworkPolicy allows ingress")
