"""What pods ask for is counted as the scheduler and the quota count it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ci.kubernetes.manifests import parse
from ci.reporting import resources
from ci.reporting.resources import Share, shares, uses

ASKS = "resources: {requests: {cpu: 100m, memory: 64Mi}, limits: {memory: 128Mi}}"
SCALER = """
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: api}
spec: {scaleTargetRef: {kind: Deployment, name: api}, minReplicas: 2, maxReplicas: 10}
"""


def workload(kind: str = "Deployment", spec: str = "", pod: str = f"containers: [{{{ASKS}}}]") -> str:
    return f"""
apiVersion: apps/v1
kind: {kind}
metadata: {{name: api}}
spec:
  template: {{spec: {{{pod}}}}}
  {spec}
"""


def pods(stream: str) -> tuple[int, int]:
    """How many pods of the only workload there are, at rest and at the most."""
    (use,) = uses(parse(stream), {})
    return use.at_rest, use.at_most


def asked(pod: str, namespace: str = "") -> dict[str, str]:
    (use,) = uses(parse(workload(pod=pod)), parse(namespace))
    return {name: resources.shown(name, amount) for name, amount in use.each.items()}


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        (workload(), (1, 2)),
        (workload(spec="replicas: 8"), (8, 10)),
        (workload(spec="replicas: 2\n  strategy: {type: Recreate}"), (2, 2)),
        (workload(spec="strategy: {rollingUpdate: {maxSurge: 3}}"), (1, 4)),
        (workload(spec="strategy: {rollingUpdate: {maxSurge: 50%}}") + SCALER, (2, 15)),
        (workload("StatefulSet", "replicas: 3"), (3, 3)),
        (workload("Job", "parallelism: 2"), (0, 2)),
    ],
    ids=["one", "a quarter more", "Recreate", "surge", "scaled", "StatefulSet", "Job"],
)
def test_pods_are_counted_at_rest_and_at_the_most(stream: str, expected: tuple[int, int]) -> None:
    assert pods(stream) == expected


def test_keda_scales_from_none_to_a_hundred_if_nothing_is_said() -> None:
    head = "\n---\napiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {name: a}\n"
    scaler = f"{head}spec: {{scaleTargetRef: {{name: api}}}}"
    assert pods(workload(spec="strategy: {type: Recreate}") + scaler) == (0, 100)


def test_containers_add_up() -> None:
    assert asked(f"containers: [{{{ASKS}}}, {{{ASKS}}}]") == {
        "requests.cpu": "0.2",
        "requests.memory": "128 Mi",
        "limits.memory": "256 Mi",
    }


def test_an_init_container_counts_where_it_needs_more_and_a_sidecar_always() -> None:
    big = "{resources: {requests: {cpu: 1}}}"
    assert asked(f"initContainers: [{big}], containers: [{{{ASKS}}}]")["requests.cpu"] == "1"
    small = "{resources: {requests: {cpu: 50m}}}"
    assert asked(f"initContainers: [{small}], containers: [{{{ASKS}}}]")["requests.cpu"] == "0.1"
    sidecar = "{restartPolicy: Always, resources: {requests: {cpu: 50m}}}"
    assert asked(f"initContainers: [{sidecar}], containers: [{{{ASKS}}}]")["requests.cpu"] == "0.15"
    assert asked(f"initContainers: [{sidecar}, {big}], containers: [{{{ASKS}}}]")["requests.cpu"] == "1.05"


def test_what_a_container_leaves_out_comes_from_its_limit_or_from_the_limit_range() -> None:
    assert asked("containers: [{resources: {limits: {cpu: 1}}}]")["requests.cpu"] == "1"
    limits = """
apiVersion: v1
kind: LimitRange
metadata: {name: limits}
spec:
  limits:
  - {type: Container, defaultRequest: {cpu: 10m}, default: {memory: 1Gi}, max: {cpu: 2}}
  - {type: Pod, max: {cpu: 9}}
"""
    assert asked("containers: [{}]", limits) == {
        "requests.cpu": "0.01",
        "requests.memory": "1 Gi",
        "limits.memory": "1 Gi",
        "limits.cpu": "2",
    }


def quota(hard: str, more: str = "") -> str:
    return f"{{apiVersion: v1, kind: ResourceQuota, metadata: {{name: q}}, spec: {{hard: {{{hard}}}{more}}}}}"


def share(hard: str, more: str = "") -> Share:
    objects = parse(workload(spec="replicas: 4"))
    (found,) = shares(uses(objects, {}), [objects], parse(quota(hard, more)))
    return found


@pytest.mark.parametrize(
    ("hard", "over"),
    [
        ("pods: 5", False),
        ("pods: 4", True),
        ("requests.cpu: 500m", False),
        ("limits.memory: 639Mi", True),
        ("cpu: 499m", True),
        ("services: 0", False),
    ],
)
def test_a_quota_is_exceeded_by_what_there_can_be_at_the_most(hard: str, over: bool) -> None:
    assert share(hard).is_over is over


@pytest.mark.parametrize(
    ("hard", "more"), [("count/x.example.com: 1", ""), ("pods: 1", ", scopes: [BestEffort]")]
)
def test_what_cannot_be_counted_is_not_called_exceeded(hard: str, more: str) -> None:
    found = share(hard, more)
    assert (found.at_most, found.is_over) == (None, False)


@pytest.mark.parametrize("odd", ["replicas: many", "replicas: {}", "strategy: []"])
def test_what_is_no_number_ends_nothing(odd: str) -> None:
    uses(parse(workload(spec=odd, pod="containers: [{resources: {requests: {cpu: many}, limits: 3}}]")), {})


@pytest.mark.parametrize(
    ("resource", "amount", "shown"),
    [
        ("requests.cpu", "0.25", "0.25"),
        ("requests.cpu", "0.001", "0.001"),
        ("pods", "20", "20"),
        ("limits.memory", "0", "0"),
        ("limits.memory", "1610612736", "1.5 Gi"),
        ("requests.storage", "1024", "1 Ki"),
    ],
)
def test_amounts_are_shown_for_people(resource: str, amount: str, shown: str) -> None:
    assert resources.shown(resource, Decimal(amount)) == shown
