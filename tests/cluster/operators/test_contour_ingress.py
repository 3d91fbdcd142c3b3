"""An Ingress of Contour leads the hosts and paths of README's recipe to their ports, with a certificate."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest

from ci.clusters.lifecycle import Cluster
from tests.support import traffic
from tests.support.namespaces import CHART, QUICK, Namespaces, eventually
from tests.support.traffic import Outside

pytestmark = pytest.mark.operators("contour", "cert-manager", "pebble")

ANNOTATIONS = {
    "ingress.kubernetes.io/force-ssl-redirect": "true",
    "projectcontour.io/response-timeout": "1s",
    "projectcontour.io/retry-on": "5xx",
}


class Served(NamedTuple):
    """The domain in README's recipe, and the authority that signed its certificates."""

    domain: str
    authority: str


@pytest.fixture(scope="module")
def served(cluster: Cluster, shared_namespaces: Namespaces, outside: Outside) -> Iterator[Served]:
    """The service with README's Ingress, and with one at secure.DOMAIN that has annotations of Contour."""
    namespace = shared_namespaces.new("ingress")
    domain, authority = f"{namespace.name}.test", traffic.pebbles_authority(cluster)
    with traffic.acme_issuer(cluster) as issuer:
        secure = {
            "className": "contour",
            "annotations": ANNOTATIONS,
            "clusterIssuer": issuer,
            "hosts": [{"host": f"secure.{domain}", "paths": [{"port": "admin"}]}],
        }
        names = {"example.com": domain, "letsencrypt": issuer}
        written = traffic.recipe("ingress:\n  enabled: true\n  className: contour\n  clusterIssuer", names)
        values = [QUICK, "replicaCount: 1", traffic.admin(cluster), written]
        values += [json.dumps({"extraIngresses": {"secure": secure}})]
        namespace.helm().install("api", CHART, namespace.values(*values))

        def certified() -> None:
            for host in (f"api.{domain}", f"secure.{domain}"):
                assert outside.get(host, trusted=authority).status_code == 200

        eventually(certified, 180)
        yield Served(domain, authority)


def test_the_hosts_and_paths_of_the_readme_reach_their_ports_also_over_tls(
    served: Served, outside: Outside, observed: Callable[[str], None]
) -> None:
    for authority in ("", served.authority):
        places = {(f"api.{served.domain}", "/orders"): "1", (served.domain, "/api"): "1"}
        places |= {(f"api.{served.domain}", "/admin"): "1", (served.domain, "/admin/users"): "admin"}
        for (host, path), version in places.items():
            answer = outside.get(host, path, trusted=authority)
            assert (answer.status_code, answer.json()["version"]) == (200, version)
        assert outside.get(served.domain, "/other", trusted=authority).status_code == 404
    observed("Ingress: hosts and paths reach their ports with and without TLS, another path gets 404")


def test_an_unknown_host_is_refused(
    served: Served, outside: Outside, observed: Callable[[str], None]
) -> None:
    unknown = f"unknown.{served.domain}"
    assert outside.get(unknown).status_code == 404
    with pytest.raises(AssertionError, match=unknown):
        outside.get(unknown, trusted=served.authority)
    observed("Ingress: an unknown host gets 404, and no TLS handshake")


def test_the_annotation_of_a_redirect_sends_clients_to_tls(
    served: Served, outside: Outside, observed: Callable[[str], None]
) -> None:
    host = f"secure.{served.domain}"
    answer = outside.get(host, "/orders")
    assert (answer.status_code, answer.headers["Location"]) == (301, f"https://{host}/orders")
    assert outside.get(host, "/orders", trusted=served.authority).json()["path"] == "/orders"
    observed("Ingress: 301 to https, whose certificate was issued in spite of the redirect")


def test_the_annotations_of_a_timeout_and_of_retries_hold(
    served: Served, outside: Outside, observed: Callable[[str], None]
) -> None:
    secure = f"secure.{served.domain}"
    assert outside.get(secure, "/slow", trusted=served.authority).status_code == 504

    def retried() -> None:
        path = f"/flaky/{secrets.token_hex(3)}"
        assert outside.get(secure, path, trusted=served.authority).status_code == 200

    # A busy machine may need longer than the timeout.
    eventually(retried)
    plain = {path: outside.get(served.domain, f"/admin/{path}").status_code for path in ("slow", "flaky")}
    assert plain == {"slow": 200, "flaky": 503}
    observed("Ingress: a timeout gives 504, a retry 200, by annotations; without them 200 and 503")
