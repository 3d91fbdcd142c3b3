"""Container ports and the Service: `ports`, `service`."""

from __future__ import annotations

import re
from typing import Any

from ci.importing.draft import KEY, Draft, take
from ci.importing.workload import COMPONENT
from ci.kubernetes.workloads import dig

_NAME = re.compile(r"([0-9]+-)*[0-9]*[a-z][a-z0-9]*(-[a-z0-9]+)*")
_LONGEST = 15


def map_ports(draft: Draft) -> None:
    """Map the main container's ports and the main Service."""
    declared = take(draft.container, "ports").get("ports", [])
    elsewhere = [port for one in _side_containers(draft) for port in one.get("ports") or []]
    service = None
    if draft.service_key:
        service = draft.place(draft.service_key)
        draft.describe("service", draft.service_key)
    spec = dict(dig(service, "spec") or {})
    served = take(spec, "ports").get("ports", [])
    extra, by_port = [], {}
    numbers = [(port.get("containerPort"), port.get("protocol") or "TCP") for port in declared]
    for port in served:
        target = _target(port, declared, elsewhere)
        undeclared = declared and target not in numbers
        if target is None or target in by_port or undeclared:
            extra.append(_numbered(port, declared))
        else:
            by_port[target] = port
    ports: dict[str, Any] = {}
    for port in declared or [{"containerPort": number, "protocol": protocol} for number, protocol in by_port]:
        identity = (port.get("containerPort"), port.get("protocol") or "TCP")
        if identity in draft.port_names:
            continue
        of_service = by_port.get(identity)
        name = _name(port, of_service or {}, ports, main=not ports)
        draft.port_names[identity] = name
        draft.old_port_names[identity] = port.get("name", "")
        if draft.wishes.live and of_service and not _are_named(name, of_service, port):
            extra.append(_numbered(of_service, declared))
            of_service = None
        ports[name] = _entry(port, of_service, name == "http" and service is not None)
    over_tcp = [name for name in ports if "protocol" not in ports[name]]
    if "http" not in ports and len(ports) > 1 and over_tcp:
        # Which one probes and routes use must not depend on the order of names.
        served = [name for name in over_tcp if ports[name].get("servicePort")]
        draft.set("mainPort", [*served, *over_tcp][0])
    draft.values["ports"] = {**({} if "http" in ports else {"http": None}), **ports}
    if service is None:
        if "http" in ports:
            draft.set("service.enabled", False)
        return
    if extra:
        draft.set("service.extraPorts", extra)
    spec.pop("selector", None)
    draft.set("service", {name: value for name, value in spec.items() if value not in (None, {}, [])})


def map_further_services(draft: Draft) -> None:
    """Map further Services of the same pods, whose names begin as the chart's would."""
    if draft.workload_key.kind == "StatefulSet":
        headless = draft.find("Service", f"{draft.fullname}-headless")
        if headless and draft.selects_pods(dig(headless[1], "spec", "selector")):
            draft.place(headless[0], headless[0].name)
    for key, made in list(draft.of_kind("Service")):
        spec = {
            name: value for name, value in (made.get("spec") or {}).items() if value not in (None, {}, [])
        }
        name = key.name.removeprefix(f"{draft.fullname}-")
        # An object of the service's component is one that somebody has written beside the chart's.
        own = dig(made, "metadata", "labels", COMPONENT) == "app"
        named = name != key.name and KEY.fullmatch(name)
        if own or not named or not draft.selects_pods(spec.pop("selector", None)):
            continue
        draft.place(key, key.name)
        ports = [_named(port, draft) for port in spec.pop("ports", [])]
        draft.set("extraServices", {name: {**spec, **({"ports": ports} if ports else {})}})
        draft.describe(f"extraServices.{name}", key)


def _named(port: dict[str, Any], draft: Draft) -> dict[str, Any]:
    """Return a Service's port with the name that its target has in `ports`, or its number."""
    protocol = port.get("protocol") or "TCP"
    target = port.get("targetPort", port["port"])
    for (number, of), name in draft.port_names.items():
        if of == protocol and target in (number, draft.old_port_names[number, of]):
            return {**port, "targetPort": name}
    return port


def _are_named(name: str, *ports: dict[str, Any]) -> bool:
    """Tell whether Service and pods have a port under the name that it gets in the chart.

    Under another name nodes refuse its requests until all have learnt the new one, and those for a name
    that a pod does not have never reach that pod.
    """
    return all(port.get("name") == name for port in ports)


def _side_containers(draft: Draft) -> list[dict[str, Any]]:
    native = [one for one in draft.pod.get("initContainers") or [] if one.get("restartPolicy") == "Always"]
    return [*draft.side_containers, *native]


def _target(
    port: dict[str, Any], declared: list[dict[str, Any]], elsewhere: list[dict[str, Any]]
) -> tuple[int, str] | None:
    """Return number and protocol of the main container's port that a Service's port leads to, if any."""
    protocol = port.get("protocol") or "TCP"
    target = port.get("targetPort") or port.get("port")
    for one in declared:
        if one.get("name") == target or (one.get("containerPort"), one.get("protocol") or "TCP") == (
            target,
            protocol,
        ):
            return one["containerPort"], protocol
    if not isinstance(target, int) or any(one.get("containerPort") == target for one in elsewhere):
        return None
    return target, protocol


def _numbered(port: dict[str, Any], declared: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a further port of the Service; the numbers of ports stay, names may change."""
    number = {one.get("name"): one["containerPort"] for one in declared}.get(port.get("targetPort"))
    return {**port, "targetPort": number} if number else port


def _name(port: dict[str, Any], of_service: dict[str, Any], taken: dict[str, Any], main: bool) -> str:
    names = [of_service.get("name"), port.get("name"), "http" if main else None]
    for name in (*names, f"port-{port['containerPort']}", f"udp-{port['containerPort']}"):
        if name and name not in taken and len(name) <= _LONGEST and _NAME.fullmatch(name):
            return str(name)
    return f"p{len(taken)}-{port['containerPort']}"


def _entry(port: dict[str, Any], of_service: dict[str, Any] | None, unserved: bool) -> dict[str, Any]:
    """Return a port in the chart's form; one that is ``unserved`` takes the chart's own servicePort away."""
    entry = {field: value for field, value in port.items() if field != "name" and value is not None}
    if entry.get("protocol") == "TCP":
        del entry["protocol"]
    if of_service is not None:
        entry["servicePort"] = of_service["port"]
        entry |= {field: of_service[field] for field in ("appProtocol", "nodePort") if of_service.get(field)}
    elif unserved:
        entry["servicePort"] = None
    return entry
