"""KEDA sets the number of pods by what Prometheus counts or by what waits, and upgrades leave it alone."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ci.base.processes import CommandError
from ci.base.repository import root
from ci.charts.helm import HelmError
from tests.support.deploys import Deploys
from tests.support.documents import fences
from tests.support.namespaces import CHART, QUICK, Namespace, Namespaces, eventually
from tests.support.prometheus import METERED, PATIENCE, Prometheus
from tests.support.replicas import fewest, replicas
from tests.support.request_streams import streams

pytestmark = pytest.mark.operators("keda", "prometheus-operator")

README = fences(root() / "charts" / "microservice" / "README.md")
(RECIPE,) = (fence.text for fence in README if "kind: ScaledObject" in fence.text)
# Pods are removed at once, and not after five minutes.
FALL = "{horizontalPodAutoscalerConfig: {behavior: {scaleDown: {stabilizationWindowSeconds: 0}}}}"
QUICK_RECIPE = (
    RECIPE.replace('threshold: "50"', 'threshold: "10"')
    .replace("[1m]", "[15s]")
    .replace("maxReplicaCount: 30", f"maxReplicaCount: 4\n      advanced: {FALL}")
)
# The rule hurries the monitor.
SCRAPED = "metrics: {serviceMonitor: {interval: 1s}, rules: [{record: hurry, expr: vector(1)}]}"
UPGRADED = "deploymentAnnotations: {by: upgrade}"
SMALL = "resources: {requests: {cpu: 5m, memory: 24Mi}}"


def has(namespace: Namespace, number: int) -> None:
    assert replicas(namespace) == number
    assert len(namespace.ready_pods()) == number


def test_replicas_follow_what_prometheus_counts_and_an_upgrade_leaves_them_unchanged(
    namespace: Namespace, observed: Callable[[str], None]
) -> None:
    prometheus = Prometheus(namespace)
    release = namespace.helm()
    release.install("api", CHART, namespace.values(METERED, QUICK_RECIPE, SCRAPED))

    def scraped() -> None:
        prometheus.hurry()
        assert prometheus.targets() == {"api": {"up"}}

    eventually(scraped, PATIENCE)
    eventually(lambda: has(namespace, 2), PATIENCE)
    client = namespace.client_pod()
    began = time.monotonic()
    with streams({"load": client.stream("http://api/")}):
        eventually(lambda: has(namespace, 4), PATIENCE)
        risen = time.monotonic()
        with fewest(namespace) as watched:
            release.upgrade("api", CHART, namespace.values(METERED, QUICK_RECIPE, SCRAPED, UPGRADED))
        assert watched() == (4, 4)
        first, second, *_ = namespace.ready_pods()
        namespace.evict(first)
        with pytest.raises(CommandError, match="disruption budget"):
            namespace.evict(second)
    quiet = time.monotonic()
    eventually(lambda: has(namespace, 2), PATIENCE)
    observed(
        f"2 → 4 pods {risen - began:.0f} s after the requests began, 4 throughout the upgrade, "
        f"one evicted at a time, 2 again {time.monotonic() - quiet:.0f} s after the requests ended"
    )


def scaled_object(**spec: Any) -> str:
    """Return values with a ScaledObject that looks at its trigger every second."""
    made = {
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "ScaledObject",
        "metadata": {"name": "api", "labels": {"app.kubernetes.io/instance": "api"}},
        "spec": {"scaleTargetRef": {"name": "api"}, "pollingInterval": 1, "cooldownPeriod": 1, **spec},
    }
    return json.dumps({"autoscaling": {"external": True}, "extraObjects": [made]})


# One pod for each pod with this label, which stands for an order that waits.
ORDERS = {"type": "kubernetes-workload", "metadata": {"podSelector": "waits=order", "value": "1"}}
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


def scalings(namespace: Namespace) -> set[tuple[str, int]]:
    """Return the events about changed numbers of pods, each with how often it was seen."""
    found = [event for event in namespace.objects("Event") if event["reason"] == "ScalingReplicaSet"]
    return {(event["metadata"]["name"], event["count"]) for event in found}


def test_without_work_there_is_no_pod_and_an_upgrade_starts_none(
    idle: Namespace, observed: Callable[[str], None]
) -> None:
    release = idle.helm(3)
    before = scalings(idle)
    release.upgrade("api", CHART, idle.values(*WORKER, UPGRADED))
    assert scalings(idle) == before
    has(idle, 0)
    began = time.monotonic()
    order = idle.client_pod("order", waits="order")
    eventually(lambda: has(idle, 1))
    risen = time.monotonic()
    with fewest(idle) as watched:
        release.upgrade("api", CHART, idle.values(*WORKER))
    assert watched() == (1, 1)
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

    eventually(scaled, PATIENCE)
    observed(f"1 → 2 pods by {metric['external']['metric']['name']}, from KEDA's metrics API")


def test_keda_takes_over_from_the_charts_autoscaler_when_that_is_deleted_and_the_pods_stay(
    namespace: Namespace, observed: Callable[[str], None]
) -> None:
    release = namespace.helm()
    release.install("api", CHART, namespace.values(QUICK, SMALL, "autoscaling: {enabled: true}"))
    eventually(lambda: has(namespace, 2))
    scaled = scaled_object(minReplicaCount=2, maxReplicaCount=3, triggers=[ORDERS])
    values = namespace.values(QUICK, SMALL, scaled)
    with pytest.raises(HelmError, match="is already managed by the hpa 'api'"):
        release.upgrade("api", CHART, values)

    def scaled_by_keda() -> None:
        found = namespace.objects("HorizontalPodAutoscaler")
        assert [one["metadata"]["name"] for one in found] == ["keda-hpa-api"]

    with fewest(namespace) as watched:
        namespace.kubectl("delete", "hpa", "api")
        release.upgrade("api", CHART, values)
        eventually(scaled_by_keda)
    assert watched() == (2, 2)
    observed("refused while the chart's autoscaler was there, then taken over; 2 pods all the time")


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
    eventually(lambda: status(1, named, "lookup nobody.monitoring"), PATIENCE)
    deploy(ORDERS)
    well = eventually(lambda: status(0, "keda-hpa-api", "0 of 1"), PATIENCE)
    (line,) = (line for line in well.splitlines() if line.startswith("autoscaler"))
    observed(f"{named}, with KEDA's warning; then {' '.join(line.split())}")
