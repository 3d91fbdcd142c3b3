"""The test of a release of this chart: `tests`."""

from __future__ import annotations

import copy
from typing import Any

from ci.importing.container import image_parts
from ci.importing.draft import Draft
from ci.importing.jobs import over
from ci.importing.network_policy import dns_ports
from ci.importing.workload import COMPONENT, labels_of, without_own_selectors
from ci.kubernetes.workloads import dig


def map_tests(draft: Draft) -> None:
    """Map the test of a render of this chart; of another chart's test nothing stays."""
    found = draft.find("Pod", f"{draft.fullname}-test")
    if not found or labels_of(found[1]).get(COMPONENT) != "test":
        return
    key, made = found
    pod, (container, *_) = made["spec"], made["spec"]["containers"]
    draft.set("tests.image", image_parts(container["image"]))
    if policy := container.get("imagePullPolicy"):
        draft.set("tests.image.pullPolicy", policy)
    draft.set("tests.resources", _resources(container.get("resources") or {}))
    _map_place(draft, pod, labels_of(made))
    _map_users(draft, pod, container)
    policy = draft.find("NetworkPolicy", f"{draft.fullname}-test")
    if policy and (rules := dig(policy[1], "spec", "egress")):
        draft.set("networkPolicy.dnsPorts", dns_ports(rules) or [])
    draft.describe("tests", key)
    for each in [each for each, one in draft.objects.items() if labels_of(one).get(COMPONENT) == "test"]:
        draft.place(each, each.name)


def _resources(resources: dict[str, Any]) -> dict[str, Any]:
    names, kinds = ("cpu", "memory"), ("requests", "limits")
    return {kind: {name: dig(resources, kind, name) for name in names} for kind in kinds}


def _map_place(draft: Draft, pod: dict[str, Any], labels: dict[str, str]) -> None:
    """Map where it runs, over where the service does."""
    affinity = copy.deepcopy(pod.get("affinity") or {})
    without_own_selectors(affinity, labels)
    for field, value in (("nodeSelector", pod.get("nodeSelector") or {}), ("affinity", affinity)):
        if other := over(draft.values.get(field) or {}, value):
            draft.set(f"tests.{field}", other)
    tolerations = pod.get("tolerations") or []
    if tolerations != (draft.values.get("tolerations") or []):
        draft.set("tests.tolerations", tolerations)


def _map_users(draft: Draft, pod: dict[str, Any], container: dict[str, Any]) -> None:
    """Leave out the user and the groups that it does not have: of the service's contexts it takes these."""
    for block, context, fields in (
        ("securityContext", container.get("securityContext") or {}, ("runAsUser", "runAsGroup")),
        ("podSecurityContext", pod.get("securityContext") or {}, ("fsGroup",)),
    ):
        for field in fields:
            if field not in context and field not in draft.values.get(block, {}):
                draft.set(f"{block}.{field}", None)
