"""The main container: `image`, `command`, `args`, `resources`, probes, `lifecycle`, `containerSpec`."""

from __future__ import annotations

import copy
from decimal import Decimal
from typing import Any

from ci.importing.draft import Draft, take
from ci.kubernetes.defaulting import essential, pull_policy, quantity, without_defaults
from ci.kubernetes.workloads import dig

_PROBES = ("readinessProbe", "livenessProbe", "startupProbe")
# What a probe has if it does not say it, where the chart's readiness probe says something else.
_LIMITS = {"cpu": "500m", "memory": "512Mi"}
_UNSAID = {"initialDelaySeconds": 0, "periodSeconds": 10}


def map_image(draft: Draft) -> None:
    """Map image and pull policy; a registry stays part of the repository."""
    image = str(draft.container.pop("image", ""))
    parts = image_parts(image)
    policy = draft.container.pop("imagePullPolicy", None)
    if policy and policy != pull_policy(image):
        parts["pullPolicy"] = policy
    draft.set("image", parts)
    secrets = take(draft.pod, "imagePullSecrets").get("imagePullSecrets", [])
    if secrets:
        draft.set("imagePullSecrets", [one["name"] for one in secrets])


def image_parts(image: str) -> dict[str, str]:
    """Return an image in the chart's form; without tag and digest Kubernetes pulls the tag latest."""
    name, _, digest = image.partition("@")
    head, _, last = name.rpartition("/")
    last, _, tag = last.partition(":")
    repository = "/".join(filter(None, (head, last)))
    return {"repository": repository, "tag": tag or ("" if digest else "latest"), "digest": digest}


def map_container(draft: Draft) -> None:
    """Map what the main container runs, its resources, probes and hooks."""
    container = draft.container
    for field, value in take(container, "command", "args").items():
        draft.set(field, value)
    if resources := container.pop("resources", None):
        draft.set("resources", requests_and_limits(resources))
    for field in _PROBES:
        if probe := container.pop(field, None):
            draft.set(field, _probe(draft, probe, field))
        elif field == "readinessProbe" and draft.port_names:
            # A path that the source does not have is not invented.
            draft.set("readinessProbe.enabled", False)
    if lifecycle := container.pop("lifecycle", None):
        seconds = dig(lifecycle, "preStop", "sleep", "seconds")
        if seconds is not None and set(lifecycle["preStop"]) == {"sleep"}:
            del lifecycle["preStop"]
            draft.set("shutdown.drainSeconds", None if seconds == _drain(draft) else seconds)
        if lifecycle:
            draft.set("lifecycle", lifecycle)


def map_rest_of_container(draft: Draft) -> None:
    """Map all other fields of the main container to containerSpec."""
    container = copy.deepcopy(draft.container)
    name = container.pop("name", "")
    rest = essential_fields({"containers": [{"image": "x:1", **container}]})["containers"][0]
    rest.pop("image")
    if name and name != draft.values.get("nameOverride", draft.name):
        rest = {"name": name, **rest}
    if rest:
        draft.set("containerSpec", rest)


def essential_fields(pod: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a pod's spec, or of its containers, beyond the API server's defaults."""
    found = essential({"kind": "Pod", "metadata": {}, "spec": pod}).get("spec", {})
    return {
        field: [
            {name: one[name] for name in one if name in kept}
            for one, kept in zip(value, found[field].values(), strict=True)
        ]
        if field == "containers"
        else value
        for field, value in pod.items()
        if field in found
    }


def requests_and_limits(resources: dict[str, Any]) -> dict[str, Any]:
    """Return resources in the chart's form, without the limits that it takes by itself."""
    limits = resources.get("limits") or {}
    # Kubernetes requests as much as the limit where a request is missing.
    requests = dict(resources.get("requests") or {})
    requests |= {name: limit for name, limit in limits.items() if name not in requests}
    limits = {name: limit for name, limit in limits.items() if not _is_default_limit(name, limit, requests)}
    found = {**resources, "requests": requests, "limits": limits}
    return {name: value for name, value in found.items() if value}


def _is_default_limit(name: str, limit: object, requests: dict[str, Any]) -> bool:
    """Tell whether the chart takes this limit by itself: microservice.resources."""
    if name not in _LIMITS:
        return False
    try:
        request, default = Decimal(quantity(requests[name])), Decimal(quantity(_LIMITS[name]))
        return Decimal(quantity(limit)) == max(request, default)
    except ArithmeticError:
        # No quantity: the chart says so.
        return False


def _drain(draft: Draft) -> int:
    """Return how long the chart drains a pod, in seconds: microservice.drainSeconds."""
    grace = draft.pod.get("terminationGracePeriodSeconds", 30)
    return min(5, int(grace) // 2) if draft.port_names else 0


def _probe(draft: Draft, probe: dict[str, Any], field: str) -> dict[str, Any]:
    probe = without_defaults(field, probe)
    for handler in ("httpGet", "tcpSocket", "grpc"):
        if handler in probe:
            action = without_defaults(handler, probe[handler])
            probe[handler] = _with_port_name(draft, action, by_number=handler == "grpc")
    if field == "readinessProbe":
        if "httpGet" in probe:
            probe["httpGet"].setdefault("path", "/")
        return {**probe, **{name: value for name, value in _UNSAID.items() if name not in probe}}
    return probe


def _with_port_name(draft: Draft, action: dict[str, Any], by_number: bool) -> dict[str, Any]:
    """Name a declared port by its name, and leave out the main port, which is the default."""
    name = port_name(draft, action.get("port"))
    if name == main_port(draft):
        action.pop("port", None)
    elif name and not by_number:
        action["port"] = name
    return action


def port_name(draft: Draft, port: object) -> str:
    """Return the name in `ports` of a container's port, given by number or by its name in the source."""
    for number, name in draft.port_names.items():
        if port and port in (number[0], draft.old_port_names[number]) and number[1] == "TCP":
            return name
    return ""


def main_port(draft: Draft) -> str:
    """Return the name of the port that the chart takes where none is named."""
    names = list(draft.port_names.values())
    return draft.values.get("mainPort") or ("http" if "http" in names else next(iter(names), ""))
