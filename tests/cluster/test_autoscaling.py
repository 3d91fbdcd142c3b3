"""Replicas follow the load, and nobody but the autoscaler sets them."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NoReturn

import pytest

from ci.charts import helm
from ci.clusters.lifecycle import Cluster
from tests.support.namespaces import CHART, Namespace, eventually

# The autoscaler does not count the load of pods that are not ready, and a busy pod answers late.
MEASURED = """
resources: {requests: {cpu: 50m}, limits: {cpu: 300m}}
readinessProbe: {initialDelaySeconds: 1, periodSeconds: 1, timeoutSeconds: 10}
"""
# A quick one: for the test nobody waits five minutes for a quiet time.
SCALED = """
autoscaling:
  enabled: true
  minReplicas: 2
  maxReplicas: 4
  behavior:
    scaleDown: {stabilizationWindowSeconds: 0, policies: [{type: Pods, value: 4, periodSeconds: 15}]}
"""
# Metrics are taken every 10 to 15 s, and the autoscaler looks at them every 15 s.
PATIENCE = 180


@pytest.fixture
def metrics(cluster: Cluster, alone: Callable[[str], None], unavailable: Callable[[str], NoReturn]) -> None:
    """The resource metrics API, and load that no other test makes."""
    served = {found["metadata"]["name"] for found in cluster.kubectl.get("apiservices")}
    if "v1beta1.metrics.k8s.io" not in served:
        unavailable("there is no metrics API in this cluster: see --addons")
    alone("load")


def replicas(namespace: Namespace) -> int:
    number: int = namespace.object("Deployment", "api")["spec"]["replicas"]
    return number


def scaled(namespace: Namespace, right: Callable[[int], bool]) -> int:
    """The replicas that the autoscaler has set, once they are as expected."""
    status = namespace.object("HorizontalPodAutoscaler", "api").get("status", {})
    conditions = {found["type"]: found.get("message", "") for found in status.get("conditions", [])}
    number = replicas(namespace)
    assert right(number), f"{number} replicas: {conditions}"
    return number


def steps(namespace: Namespace) -> str:
    """From how many replicas the Deployment went to how many, as the cluster noted it, to 2 at last."""
    noted = [found for found in namespace.objects("Event") if found.get("reason") == "ScalingReplicaSet"]
    noted.sort(key=lambda found: int(found["metadata"]["resourceVersion"]))
    numbers = [re.findall(r"to (\d+)", found["message"])[0] for found in noted]
    assert numbers[-1] == "2"
    return " → ".join(["0", *numbers])


@contextmanager
def fewest(namespace: Namespace) -> Iterator[Callable[[], tuple[int, int]]]:
    """Tells after the block how few replicas were asked for, and how few pods were ready, during it."""
    seen = []
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(0.2):
            seen.append((replicas(namespace), len(namespace.ready_pods())))

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        yield lambda: (min(asked for asked, _ in seen), min(ready for _, ready in seen))
    finally:
        ended.set()
        watching.join()


@pytest.mark.parametrize("engine", helm.ENGINES)
def test_replicas_rise_under_load_and_fall_after_it_and_an_upgrade_meanwhile_leaves_them(
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
def test_switching_it_on_over_a_live_release_never_leaves_nobody_to_answer(
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


def test_a_number_that_kubectl_has_set_stays_until_the_autoscaler_takes_it_over(
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
