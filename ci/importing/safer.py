"""What the chart does beyond a source, and the key that takes each of it back."""

from __future__ import annotations

import re
from typing import NamedTuple

from ci.importing.draft import Values, nested


class _Rule(NamedTuple):
    """A field that the chart adds: a pattern of its kind and path, and the key and value that remove it."""

    pattern: re.Pattern[str]
    key: str
    value: object


def _rule(pattern: str, key: str, value: object) -> _Rule:
    return _Rule(re.compile(pattern), key, value)


_ANY = r"\w+ [^/]*/"
_POD = r"(?:spec/(?:jobTemplate/spec/)?template/)?spec"
_CONTAINER = rf"{_POD}/(?:initC|c)ontainers/[^/]+"
_RULES = (
    _rule(
        rf"Deployment workers\.([^/]*)/{_CONTAINER}/resources/(requests|limits)/(.+)$",
        "workers.$1.resources.$2.$3",
        None,
    ),
    _rule(r"Deployment workers\.([^/]*)/spec/minReadySeconds$", "workers.$1.minReadySeconds", 0),
    _rule(rf"Deployment workers\.([^/]*)/{_CONTAINER}/lifecycle/", "workers.$1.shutdown.drainSeconds", 0),
    _rule(
        r"PodDisruptionBudget workers\.([^/]*)(?:/spec/unhealthyPodEvictionPolicy)?$",
        "workers.$1.podDisruptionBudget.enabled",
        False,
    ),
    _rule(r"Deployment [^/]*/spec/strategy/rollingUpdate/(\w+)$", "strategy.rollingUpdate.$1", "25%"),
    _rule(
        rf"CronJob ([^/]*)/{_CONTAINER}/resources/(requests|limits)/(.+)$",
        "cronJobs.$1.resources.$2.$3",
        None,
    ),
    _rule(rf"{_ANY}{_CONTAINER}/resources/(requests|limits)/(.+)$", "resources.$1.$2", None),
    _rule(rf"{_ANY}(?:{_POD}|{_CONTAINER})/securityContext(?:/|$)", "podSecurityStandard", "privileged"),
    _rule(rf"{_ANY}{_CONTAINER}/lifecycle/preStop/", "shutdown.drainSeconds", 0),
    _rule(rf"{_ANY}(?:{_POD}/volumes/tmp|{_CONTAINER}/volumeMounts/~tmp)$", "volumes.tmp.enabled", False),
    _rule(rf"{_ANY}{_POD}/volumes/tmp/emptyDir/sizeLimit$", "volumes.tmp.emptyDir.sizeLimit", None),
    _rule(rf"{_ANY}{_POD}/(?:affinity|topologySpreadConstraints)(?:/|$)", "topologySpreadConstraints", []),
    _rule(rf"{_ANY}{_POD}/serviceAccountName$|ServiceAccount [^/]*$", "serviceAccount.create", False),
    _rule(rf"{_ANY}{_POD}/automountServiceAccountToken$", "serviceAccount.automount", True),
    _rule(r"(?:Pod|NetworkPolicy) test$", "tests.enabled", False),
    _rule(rf"{_ANY}{_POD}/enableServiceLinks$", "podSpec.enableServiceLinks", True),
    _rule(r"NetworkPolicy [^/]*$", "networkPolicy.enabled", False),
    _rule(
        r"PodDisruptionBudget [^/]*(?:/spec/unhealthyPodEvictionPolicy)?$",
        "podDisruptionBudget.enabled",
        False,
    ),
    _rule(r"Job [^/]*/spec/backoffLimit$", "migration.backoffLimit", 6),
    _rule(r"CronJob ([^/]*)/spec/concurrencyPolicy$", "cronJobs.$1.concurrencyPolicy", "Allow"),
    _rule(
        r"PersistentVolumeClaim ([^/]*)/metadata/annotations/",
        "volumes.$1.claim.retain",
        False,
    ),
)
# Labels, names and what the chart itself needs to tell that settings changed.
_NAMES = re.compile(
    rf"{_ANY}(?:spec/(?:jobTemplate/spec/)?template/)?metadata/(?:labels/|annotations/checksum~)"
    rf"|{_ANY}.*/ports/[^/]+/name$"
    # A monitor selects the Service by its labels.
    r"|ServiceMonitor [^/]*/spec/selector/matchLabels/"
)
# A port of a container is declared for information only, and the files of a ConfigMap or Secret are read-only
# anyway: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#ports
# Nobody calls a Service that was not there.
# With the annotation, nodes that the chart's own /tmp is on can be removed as before.
_WITHOUT_EFFECT = re.compile(
    rf"{_ANY}{_CONTAINER}/(?:ports/|volumeMounts/[^/]+/readOnly$)"
    r"|Service headless$"
    rf"|{_ANY}.*annotations/cluster-autoscaler.kubernetes.io~safe-to-evict-local-volumes$"
)
_REASONS = {
    re.compile(r"StatefulSet [^/]*/spec/serviceName$"): "each pod is called by a name below <name>-headless",
    re.compile(r"StatefulSet [^/]*/spec/podManagementPolicy$"): (
        "pods start side by side, so that one that never becomes ready can be replaced"
    ),
    re.compile(r"Deployment [^/]*/spec/replicas$"): "the autoscaler sets the number of pods",
    re.compile(r"ServiceAccount [^/]*/automountServiceAccountToken$"): "the account says what its pods say",
    re.compile(rf"{_ANY}.*/optional$"): (
        "the chart itself makes objects of that name; optional, this one can be another's"
    ),
    re.compile(r"Job [^/]*/metadata/annotations/helm.sh~hook"): "it runs as a hook, before each release",
    re.compile(r"Job [^/]*/spec/ttlSecondsAfterFinished$"): "what a killed run leaves is removed",
    re.compile(rf"(?:CronJob|Job) [^/]*/{_POD}/restartPolicy$"): (
        "a failed run becomes a new pod here, so that its log stays"
    ),
}


def is_name(kind: str, name: str, path: tuple[str, ...]) -> bool:
    """Tell whether a field is a label, the name of a port, or a checksum of settings."""
    return bool(_NAMES.match(_text(kind, name, path)))


def is_without_effect(kind: str, name: str, path: tuple[str, ...]) -> bool:
    """Tell whether a field that the chart adds changes nothing: a declared port, read-only files."""
    return bool(_WITHOUT_EFFECT.match(_text(kind, name, path)))


def taken_back(kind: str, name: str, path: tuple[str, ...]) -> Values | None:
    """Return the values that remove a field, or with path () a whole object, that the chart adds.

    ``name`` is the object's, without the fullname before it. None if no key does.
    """
    for pattern, key, value in _RULES:
        if found := pattern.match(_text(kind, name, path)):
            # A key may have dots in it, such as that of an extended resource.
            parts = [found[int(part[1])] if part.startswith("$") else part for part in key.split(".")]
            return nested(parts, value)
    return None


def reason(kind: str, name: str, path: tuple[str, ...]) -> str:
    """Return why the chart does not say what the source says, "" where it just has no key for it."""
    text = _text(kind, name, path)
    return next((reason for pattern, reason in _REASONS.items() if pattern.match(text)), "")


def _text(kind: str, name: str, path: tuple[str, ...]) -> str:
    return "/".join([f"{kind} {name}", *(part.replace("/", "~") for part in path)])
