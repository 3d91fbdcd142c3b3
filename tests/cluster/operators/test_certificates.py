"""cert-manager issues and renews the certificate of an Ingress, also where the namespace denies traffic."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from ci.base.repository import root
from ci.charts import catalog
from ci.clusters.lifecycle import RUN_LABEL, Cluster
from tests.support import traffic
from tests.support.namespaces import CHART, QUICK, Namespace, Namespaces, Object, eventually
from tests.support.traffic import Outside

pytestmark = pytest.mark.operators("contour", "cert-manager")

# cert-manager asks for the answer to a challenge every 10 seconds.
ISSUE_SECONDS = 180
SMALL = "{replicaCount: 2, autoscaling: {enabled: false}, resources: {requests: {cpu: 10m, memory: 32Mi}}}"


@pytest.fixture
def closed(namespaces: Namespaces) -> Namespace:
    """A namespace by values/namespace/production.yaml, which denies ingress, and egress but to DNS."""
    home = namespaces.new("home")
    name = f"production-{home.name.rpartition('-')[2]}"
    ours = home.file(json.dumps({"name": name, "labels": {RUN_LABEL: home.cluster.name}}))
    written = root() / "values" / "namespace" / "production.yaml"
    home.helm().install("production", root() / "charts" / "namespace", [written, ours])
    return namespaces.adopt(name)


def test_clients_see_the_certificate_of_a_ca_and_its_renewal_which_an_uninstall_keeps(
    namespace: Namespace, authority: str, outside: Outside, observed: Callable[[str], None]
) -> None:
    hosts = [f"{name}.{namespace.name}.test" for name in ("api", "www")]
    values = exposed(hosts, authority, **soon_renewed("1h", "59m50s"))
    namespace.helm().install("api", CHART, namespace.values(QUICK, SMALL, values))

    def seen(host: str) -> Mapping[str, Any]:
        return outside.certificate(host, authority_of(namespace.cluster, authority))

    first = eventually(lambda: seen(hosts[0]))
    assert {name for _, name in first["subjectAltName"]} == set(hosts)
    eventually(lambda: differs(first, seen(hosts[1])))
    assert outside.get(hosts[0], trusted=authority_of(namespace.cluster, authority)).status_code == 200
    namespace.helm().uninstall("api")
    namespace.wait("--for=delete", "certificate/api-tls")
    assert namespace.object("Secret", "api-tls")
    command = re.search("To delete it: `kubectl ([^`]+)`", (CHART / "README.md").read_text(encoding="utf-8"))
    assert command
    namespace.kubectl(*command[1].split())
    assert "api-tls" not in {secret["metadata"]["name"] for secret in namespace.objects("Secret")}
    observed("a CA's certificate for two hosts, renewed before its end, which helm uninstall keeps")


@pytest.mark.operators("pebble")
def test_an_acme_server_is_answered_in_a_namespace_that_denies_all_that_is_not_allowed(
    closed: Namespace, cluster: Cluster, outside: Outside, observed: Callable[[str], None]
) -> None:
    credentials = {"DATABASE_URL": "postgresql://db", "JWT_SECRET": "secret"}
    secret: Object = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "credentials"}}
    closed.kubectl("apply", "--filename=-", stdin=json.dumps(secret | {"stringData": credentials}))
    host = f"api.{closed.name}.test"
    with traffic.acme_issuer(cluster) as issuer:
        values = exposed([host], issuer, **soon_renewed("2160h", "2159h59m55s"))
        files = [*catalog.find_case("api/production").values, *closed.values(QUICK, SMALL, values)]
        closed.helm().install("api", CHART, files)

        def seen() -> Mapping[str, Any]:
            return outside.certificate(host, traffic.pebbles_authority(cluster))

        first = eventually(seen, ISSUE_SECONDS)
        assert first["subjectAltName"] == (("DNS", host),)
        eventually(lambda: differs(first, seen()), ISSUE_SECONDS)
        assert outside.get(host, trusted=traffic.pebbles_authority(cluster)).status_code == 200
        closed.helm().uninstall("api")
    observed("HTTP-01 through default deny and denyEgress: a certificate of an ACME server, and its renewal")


def exposed(hosts: list[str], issuer: str, **annotations: str) -> str:
    """Return values of an Ingress with a certificate of this issuer."""
    ingress = {
        "enabled": True,
        "className": "contour",
        "clusterIssuer": issuer,
        "hosts": [{"host": host} for host in hosts],
        "annotations": annotations,
    }
    return json.dumps({"ingress": ingress})


def soon_renewed(duration: str, before: str) -> dict[str, str]:
    """Return annotations by which cert-manager renews a certificate this long before its end."""
    return {"cert-manager.io/duration": duration, "cert-manager.io/renew-before": before}


def authority_of(cluster: Cluster, name: str) -> str:
    """Return the certificate of an authority, from its Secret."""
    column = '--output=go-template={{index .data "ca.crt" | base64decode}}'
    return cluster.kubectl("get", "secret", name, "--namespace=cert-manager", column)


def differs(first: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    assert now["serialNumber"] != first["serialNumber"]
