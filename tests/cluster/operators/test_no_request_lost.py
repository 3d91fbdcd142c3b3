"""A new version replaces the old one, and no request through an Ingress or a Gateway is lost."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable

import pytest

from ci.clusters import sample_app
from tests.support.namespaces import CHART, QUICK, ClientPod, Namespace, eventually
from tests.support.request_streams import lose_none
from tests.support.traffic import Outside

pytestmark = pytest.mark.operators("contour")

AT_LEAST = 1300
TWO = "replicaCount: 2"


def test_an_upgrade_and_a_rollback_lose_no_request_through_an_ingress_or_a_gateway(
    namespace: Namespace, gateways: str, outside: Outside, observed: Callable[[str], None]
) -> None:
    host = f"{namespace.name}.test"
    ingress = {"enabled": True, "className": "contour", "hosts": [{"host": host}]}
    route = {"enabled": True, "parentRefs": [{"name": "gateway", "namespace": gateways}]}
    values = json.dumps({"ingress": ingress, "httpRoute": route})
    release, visitor = namespace.helm(), namespace.client_pod()
    release.install("api", CHART, namespace.values(QUICK, TWO, values))
    gateway = f"http://envoy-gateway.{gateways}/"

    def served() -> None:
        assert outside.get(host).status_code == 200
        assert visitor.ask(gateway).status == 200

    eventually(served)
    second = namespace.values(QUICK, TWO, values, version="2")
    lose_none(
        commands(outside.http, host, visitor, gateway),
        lambda: release.upgrade("api", CHART, second),
        lambda: release.rollback("api", 1),
        observed,
    )


def commands(outside: str, host: str, visitor: ClientPod, gateway: str) -> dict[str, list[str]]:
    """Return the commands that send requests from outside to the Ingress, and from a pod to the Gateway."""
    least = f"--at-least={AT_LEAST}"
    program = [sys.executable, str(sample_app.FOLDER / "stream.py")]
    by_ingress = [*program, f"{outside}/", f"--host={host}", least]
    by_gateway = visitor.stream(gateway, least)
    return {
        "Ingress": by_ingress,
        "Ingress, keep-alive": [*by_ingress, "--keep-alive"],
        "Gateway": by_gateway,
        "Gateway, keep-alive": [*by_gateway, "--keep-alive"],
    }
