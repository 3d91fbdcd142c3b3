"""KEDA runs pods while work waits; its metrics serve the chart's autoscaler, and its failures are named."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.support.deploys import Deploys
from tests.support.keda import ORDERS, SMALL, scaled_object
from tests.support.namespaces import CHART, QUICK, Namespace, Namespaces, eventually
from tests.support.replicas import fewest, has, replicas

pytestmark = pytest.mark.operators("keda")

UPGRADED = "deploymentAnnotations: {by: upgrade}"
WORKER = (QUICK, SMALL, scaled_object(minReplicaCount=0, maxReplicaCount=2, triggers=[ORDERS]))


@pytest.fixture(scope="module")
def worker(shared_namespaces: Namespaces) -> Namespace:
    """A namespace where KEDA scales the release to the orders that wait."""
    namespace = shared_namespaces.new("worker")
    namespace.helm(3).install("api", CHART, namespace.values(*WORKER))
    return namespace


@pytest.fixture
def idle(worker: Namespace) -> Iterator[Namespace]:
    """The same without an order, and without a pod."""
    eventually(lambda: has(worker, 0))
    yield worker
    worker.kubectl("delete", "pods", "--selector=waits=order", "--wait=false")


def scalings(namespace: Namespace) -> dict[str, int]:
    """Return how often the number of pods of each version of api was changed; it is 0."""
    found = namespace.objects("ReplicaSet", **{"app.kubernetes.io/instance": "api"})
    assert [one["spec"]["replicas"] for one in found] == [0] * len(found)
    return {one["metadata"]["name"]: one["metadata"]["generation"] for one in found}


def test_without_work_there_is_no_pod_and_an_upgrade_starts_none(
    idle: Namespace, observed: Callable[[str], None]
) -> None:
    release = idle.helm(3)
    before = eventually(lambda: scalings(idle))
    release.upgrade("api", CHART, idle.values(*WORKER, UPGRADED))
    assert scalings(idle) == before
    has(idle, 0)
    began = time.monotonic()
    order = idle.client_pod("order", waits="order")
    eventually(lambda: has(idle, 1))
    risen = time.monotonic()
    with fewest(idle) as watched:
        release.upgrade("api", CHART, idle.values(*WORKER))
    asked, _ = watched()
    assert asked == 1
    idle.kubectl("delete", "pod", order.name)
    done = time.monotonic()
    eventually(lambda: has(idle, 0))
    observed(
        f"0 → 1 pod {risen - began:.0f} s after work arrived, "
        f"0 again {time.monotonic() - done:.0f} s after it was done; upgrades left both"
    )


def test_the_charts_autoscaler_follows_an_external_metric(
    idle: Namespace, observed: Callable[[str], None]
) -> None:
    made = idle.object("HorizontalPodAutoscaler", "keda-hpa-api")
    (metric,) = made["spec"]["metrics"]
    autoscaling = {
        "enabled": True,
        "minReplicas": 1,
        "maxReplicas": 3,
        "targetCPUUtilizationPercentage": None,
        "metrics": [metric],
    }
    values = idle.values(QUICK, SMALL, json.dumps({"autoscaling": autoscaling}))
    idle.helm().install("web", CHART, values)
    for name in ("first", "second"):
        idle.client_pod(name, waits="order")

    def scaled() -> None:
        assert replicas(idle, "web") == 2

    eventually(scaled)
    observed(f"1 → 2 pods by {metric['external']['metric']['name']}, from KEDA's metrics API")


def test_a_trigger_that_does_not_work_is_named_by_the_status_until_it_does(
    namespace: Namespace, tmp_path_factory: pytest.TempPathFactory, observed: Callable[[str], None]
) -> None:
    running = Deploys(namespace, tmp_path_factory.mktemp("keda") / "root")
    lost = {"serverAddress": "http://nobody.monitoring:9090", "query": "up", "threshold": "1"}

    def deploy(trigger: dict[str, Any]) -> None:
        values = scaled_object(minReplicaCount=1, maxReplicaCount=2, triggers=[trigger])
        run = running.run("deploy", values=json.loads(values))
        assert run.process.returncode == 0, run.output

    def status(code: int, *words: str) -> str:
        run = running.run("status")
        assert run.process.returncode == code, run.output
        assert not [each for each in words if each not in run.output], run.output
        return run.output

    deploy({"type": "prometheus", "metadata": lost})
    named = "TriggerError: Triggers defined in ScaledObject are not working correctly"
    eventually(lambda: status(1, named, "lookup nobody.monitoring"))
    deploy(ORDERS)
    well = eventually(lambda: status(0, "keda-hpa-api", "0 of 1"))
    (line,) = (line for line in well.splitlines() if line.startswith("autoscaler"))
    observed(f"{named}, with KEDA's warning; then {' '.join(line.split())}")
