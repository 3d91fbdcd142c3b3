"""What the pods of a release ask for and may use, at rest and at the most, against a namespace's quota."""

from __future__ import annotations

import math
import operator
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from ci.kubernetes.defaulting import quantity
from ci.kubernetes.manifests import Key, Object
from ci.kubernetes.workloads import dig, entries, pods_of

# By the names that a ResourceQuota has for them: requests.cpu in cores, limits.memory in bytes.
Amounts = Mapping[str, Decimal]
COMPUTE = ("requests.cpu", "requests.memory", "limits.cpu", "limits.memory")
_KINDS: dict[str, Callable[[Key, Object], bool]] = {
    "configmaps": lambda key, made: key.kind == "ConfigMap",
    "secrets": lambda key, made: key.kind == "Secret",
    "persistentvolumeclaims": lambda key, made: key.kind == "PersistentVolumeClaim",
    "services": lambda key, made: key.kind == "Service",
    "services.loadbalancers": lambda key, made: dig(made, "spec", "type") == "LoadBalancer",
    "services.nodeports": lambda key, made: dig(made, "spec", "type") in ("NodePort", "LoadBalancer"),
}
# Default requests and limits of a container.
_Defaults = tuple[Mapping[str, Any], Mapping[str, Any]]
_UNITS = ("", " Ki", " Mi", " Gi", " Ti", " Pi")
# KEDA's default.
_KEDA_MOST = 100


class Use(NamedTuple):
    """How many pods a workload has ``at_rest`` and ``at_most``, and what each of them asks for.

    At the most means: scaled to the limit, in the midst of a rolling update.
    """

    key: Key
    at_rest: int
    at_most: int
    each: Amounts


class Share(NamedTuple):
    """What a quota allows of a resource, and how much of it there is; None: it is not counted here."""

    resource: str
    at_rest: Decimal | None
    at_most: Decimal | None
    hard: Decimal

    @property
    def is_over(self) -> bool:
        """Whether there can be more than the quota allows."""
        return self.at_most is not None and self.at_most > self.hard


def uses(objects: Mapping[Key, Object], namespace: Mapping[Key, Object]) -> list[Use]:
    """Return what each workload uses; what its containers leave out is in the namespace's LimitRange."""
    defaults = [
        _defaults(limit)
        for key, made in namespace.items()
        if key.kind == "LimitRange"
        for _, limit in entries(made, "spec", "limits")
        if limit.get("type") == "Container"
    ]
    scaled = {(kind, name): bounds for kind, name, bounds in _scalers(objects)}
    return [
        Use(pods.key, *_numbers(objects[pods.key], pods.key, scaled), _of_pod(pods.spec, defaults))
        for pods in pods_of(objects)
    ]


def shares(
    used: Iterable[Use], objects: Iterable[Mapping[Key, Object]], namespace: Mapping[Key, Object]
) -> list[Share]:
    """Return what the services of a namespace use of each of its quotas, ``objects`` being theirs."""
    used = list(used)
    counts = Counter(
        name
        for each in objects
        for key, made in each.items()
        for name, matches in _KINDS.items()
        if matches(key, made)
    )
    found = []
    for key, made in namespace.items():
        if key.kind != "ResourceQuota":
            continue
        # With a scope it counts some of the pods only.
        scoped = dig(made, "spec", "scopes") or dig(made, "spec", "scopeSelector")
        for resource, hard in _map(made, "spec", "hard").items():
            rest, most = (None, None) if scoped else _sums(resource, used, counts)
            found.append(Share(resource, rest, most, _amount(hard)))
    return found


def _sums(
    resource: str, used: Iterable[Use], counts: Mapping[str, int]
) -> tuple[Decimal, Decimal] | tuple[None, None]:
    if resource in _KINDS:
        return Decimal(counts[resource]), Decimal(counts[resource])
    name = f"requests.{resource}" if resource in ("cpu", "memory", "ephemeral-storage") else resource
    if name == "pods":
        return Decimal(sum(use.at_rest for use in used)), Decimal(sum(use.at_most for use in used))
    if name == "requests.storage" or not name.startswith(("requests.", "limits.")):
        return None, None
    none = Decimal(0)
    return (
        sum((use.at_rest * use.each.get(name, none) for use in used), none),
        sum((use.at_most * use.each.get(name, none) for use in used), none),
    )


def _scalers(objects: Mapping[Key, Object]) -> Iterator[tuple[str, str, tuple[int, int]]]:
    for key, made in objects.items():
        if key.kind == "HorizontalPodAutoscaler":
            bounds = (_number(made, 1, "spec", "minReplicas"), _number(made, 1, "spec", "maxReplicas"))
        elif key.kind == "ScaledObject":
            most = _number(made, _KEDA_MOST, "spec", "maxReplicaCount")
            bounds = (_number(made, 0, "spec", "minReplicaCount"), most)
        else:
            continue
        target = dig(made, "spec", "scaleTargetRef")
        yield dig(target, "kind") or "Deployment", str(dig(target, "name")), bounds


def _numbers(made: Object, key: Key, scaled: Mapping[tuple[str, str], tuple[int, int]]) -> tuple[int, int]:
    """Return how many pods of a workload there are at rest and at the most.

    Those of hooks, CronJobs and Jobs come and go: one run of each is counted at the most.
    """
    if key.kind == "CronJob":
        return 0, _number(made, 1, "spec", "jobTemplate", "spec", "parallelism")
    if key.kind in ("Job", "Pod"):
        return 0, _number(made, 1, "spec", "parallelism")
    replicas = _number(made, 1, "spec", "replicas")
    least, most = scaled.get((key.kind, key.name), (replicas, replicas))
    return least, most + (_surge(made, most) if key.kind == "Deployment" else 0)


def _surge(deployment: Object, replicas: int) -> int:
    """https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#max-surge."""
    if dig(deployment, "spec", "strategy", "type") == "Recreate":
        return 0
    surge = dig(deployment, "spec", "strategy", "rollingUpdate", "maxSurge")
    text = "25%" if surge is None else str(surge)
    number = _amount(text.removesuffix("%"))
    return math.ceil(replicas * number / 100 if text.endswith("%") else number)


def _of_pod(spec: Mapping[str, Any], defaults: Sequence[_Defaults]) -> Amounts:
    """Return what a pod asks for, as the scheduler counts it.

    Init containers run one after the other before the others, but sidecars go on:
    https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/#resource-sharing-within-containers.
    """
    most: Amounts = {}
    sidecars: Amounts = {}
    for _, container in entries(spec, "initContainers"):
        own = _of_container(container, defaults)
        most = _joined(max, most, _joined(operator.add, sidecars, own))
        if container.get("restartPolicy") == "Always":
            sidecars = _joined(operator.add, sidecars, own)
    running = sidecars
    for _, container in entries(spec, "containers"):
        running = _joined(operator.add, running, _of_container(container, defaults))
    # What the pod as a whole asks for takes the place of its containers' sum.
    return {**_joined(max, running, most), **_named(_map(spec, "resources"))}


def _joined(how: Callable[[Decimal, Decimal], Decimal], one: Amounts, other: Amounts) -> Amounts:
    none = Decimal(0)
    return {name: how(one.get(name, none), other.get(name, none)) for name in {**one, **other}}


def _defaults(limit: Mapping[str, Any]) -> _Defaults:
    """Return the requests and limits that a LimitRange gives a container: SetDefaults_LimitRangeItem."""
    limits = {**_map(limit, "max"), **_map(limit, "default")}
    return {**_map(limit, "min"), **limits, **_map(limit, "defaultRequest")}, limits


def _of_container(container: Mapping[str, Any], defaults: Sequence[_Defaults]) -> Amounts:
    limits = _map(container, "resources", "limits")
    # SetDefaults_Pod comes before the LimitRange.
    requests = {**limits, **_map(container, "resources", "requests")}
    for more_requests, more_limits in defaults:
        requests, limits = {**more_requests, **requests}, {**more_limits, **limits}
    return _named({"requests": requests, "limits": limits})


def _named(resources: Mapping[str, Any]) -> Amounts:
    return {
        f"{what}.{name}": _amount(value)
        for what in ("requests", "limits")
        for name, value in _map(resources, what).items()
    }


# What an object of extraObjects, or of an earlier commit, has in place of the following, lint reports.
def _map(node: object, *path: str) -> Mapping[str, Any]:
    found = dig(node, *path)
    return found if isinstance(found, Mapping) else {}


def _number(node: object, default: int, *path: str) -> int:
    found = dig(node, *path)
    return found if isinstance(found, int) else default


def _amount(written: object) -> Decimal:
    """Return a quantity; 0 for what is none."""
    try:
        found = Decimal(quantity(written))
    except InvalidOperation:
        return Decimal(0)
    return found if found.is_finite() else Decimal(0)


def shown(resource: str, amount: Decimal) -> str:
    """Return an amount for people: 0.25, 1.5 Gi."""
    unit = ""
    if resource.endswith(("memory", "storage")) and amount >= 1:
        power = min(int(math.log2(amount) // 10), len(_UNITS) - 1)
        amount, unit = amount / 1024**power, _UNITS[power]
    return f"{round(amount, 2 if unit else 3).normalize():f}{unit}"
