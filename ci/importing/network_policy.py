"""NetworkPolicy: `networkPolicy`."""

from __future__ import annotations

from typing import Any

from ci.importing.draft import Draft
from ci.importing.workload import COMPONENT
from ci.kubernetes.manifests import Object
from ci.kubernetes.workloads import dig

_FIELDS = ("policyTypes", "ingress", "egress")
# The rule that the chart puts before others: microservice.dnsRule.
_DNS = {(53, "UDP"), (53, "TCP")}


def map_network_policy(draft: Draft) -> None:
    """Map the policy of the workload's pods: by peers if it opens the declared ports alone, else as it is."""
    for key, made in list(draft.of_kind("NetworkPolicy")):
        spec = dict(made.get("spec") or {})
        if spec.get("ingress"):
            spec["ingress"] = without_tests(spec["ingress"])
        if "networkPolicy" in draft.values or not draft.selects_pods(spec.get("podSelector")):
            continue
        draft.place(key)
        draft.set_annotations("networkPolicy", made)
        types = spec.get("policyTypes") or (["Ingress", "Egress"] if spec.get("egress") else ["Ingress"])
        peers, egress = _peers(draft, spec), _egress(spec)
        if "Ingress" in types and peers is not None and ("Egress" not in types or egress is not None):
            draft.set("networkPolicy.ingress.from", peers)
            if "Egress" in types:
                draft.set("networkPolicy.egress", egress)
        else:
            rules = {field: spec[field] for field in _FIELDS if spec.get(field)}
            draft.set("networkPolicy.spec", {"policyTypes": types, **rules})


def without_tests(rules: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return ingress rules without the chart's test pods, which may always connect."""
    found = []
    for rule in rules:
        peers = [peer for peer in rule.get("from") or [] if not _are_tests(peer)]
        if peers or not rule.get("from"):
            found.append({**rule, "from": peers} if peers else rule)
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
    rules = spec.get("egress") or [{}]
    ports = {(port.get("port"), port.get("protocol") or "TCP") for port in rules[0].get("ports") or []}
    return rules[1:] if ports == _DNS and not rules[0].get("to") else None


def _reachable_ports(draft: Draft) -> set[tuple[Any, str]]:
    """Return the ports that the chart opens, by number and protocol: microservice.reachablePorts."""
    native = [one for one in draft.pod.get("initContainers") or [] if one.get("restartPolicy") == "Always"]
    native = native or [
        one for one in draft.values.get("initContainers") or [] if one.get("restartPolicy") == "Always"
    ]
    ports = [port for one in (*draft.side_containers, *native) for port in one.get("ports") or []]
    ports += [
        {"containerPort": port.get("targetPort", port["port"]), "protocol": port.get("protocol")}
        for port in dig(draft.values, "service", "extraPorts") or []
        if isinstance(port.get("targetPort", port["port"]), int)
    ]
    return {*draft.port_names, *((port["containerPort"], port.get("protocol") or "TCP") for port in ports)}
