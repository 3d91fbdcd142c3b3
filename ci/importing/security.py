"""Security contexts: `podSecurityStandard`, and what is laid over it for pod and containers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ci.importing.container import image_parts
from ci.importing.draft import Draft
from ci.kubernetes.workloads import containers_of, dig, pods_of

# What each standard of the chart sets: microservice.podSecurityContext and .securityContext.
_BASELINE = {"allowPrivilegeEscalation": False}
_RESTRICTED = {
    **_BASELINE,
    "capabilities": {"drop": ["ALL"]},
    **{"readOnlyRootFilesystem": True, "runAsNonRoot": True, "runAsUser": 10001, "runAsGroup": 10001},
}
_CONTAINER: dict[str, dict[str, Any]] = {"restricted": _RESTRICTED, "baseline": _BASELINE, "privileged": {}}
_SECCOMP = {"seccompProfile": {"type": "RuntimeDefault"}}
_POD: dict[str, dict[str, Any]] = {
    "restricted": {
        **_SECCOMP,
        **{"runAsNonRoot": True, "fsGroup": 10001, "fsGroupChangePolicy": "OnRootMismatch"},
    },
    "baseline": _SECCOMP,
    "privileged": {},
}
_USER = ("runAsUser", "runAsGroup")
# The capabilities that the baseline standard allows:
# https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline
_BASELINE_CAPABILITIES = frozenset(
    {"AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE"}
    | {"SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"}
)


def map_security(draft: Draft) -> None:
    """Map the contexts of the pod and its containers, over the strictest standard that they allow."""
    pod = draft.pod.pop("securityContext", None) or {}
    main = draft.container.pop("securityContext", None) or {}
    sides = [*draft.side_containers, *(draft.pod.get("initContainers") or [])]
    contexts = [main, *(one.get("securityContext") or {} for one in sides)]
    standard = "privileged" if draft.wishes.exact else _standard(draft, pod, contexts)
    draft.set("podSecurityStandard", standard)
    preset = _CONTAINER[standard]
    common = _common([*contexts, *_of_jobs(draft)])
    written = _over(preset, common)
    if standard == "restricted" and (_has_a_user(pod) or main.get("runAsNonRoot") or pod.get("runAsNonRoot")):
        # The pod's user, or the image's, which is not root: the preset's would take its place.
        written |= {field: None for field in _USER if field not in common}
    if pod := _over(_POD[standard], pod):
        draft.set("podSecurityContext", pod)
    if written:
        draft.set("securityContext", written)
    if own := _over({**preset, **written}, main):
        draft.set("containerSecurityContext", own)


def _of_jobs(draft: Draft) -> Iterator[dict[str, Any]]:
    """Yield the contexts of jobs that run the service's image: the chart's have the service's."""
    image = dig(draft.values, "image")
    for pods in pods_of(dict(draft.of_kind("CronJob", "Job"))):
        for _, one in containers_of(pods):
            if image_parts(str(one.get("image"))).items() <= image.items():
                yield one.get("securityContext") or {}


def _common(contexts: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the fields that all containers have with the same value."""
    first, *others = contexts
    return {
        name: value
        for name, value in first.items()
        if value is not None and all(other.get(name) == value for other in others)
    }


def _over(preset: dict[str, Any], context: dict[str, Any]) -> dict[str, Any]:
    """Return what a context sets beyond the preset."""
    return {name: value for name, value in context.items() if preset.get(name) != value and value is not None}


def _has_a_user(context: dict[str, Any]) -> bool:
    return any(field in context for field in _USER)


def _standard(draft: Draft, pod: dict[str, Any], contexts: list[dict[str, Any]]) -> str:
    every = [pod, *contexts]
    added = set(_added(contexts))
    if (
        any(draft.pod.get(field) for field in ("hostNetwork", "hostPID", "hostIPC"))
        or any("hostPath" in volume for volume in draft.pod.get("volumes") or [])
        or any(one.get("privileged") or one.get("procMount") == "Unmasked" for one in contexts)
        or any((one.get("seccompProfile") or {}).get("type") == "Unconfined" for one in every)
        or added - _BASELINE_CAPABILITIES
    ):
        return "privileged"
    if (
        any(one.get("runAsUser") == 0 or one.get("runAsNonRoot") is False for one in every)
        or any(one.get("allowPrivilegeEscalation") for one in contexts)
        or added - {"NET_BIND_SERVICE"}
    ):
        return "baseline"
    return "restricted"


def _added(contexts: list[dict[str, Any]]) -> Iterator[str]:
    for context in contexts:
        for name in (context.get("capabilities") or {}).get("add") or []:
            yield str(name).removeprefix("CAP_")
