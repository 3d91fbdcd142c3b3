"""Finds what the pods that run now lose in a deploy before others take their place.

Services and NetworkPolicies change at once, pods one after the other: so both have to fit the old pods too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ci.kubernetes import ports
from ci.kubernetes.manifests import Key, Object
from ci.kubernetes.workloads import SERVING, Pods, dig, entries, selected


def cut_off(live: Mapping[Key, Object], wanted: Mapping[Key, Object]) -> Iterator[str]:
    """Yield a warning for each Service port at which old pods get no requests any more, with a remedy."""
    old = {key: live[key] for key in wanted if key in live and _is_replaced_by_turns(live[key], wanted[key])}
    policies = [made for key, made in wanted.items() if key.kind == "NetworkPolicy"]
    for key, service in wanted.items():
        if key.kind == "Service" and key in live and (labels := dig(service, "spec", "selector")):
            for pods in selected(old, labels):
                for port in _known(service, live[key]):
                    if warning := _lost(port, pods, policies):
                        yield f"Service {key.name}: {warning}"


def _is_replaced_by_turns(old: Object, new: Object) -> bool:
    recreated = dig(new, "spec", "strategy", "type") == "Recreate"
    return old["kind"] in SERVING and not recreated and dig(old, "spec", "replicas") != 0


def _known(service: Object, live: Object) -> Iterator[ports.Port]:
    """Yield the ports of a Service that it has already."""
    there = {(port.get("port"), ports.protocol(port)) for _, port in entries(live, "spec", "ports")}
    for _, port in entries(service, "spec", "ports"):
        if (port.get("port"), ports.protocol(port)) in there:
            yield port


def _lost(port: ports.Port, pods: Pods, policies: Sequence[Object]) -> str | None:
    target = ports.target(port, pods)
    if target is None:
        return (
            f"the old pods have no port called {port['targetPort']}, so port {port['port']} leads to none of "
            "them while new ones start; keep the name of the container port"
        )
    if ports.admitted(policies, pods, target):
        return None
    number = target["containerPort"]
    return (
        f"no NetworkPolicy lets requests reach port {number} of the old pods any more, so where policies are "
        "enforced they fail while new pods start; deploy with that port beside the new one, such as with "
        f"ports.old.containerPort: {number}"
    )
