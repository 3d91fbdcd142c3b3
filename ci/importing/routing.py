"""Requests from outside the cluster: `ingress`, `httpRoute`, and further ones of both."""

from __future__ import annotations

from typing import Any

from ci.importing.container import main_port
from ci.importing.draft import KEY, Draft
from ci.importing.selection import ROUTES, backends
from ci.importing.workload import ISSUER
from ci.kubernetes.manifests import Key, Object
from ci.kubernetes.workloads import dig


def map_routes(draft: Draft) -> None:
    """Map Ingresses and routes that lead to the main Service: one of each kind, and further ones by name."""
    for kinds, block, further, mapping in (
        (("Ingress",), "ingress", "extraIngresses", _ingress),
        (ROUTES, "httpRoute", "extraRoutes", _route),
    ):
        leading = [(key, made) for key, made in draft.of_kind(*kinds) if _leads_to(made, draft.service_key)]
        main = _main([key for key, _ in leading if key.kind in (*kinds[:1], "HTTPRoute")], draft)
        for key, made in leading:
            name = key.name.removeprefix(f"{draft.fullname}-")
            if key == main:
                draft.place(key)
                draft.set(block, {"enabled": True, **mapping(draft, made)})
                draft.describe(block, key)
            elif KEY.fullmatch(name) and name not in draft.values.get(further, {}):
                draft.place(key, f"{draft.fullname}-{name}")
                kind = {} if key.kind in ("Ingress", "HTTPRoute") else {"kind": key.kind}
                said = {field: value for field, value in mapping(draft, made).items() if value}
                draft.set(further, {name: {**kind, **said}})
                draft.describe(f"{further}.{name}", key)


def _main(keys: list[Key], draft: Draft) -> Key | None:
    """Return the one that gets the service's own name; an exact import renames none that can stay."""
    own = [key for key in keys if key.name == draft.fullname]
    free = [key for key in keys if not (draft.wishes.exact and key.name.startswith(f"{draft.fullname}-"))]
    return next(iter(own or free), None)


def _leads_to(made: Object, service: Key | None) -> bool:
    return service is not None and any(backend["name"] == service.name for backend in backends(made))


def _ingress(draft: Draft, made: Object) -> dict[str, Any]:
    spec = made.get("spec") or {}
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
    if issuer := dig(made, "metadata", "annotations", ISSUER):
        every = list(dict.fromkeys(host["host"] for host in hosts if "host" in host))
        if tls == [{"hosts": every, "secretName": f"{made['metadata']['name']}-tls"}]:
            found["clusterIssuer"], tls = issuer, []
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


def _route(draft: Draft, made: Object) -> dict[str, Any]:
    spec = made.get("spec") or {}
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
