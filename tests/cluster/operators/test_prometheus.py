"""Prometheus scrapes a service by both kinds of monitor, and its alert fires when the service is down."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from ci.base.repository import root
from tests.support.documents import fences
from tests.support.namespaces import CHART, PORT, Namespace, Namespaces, eventually
from tests.support.prometheus import METERED, METRICS_PORT, PATIENCE, Prometheus

pytestmark = pytest.mark.operators("prometheus-operator")

README = list(fences(root() / "charts" / "microservice" / "README.md"))
(MONITORED,) = (fence.text for fence in README if "serviceMonitor:\n" in fence.text)
# The first policy that names peers.
POLICY = next(fence.text for fence in README if "networkPolicy:\n  ingress:\n    from:" in fence.text)
SOON = json.dumps({"metrics": {kind: {"interval": "1s"} for kind in ("serviceMonitor", "podMonitor")}})
ONE = "replicaCount: 1"


@dataclass(frozen=True)
class Shop:
    """A namespace where Prometheus scrapes api by a ServiceMonitor and web by a PodMonitor."""

    namespace: Namespace
    prometheus: Prometheus

    def all_up(self) -> None:
        shop = self.namespace.name
        self.prometheus.hurry()
        assert self.prometheus.targets() == {"api": {"up"}, f"{shop}/web": {"up"}}

    def alerts_are(self, state: str) -> None:
        self.prometheus.hurry()
        assert self.prometheus.alerts() == {"api": state, "web": state}


def monitored(namespace: Namespace, name: str) -> str:
    """Return the README's values for a service of this name in this namespace, with a second for minutes."""
    return re.sub(r"\bapi\b", name, MONITORED).replace("shop", namespace.name).replace("5m", "1s")


def with_pod_monitor(values: str) -> str:
    return values.replace("serviceMonitor:", "podMonitor:")


@pytest.fixture(scope="module")
def shop(shared_namespaces: Namespaces) -> Shop:
    """Two services in a namespace under the README's policy, and another api elsewhere."""
    elsewhere, namespace = (shared_namespaces.new(name) for name in ("elsewhere", "shop"))
    for place, name, values in (
        (elsewhere, "api", monitored(elsewhere, "api")),
        (namespace, "api", monitored(namespace, "api")),
        (namespace, "web", with_pod_monitor(monitored(namespace, "web"))),
    ):
        place.helm().install(name, CHART, place.values(METERED, POLICY, values, SOON, ONE))
    made = Shop(namespace, Prometheus(namespace))
    eventually(made.all_up, PATIENCE)
    return made


def test_targets_of_both_monitors_are_up_under_a_policy_that_names_prometheus(
    shop: Shop, observed: Callable[[str], None]
) -> None:
    namespace = shop.namespace
    (pod,) = namespace.ready_pods()
    address = namespace.object("Pod", pod)["status"]["podIP"]
    stranger = namespace.client_pod()
    for port in (PORT, METRICS_PORT):
        assert stranger.ask(f"http://{address}:{port}/metrics", seconds=2).status == 0
    # One that is too slow for a scrape is down until the next.
    eventually(shop.all_up, PATIENCE)
    observed(f"jobs {' and '.join(shop.prometheus.targets())} up, and no other pod was let in")


def test_the_alert_is_silent_while_the_service_is_up_and_fires_when_it_is_down_though_another_is_up(
    shop: Shop, observed: Callable[[str], None]
) -> None:
    eventually(lambda: shop.alerts_are("inactive"), PATIENCE)
    shop.namespace.kubectl("scale", "deployment/api", "deployment/web", "--replicas=0")
    eventually(lambda: shop.alerts_are("firing"), PATIENCE)
    shop.namespace.kubectl("scale", "deployment/api", "deployment/web", "--replicas=1")
    eventually(lambda: shop.alerts_are("inactive"), PATIENCE)
    observed("silent, firing, silent again by both kinds of monitor, while api in another namespace was up")
