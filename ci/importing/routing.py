"""Requests from outside the cluster: `ingress`, `httpRoute`."""

from __future__ import annotations

from typing import Any

from ci.importing.container import main_port
from ci.importing.draft import Draft
from ci.importing.selection import backends
from ci.kubernetes.defaulting import without_server_annotations
from ci.kubernetes.manifests import Key, Object
from ci.kubernetes.workloads import dig

_ISSUER = "cert-manager.io/cluster-issuer"


def map_routes(draft: Draft) -> None:
    """Map the first Ingress and the first HTTPRoute that lead to the main Service; others stay objects."""
    for key, made in list(draft.of_kind("Ingress", "HTTPRoute")):
        block, mapping = {"Ingress": ("ingress", _ingress), "HTTPRoute": ("httpRoute", _route)}[key.kind]
        if block in draft.values or not _leads_to(made, draft.service_key):
            continue
        draft.place(key)
        annotations = without_server_annotations(dig(made, "metadata", "annotations") or {})
        found = mapping(draft, made.get("spec") or {}, annotations)
        if annotations:
            found["annotations"] = annotations
        draft.set(block, {"enabled": True, **found})


def _leads_to(made: Object, service: Key | None) -> bool:
    return service is not None and any(backend["name"] == service.name for backend in backends(made))


def _ingress(draft: Draft, spec: dict[str, Any], annotations: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {"className": spec.get("ingressClassName") or ""}
    hosts = []
    for rule in spec.get("rules") or []:
        paths = [_path(draft, path) for path in dig(rule, "http", "paths") or []]
        host = {"host": rule["host"]} if rule.get("host") else {}
        hosts.append({**host, **({} if paths == [{}] else {"paths": paths})})
    found["hosts"] = hosts
    if spec.get("defaultBackend"):
        found["defaultBackend"] = spec["defaultBackend"]
    tls = spec.get("tls") or []
    if issuer := annotations.get(_ISSUER):
        every = list(dict.fromkeys(host["host"] for host in hosts if "host" in host))
        if tls == [{"hosts": every, "secretName": f"{draft.fullname}-tls"}]:
            found["clusterIssuer"], tls = issuer, []
            del annotations[_ISSUER]
    return {**found, "tls": tls} if tls else found


def _path(draft: Draft, path: dict[str, Any]) -> dict[str, Any]:
    """Return a path in the chart's form, without what the chart takes by default."""
    found: dict[str, Any] = {}
    if path.get("path", "/") != "/":
        found["path"] = path["path"]
    if path.get("pathType", "ImplementationSpecific") != "Prefix":
        found["pathType"] = path.get("pathType", "ImplementationSpecific")
    backend = path.get("backend") or {}
    if "service" not in backend:
        return {**found, "backend": backend}
    port = dig(backend, "service", "port") or {}
    name, number = port.get("name"), port.get("number")
    if backend["service"]["name"] != (draft.service_key and draft.service_key.name):
        return {**found, "serviceName": backend["service"]["name"], "port": name or number}
    name = service_port_name(draft, name or number) or name or number
    return {**found, "port": name} if name != main_port(draft) else found


def service_port_name(draft: Draft, port: object) -> str:
    """Return the name in `ports` of a port of the main Service by its number or old name."""
    service = draft.source[draft.service_key] if draft.service_key else {}
    for one in dig(service, "spec", "ports") or []:
        if port in (one.get("port"), one.get("name")):
            port = one["port"]
    return next(
        (name for name, entry in draft.values["ports"].items() if entry and entry.get("servicePort") == port),
        "",
    )


def _route(draft: Draft, spec: dict[str, Any], _: dict[str, str]) -> dict[str, Any]:
    rules = [_rule(draft, rule) for rule in spec.get("rules") or []]
    found = {**spec, "rules": [] if rules == [{}] else rules}
    return {name: value for name, value in found.items() if value}


def _rule(draft: Draft, rule: dict[str, Any]) -> dict[str, Any]:
    references = [_backend_reference(draft, one) for one in rule.get("backendRefs") or []]
    rest = {name: value for name, value in rule.items() if name != "backendRefs"}
    return rest if references == [{}] else {**rest, "backendRefs": references}


def _backend_reference(draft: Draft, reference: dict[str, Any]) -> dict[str, Any]:
    if reference.get("name") != (draft.service_key and draft.service_key.name) or reference.get("namespace"):
        return reference
    found = {name: value for name, value in reference.items() if name not in ("name", "port")}
    found = {name: value for name, value in found.items() if (name, value) not in _REFERENCE_DEFAULTS}
    name = service_port_name(draft, reference.get("port"))
    return found if name == main_port(draft) else {**found, "port": name or reference.get("port")}


_REFERENCE_DEFAULTS = (("group", ""), ("kind", "Service"), ("weight", 1))
