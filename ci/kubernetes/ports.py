"""Finds the container ports that a Service leads to, and whether NetworkPolicies let anything in there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ci.kubernetes.workloads import Pods, containers_of, dig, entries

# A port in Kubernetes' own form, of a container, a Service or a NetworkPolicy.
Port = Mapping[str, Any]


def protocol(port: Port) -> str:
    """Return the protocol of a port, TCP where it names none."""
    return port.get("protocol") or "TCP"


def serving(pods: Pods) -> Iterator[Port]:
    """Yield the ports of the containers that run when requests come."""
    for path, container in containers_of(pods):
        # Of the init containers, only sidecars still run then.
        if "initContainers" not in path or container.get("restartPolicy") == "Always":
            yield from (port for _, port in entries(container, "ports"))


def target(port: Port, pods: Pods) -> Port | None:
    """Return the container port behind the port of a Service, None if it names one that the pods lack.

    A port that is named by its number need not be declared.
    """
    wanted = port.get("targetPort") or port.get("port")
    field = "name" if isinstance(wanted, str) else "containerPort"
    found = (declared for declared in serving(pods) if declared.get(field) == wanted)
    return next(found, None if field == "name" else {field: wanted, "protocol": port.get("protocol")})


def admitted(policies: Sequence[Mapping[str, Any]], pods: Pods, container_port: Port) -> bool:
    """Return whether these NetworkPolicies let anything in at a port of the pods.

    Pods that a policy of type Ingress selects accept only what one of their policies allows:
    https://kubernetes.io/docs/concepts/services-networking/network-policies/.
    """
    restricting = [policy for policy in policies if _restricts(policy, pods)]
    return not restricting or any(_allows(policy, container_port) for policy in restricting)


def policy_selector(policy: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the labels of the pods that a NetworkPolicy is for."""
    return dig(policy, "spec", "podSelector", "matchLabels") or {}


def _restricts(policy: Mapping[str, Any], pods: Pods) -> bool:
    types = dig(policy, "spec", "policyTypes") or ["Ingress"]
    return "Ingress" in types and policy_selector(policy).items() <= pods.labels.items()


def _allows(policy: Mapping[str, Any], container_port: Port) -> bool:
    """Return whether a rule has the port, by number or name; a rule without ports allows all."""
    for _, rule in entries(policy, "spec", "ingress"):
        ports = [port for _, port in entries(rule, "ports")]
        if not ports or any(
            protocol(port) == protocol(container_port)
            and port.get("port") in (None, container_port.get("containerPort"), container_port.get("name"))
            for port in ports
        ):
            return True
    return False
