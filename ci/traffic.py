"""Whether what leads to pods reaches them: Services and Ingresses, with their selectors and ports."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ci.stream import Finding, Pods, Release, containers_of, dig, entries, not_one_serving, selected


def findings(release: Release) -> Iterator[Finding]:
    """Yield all that is wrong with the ways that lead to the pods of a stream."""
    for rule in (_services, _ingresses):
        yield from rule(release)


def _services(release: Release) -> Iterator[Finding]:
    for key, service in release.objects.items():
        selector = dig(service, "spec", "selector")
        if key.kind != "Service" or not selector:
            continue
        chosen = selected(release.objects, selector)
        if message := not_one_serving(chosen):
            yield Finding(key, "spec.selector", message)
        names = {name for pods in chosen for name in _port_names(pods)}
        for path, port in entries(service, "spec", "ports"):
            target = port.get("targetPort")
            if chosen and isinstance(target, str) and target not in names:
                yield Finding(key, f"{path}.targetPort", f"no container has a port named {target!r}")


def _port_names(pods: Pods) -> Iterator[str]:
    for path, container in containers_of(pods):
        # Of those that start before the others, only a sidecar is there to be reached.
        if "initContainers" not in path or container.get("restartPolicy") == "Always":
            yield from (port["name"] for _, port in entries(container, "ports", at=path) if port.get("name"))


def _ingresses(release: Release) -> Iterator[Finding]:
    for key, ingress in release.objects.items():
        if key.kind != "Ingress":
            continue
        backends = [("spec.defaultBackend", dig(ingress, "spec", "defaultBackend"))]
        for rule_path, rule in entries(ingress, "spec", "rules"):
            paths = entries(rule, "http", "paths", at=rule_path)
            backends += [(f"{path}.backend", dig(item, "backend")) for path, item in paths]
        for path, backend in backends:
            if name := dig(backend, "service", "name"):
                message = _unreachable(release, name, dig(backend, "service", "port") or {})
                if message:
                    yield Finding(key, f"{path}.service", message)


def _unreachable(release: Release, name: str, port: Mapping[str, Any]) -> str | None:
    service = release.get("Service", name)
    if service is None:
        return f"there is no Service {name!r}" if release.owns(name) else None
    ports = [declared for _, declared in entries(service, "spec", "ports")]
    if any(port == {"name": item.get("name")} or port == {"number": item.get("port")} for item in ports):
        return None
    return f"Service {name!r} has no port {' '.join(str(value) for value in port.values())}"
