"""The autoscaler sets the replicas by the load, and upgrades leave them unchanged."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest

from ci.charts import helm
from ci.clusters.lifecycle import Cluster
from tests.support.namespaces import CHART, Namespace, eventually
from tests.support.replicas import fewest, replicas

# The autoscaler ignores the load of pods that are not ready, and a busy pod answers its probes late.
MEASURED = """
resources: {requests: {cpu: 50m}, limits: {cpu: 150m}}
readinessProbe: {initialDelaySeconds: 1, periodSeconds: 1, timeoutSeconds: 10}
"""
# Without the default stabilization window of five minutes.
SCALED = """
autoscaling:
  enabled: true
  minReplicas: 2
  maxReplicas: 4
  behavior:
    scaleDown: {stabilizationWindowSeconds: 0, policies: [{type: Pods, value: 4, periodSeconds: 15}]}
"""
# Metrics are collected every 10 to 15 s, and the autoscaler reads them every 15 s.
PATIENCE = 180


@pytest.fixture
def metrics(cluster: Cluster, alone: Callable[[str], None]) -> None:
    """Requires the resource metrics API, and locks the cluster against load of other tests."""
    served = {found["metadata"]["name"] for found in cluster.kubectl.get("apiservices")}
    if "v1beta1.metrics.k8s.io" not in served:
        pytest.skip("this cluster has no metrics API: see --addons")
    alone("load")


def scaled(namespace: Namespace, right: Callable[[int], bool]) -> int:
    """Return the replicas that the autoscaler has set, if they are as expected."""
    status = namespace.object("HorizontalPodAutoscaler", "api").get("status", {})
    conditions = {found["type"]: found.get("message", "") for found in status.get("conditions", [])}
    number = replicas(namespace)
    assert right(number), f"{number} replicas: {conditions}"
    return number


def steps(namespace: Namespace) -> str:
    """Return the replicas of the Deployment over time, from its events; the last are 2."""
    noted = [found for found in namespace.objects("Event") if found.get("reason") == "ScalingReplicaSet"]
    noted.sort(key=lambda found: int(found["metadata"]["resourceVersion"]))
    numbers = [re.findall(r"to (\d+)", found["message"])[0] for found in noted]
    assert numbers[-1] == "2"
    return " → ".join(["0", *numbers])


@pytest.mark.parametrize("engine", helm.ENGINES)
def test_replicas_follow_the_load_and_an_upgrade_leaves_them_unchanged(
    namespace: Namespace, metrics: None, engine: int, observed: Callable[[str], None]
) -> None:
    release = namespace.helm(engine)
    release.install("api", CHART, namespace.values(MEASURED, SCALED))
    eventually(lambda: scaled(namespace, lambda number: number == 2), PATIENCE)
    busy = eventually(lambda: two_ready(namespace))
    began = time.monotonic()
    for pod in busy:
        assert namespace.ask_pod(pod, f"/burn?seconds={PATIENCE}").status == 200
    most = eventually(lambda: scaled(namespace, lambda number: number > 2), PATIENCE)
    risen = time.monotonic()
    with fewest(namespace) as watched:
        release.upgrade(
            "api", CHART, namespace.values(MEASURED, SCALED, "deploymentAnnotations: {by: upgrade}")
        )
    asked, _ = watched()
    assert asked >= most
    namespace.kubectl("delete", "pod", *busy, "--wait=false")
    quiet = time.monotonic()
    eventually(lambda: scaled(namespace, lambda number: number == 2), PATIENCE)
    fallen = time.monotonic()
    observed(
        f"{eventually(lambda: steps(namespace))} replicas: up {risen - began:.0f} s after the load began, "
        f"{asked} at least during the upgrade, down {fallen - quiet:.0f} s after the load ended"
    )


def two_ready(namespace: Namespace) -> list[str]:
    pods = namespace.ready_pods()
    assert len(pods) >= 2
    return pods


@pytest.mark.parametrize("engine", helm.ENGINES)
def test_enabling_autoscaling_for_a_live_release_always_leaves_a_ready_pod(
    namespace: Namespace, metrics: None, engine: int, observed: Callable[[str], None]
) -> None:
    release = namespace.helm(engine)
    release.install("api", CHART, namespace.values(MEASURED))
    with fewest(namespace) as watched:
        release.upgrade("api", CHART, namespace.values(MEASURED, SCALED))
        eventually(lambda: scaled(namespace, lambda number: number >= 2), PATIENCE)
        eventually(lambda: two_ready(namespace))
    _, ready = watched()
    observed(f"{eventually(lambda: steps(namespace))} replicas, never fewer than {ready} ready")
    assert ready >= 1


def test_replicas_set_by_kubectl_remain_until_the_autoscaler_changes_them(
    namespace: Namespace, metrics: None, observed: Callable[[str], None]
) -> None:
    release = namespace.helm(4)
    release.install("api", CHART, namespace.values(MEASURED))
    namespace.kubectl("scale", "deployment/api", "--replicas=4")
    with fewest(namespace) as watched:
        release.upgrade("api", CHART, namespace.values(MEASURED, SCALED), "--server-side=true")
        eventually(lambda: scaled(namespace, lambda number: number == 2), PATIENCE)
    asked, ready = watched()
    observed(f"{eventually(lambda: steps(namespace))} replicas, never fewer than {ready} ready")
    assert asked >= 2
