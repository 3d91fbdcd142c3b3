"""NetworkPolicy: `networkPolicy`."""

from __future__ import annotations

import copy
from itertools import chain
from typing import Any

from ci.importing.draft import Draft
from ci.importing.workload import COMPONENT
from ci.kubernetes.manifests import Object
from ci.kubernetes.workloads import dig

# Of Istio's ambient mode and of Linkerd.
_MESH = (15008, 4143)
_FIELDS = ("policyTypes", "ingress", "egress")


def map_network_policy(draft: Draft) -> None:
    """Map the policy of the workload's pods: by peers if it opens the declared ports alone, else as it is."""
    for key, made in list(draft.of_kind("NetworkPolicy")):
        spec = dict(made.get("spec") or {})
        spec = without_own(spec, draft.workload)
        if "networkPolicy" in draft.values or not draft.selects_pods(spec.get("podSelector")):
            continue
        draft.place(key)
        draft.describe("networkPolicy", key)
        types = spec.get("policyTypes") or (["Ingress", "Egress"] if spec.get("egress") else ["Ingress"])
        rules, mesh = _without_mesh(draft, spec)
        peers, egress = _peers(draft, rules), _egress(rules)
        if "Ingress" in types and peers is not None and ("Egress" not in types or egress is not None):
            draft.set("networkPolicy.ingress.from", peers)
            draft.set("networkPolicy.meshPorts", mesh)
            if "Egress" in types:
                draft.set("networkPolicy", {"egress": egress, "dnsPorts": dns_ports(spec["egress"])})
        else:
            whole = {field: spec[field] for field in _FIELDS if spec.get(field)}
            draft.set("networkPolicy.spec", {"policyTypes": types, **whole})


def _without_mesh(draft: Draft, spec: Object) -> tuple[Object, list[int]]:
    """Return a policy without the ports of a service mesh, and these: microservice.meshPorts."""
    reachable = _reachable_ports(draft)
    ingress = [port for rule in spec.get("ingress") or [] for port in rule.get("ports") or []]
    mesh = [
        port["port"]
        for port in ingress
        if port.get("protocol") in (None, "TCP")
        and isinstance(port.get("port"), int)
        and (port["port"], "TCP") not in reachable
        and (draft.wishes.exact or port["port"] in _MESH)
    ]
    of_mesh = [{"port": number, "protocol": "TCP"} for number in mesh]
    onward = [rule for rule in (spec.get("egress") or [])[1:] if rule.get("ports")]
    if not all(port in rule["ports"] for rule in onward for port in of_mesh):
        return spec, []
    found = copy.deepcopy(spec)
    for rule in [*(found.get("ingress") or []), *(found.get("egress") or [])[1:]]:
        if rule.get("ports"):
            rule["ports"] = [port for port in rule["ports"] if port not in of_mesh]
    return found, mesh


def without_own(spec: Object, workload: Object) -> Object:
    """Return a policy without the pods that the chart always lets connect: tests, and a StatefulSet's own.

    The latter are left where nobody else may connect.
    """
    own = {"podSelector": dig(workload, "spec", "selector")} if workload["kind"] == "StatefulSet" else None
    found = dict(spec)
    if spec.get("ingress"):
        found["ingress"] = []
        for rule in spec["ingress"]:
            outside = [peer for peer in rule.get("from") or [] if not _are_tests(peer)]
            peers = [peer for peer in outside if peer != own] or outside
            if peers or not rule.get("from"):
                found["ingress"].append({**rule, "from": peers} if peers else rule)
    if spec.get("egress") and own:
        found["egress"] = [rule for rule in spec["egress"] if rule.get("to") != [own]]
    return found


def _are_tests(peer: dict[str, Any]) -> bool:
    return bool(dig(peer, "podSelector", "matchLabels", COMPONENT) == "test")


def _peers(draft: Draft, spec: Object) -> list[dict[str, Any]] | None:
    """Return who may reach the declared ports, [] for anyone, None if the rules say anything else."""
    rules = spec.get("ingress") or []
    reachable = _reachable_ports(draft)
    if not rules and not reachable:
        return []
    if len(rules) != 1 or not rules[0].get("ports"):
        return None
    numbers = {name: number for (number, _), name in draft.old_port_names.items()}
    ports = {
        (numbers.get(port.get("port"), port.get("port")), port.get("protocol") or "TCP")
        for port in rules[0]["ports"]
    }
    if ports != reachable or any("endPort" in port for port in rules[0]["ports"]):
        return None
    return rules[0].get("from") or []


def _egress(spec: Object) -> list[dict[str, Any]] | None:
    """Return where the pods may connect to besides DNS, None if DNS is not the first rule."""
    rules = spec.get("egress") or []
    return rules[1:] if dns_ports(rules) else None


def dns_ports(rules: list[dict[str, Any]]) -> list[int] | None:
    """Return the ports of the rule that the chart puts before others for DNS; None for another first rule.

    microservice.dnsRules: anywhere, by UDP and TCP.
    """
    first = rules[0] if rules else {}
    ports = [(port.get("port"), port.get("protocol") or "TCP") for port in first.get("ports") or []]
    numbers = list(dict.fromkeys(number for number, _ in ports if isinstance(number, int)))
    expected = {(number, protocol) for number in numbers for protocol in ("UDP", "TCP")}
    return numbers if numbers and set(ports) == expected and not first.get("to") else None


def _reachable_ports(draft: Draft) -> set[tuple[Any, str]]:
    """Return the ports that the chart opens, by number and protocol: microservice.reachablePorts."""
    native = [one for one in draft.pod.get("initContainers") or [] if one.get("restartPolicy") == "Always"]
    native = native or [
        one for one in draft.values.get("initContainers") or [] if one.get("restartPolicy") == "Always"
    ]
    ports = [port for one in (*draft.side_containers, *native) for port in one.get("ports") or []]
    further = (entry.get("ports") or [] for entry in draft.values.get("extraServices", {}).values())
    ports += [
        {"containerPort": port.get("targetPort", port["port"]), "protocol": port.get("protocol")}
        for port in chain(dig(draft.values, "service", "extraPorts") or [], *further)
        if isinstance(port.get("targetPort", port["port"]), int)
    ]
    return {*draft.port_names, *((port["containerPort"], port.get("protocol") or "TCP") for port in ports)}
