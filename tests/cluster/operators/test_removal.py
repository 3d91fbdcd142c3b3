"""A release that all operators work for is upgraded, and removed with what they made of it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.namespaces import CHART, QUICK, Namespace, Object, eventually
from tests.support.stored_objects import names

pytestmark = pytest.mark.operators(
    "external-secrets", "contour", "cert-manager", "keda", "prometheus-operator"
)

# What operators make from the objects of the chart, or write into the release's.
MADE = {
    "ExternalSecret api-external",
    "Secret api-external",
    "Ingress api",
    "Certificate api-tls",
    "Secret api-tls",
    "HTTPRoute api",
    "ScaledObject api",
    "HorizontalPodAutoscaler keda-hpa-api",
    "ServiceMonitor api",
    "PodMonitor api",
    "PrometheusRule api",
}
# What the name of that Secret ends in.
HASH = re.compile(r"(?<=^Secret api-external)-[0-9a-f]{10}$")
# What the chart's README says of `helm uninstall`.
KEPT = {"Secret api-tls"}
STORE: Object = {
    "apiVersion": "external-secrets.io/v1",
    "kind": "SecretStore",
    "metadata": {"name": "known"},
    "spec": {"provider": {"fake": {"data": [{"key": "shop/database-url", "value": "postgresql://db"}]}}},
}
SCALED: Object = {
    "apiVersion": "keda.sh/v1alpha1",
    "kind": "ScaledObject",
    "metadata": {"name": "api"},
    "spec": {
        "scaleTargetRef": {"name": "api"},
        "minReplicaCount": 1,
        "triggers": [
            {"type": "kubernetes-workload", "metadata": {"podSelector": "waits=order", "value": "1"}}
        ],
    },
}


def seen(namespace: Namespace, kinds: str) -> set[str]:
    return {HASH.sub("", name) for name in names(namespace, kinds)}


def everything(issuer: str) -> str:
    """Return values that use every operator."""
    host = f"{issuer}.test"
    values: dict[str, Any] = {
        "resources": {"requests": {"cpu": "5m", "memory": "24Mi"}},
        "secret": {
            "external": {
                "enabled": True,
                "store": {"name": "known"},
                "data": {"DATABASE_URL": "shop/database-url"},
            }
        },
        "ingress": {
            "enabled": True,
            "className": "contour",
            "clusterIssuer": issuer,
            "hosts": [{"host": host}],
        },
        "httpRoute": {"enabled": True, "parentRefs": [{"name": "gateway"}], "hostnames": [host]},
        "autoscaling": {"external": True},
        "podDisruptionBudget": {"maxUnavailable": 1},
        "metrics": {
            "labels": {"release": "prometheus"},
            "serviceMonitor": {"enabled": True},
            "podMonitor": {"enabled": True},
            "rules": [{"alert": "Down", "expr": "absent(up == 1)"}],
        },
        "migration": {"enabled": True, "command": ["true"]},
        "extraObjects": [SCALED],
    }
    return json.dumps(values)


def test_everything_that_operators_made_goes_with_the_release_but_for_what_is_documented_to_be_kept(
    namespace: Namespace, authority: str, observed: Callable[[str], None]
) -> None:
    # All kinds that can be listed are some 80 requests.
    kinds = ",".join({name.partition(" ")[0] for name in MADE})

    def all_made() -> None:
        assert seen(namespace, kinds) >= MADE

    def all_gone() -> None:
        assert not seen(namespace, kinds) & (MADE - KEPT)

    def only_kept_objects_remain() -> None:
        assert names(namespace) - before == KEPT

    namespace.kubectl("apply", "--filename=-", stdin=json.dumps(STORE))
    before = names(namespace)
    release = namespace.helm()
    release.install("api", CHART, namespace.values(QUICK, everything(authority)))
    eventually(all_made)
    release.upgrade("api", CHART, namespace.values(QUICK, everything(authority), version="2"))
    eventually(all_made)
    release.uninstall("api")
    eventually(all_gone)
    eventually(only_kept_objects_remain)
    observed(f"{', '.join(sorted(MADE))} came, and of the namespace's objects only {', '.join(KEPT)} stayed")
