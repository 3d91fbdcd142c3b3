"""KEDA sets the number of pods by what Prometheus counts, in the place of the chart's autoscaler too."""

from __future__ import annotations

import time
from collections.abc import Callable

import pykube
import pytest

from ci.base.repository import root
from ci.charts.helm import HelmError
from tests.support.documents import fences
from tests.support.keda import ORDERS, SMALL, scaled_object
from tests.support.namespaces import CHART, QUICK, Namespace, eventually
from tests.support.prometheus import METERED, PATIENCE, Prometheus
from tests.support.replicas import fewest, has, may_lose_one
from tests.support.request_streams import streams

pytestmark = pytest.mark.operators("keda", "prometheus-operator")

README = fences(root() / "charts" / "microservice" / "README.md")
(RECIPE,) = (fence.text for fence in README if "kind: ScaledObject" in fence.text)
# Pods are removed at once, and not after five minutes.
FALL = "{horizontalPodAutoscalerConfig: {behavior: {scaleDown: {stabilizationWindowSeconds: 0}}}}"
QUICK_RECIPE = (
    RECIPE.replace('threshold: "50"', 'threshold: "5"')
    .replace("[1m]", "[15s]")
    .replace("maxReplicaCount: 30", f"maxReplicaCount: 4\n      advanced: {FALL}")
)
# The rule hurries the monitor.
SCRAPED = "metrics: {serviceMonitor: {interval: 1s}, rules: [{record: hurry, expr: vector(1)}]}"
UPGRADED = "deploymentAnnotations: {by: upgrade}"


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
        asked, _ = watched()
        assert asked == 4
        eventually(lambda: may_lose_one(namespace))
        first, second, *_ = namespace.ready_pods()
        namespace.evict(first)
        with pytest.raises(pykube.exceptions.HTTPError, match="disruption budget"):
            namespace.evict(second)
    quiet = time.monotonic()
    eventually(lambda: has(namespace, 2), PATIENCE)
    observed(
        f"2 → 4 pods {risen - began:.0f} s after the requests began, 4 throughout the upgrade, "
        f"one evicted at a time, 2 again {time.monotonic() - quiet:.0f} s after the requests ended"
    )


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
    asked, _ = watched()
    assert asked == 2
    observed("refused while the chart's autoscaler was there, then taken over; 2 replicas all the time")
