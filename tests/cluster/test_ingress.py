"""A host and a path lead from outside to the pods, with TLS where asked."""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable, Sequence
from typing import NamedTuple, NoReturn

import httpx
import pytest

from ci.charts import catalog
from ci.clusters.lifecycle import Cluster
from tests.support.namespaces import CHART, QUICK, Namespace, Object, eventually
from tests.support.stored_objects import served_kinds, stored_as_rendered


class Edge(NamedTuple):
    """The Ingress controller: its class ("" where it asks for none), and its ports on 127.0.0.1."""

    class_name: str
    http: int
    https: int

    def get(self, host: str, path: str) -> httpx.Response:
        return httpx.get(f"http://127.0.0.1:{self.http}{path}", headers={"Host": host}, trust_env=False)

    def get_over_tls(self, host: str, path: str, trusted: str) -> int | str:
        """The status of the answer, or why the certificate was not taken."""
        context = ssl.create_default_context(cadata=trusted)
        url = f"https://127.0.0.1:{self.https}{path}"
        with httpx.Client(verify=context, trust_env=False) as client:
            try:
                answer = client.get(url, headers={"Host": host}, extensions={"sni_hostname": host})
            except httpx.ConnectError as error:
                return str(error)
        return answer.status_code


@pytest.fixture(scope="session")
def edge(cluster: Cluster, unavailable: Callable[[str], NoReturn]) -> Edge:
    if not cluster.loopback:
        unavailable("requests from outside take a cluster that was made here, with its ports mapped")
    found = Edge(ingress_class(cluster), cluster.loopback["80"], cluster.loopback["443"])
    try:
        found.get("nobody.example.com", "/")
    except httpx.HTTPError as error:
        unavailable(f"no Ingress controller answers on the cluster's port 80 ({error}): see --addons")
    return found


def ingress_class(cluster: Cluster) -> str:
    """The default class, else the first by name, else none."""
    default = "ingressclass.kubernetes.io/is-default-class"
    classes: list[Object] = cluster.kubectl.get("ingressclasses")
    classes.sort(key=lambda found: found["metadata"].get("annotations", {}).get(default) != "true")
    return str(classes[0]["metadata"]["name"]) if classes else ""


def exposed(namespace: Namespace, edge: Edge, tls: Sequence[Object] = ()) -> str:
    """Values of an Ingress that serves /api at a host with the namespace's name."""
    rule = {"host": f"{namespace.name}.example.com", "paths": [{"path": "/api"}]}
    ingress = {"enabled": True, "className": edge.class_name, "hosts": [rule], "tls": list(tls)}
    return json.dumps({"ingress": ingress, "replicaCount": 1})


def test_the_host_and_path_are_served_from_outside_and_no_other(
    namespace: Namespace, edge: Edge, observed: Callable[[str], None]
) -> None:
    host = f"{namespace.name}.example.com"
    namespace.helm().install("api", CHART, namespace.values(QUICK, exposed(namespace, edge)))

    def served() -> None:
        answer = edge.get(host, "/api/orders")
        assert answer.status_code == 200
        assert answer.json()["path"] == "/api/orders"

    eventually(served)
    assert edge.get(host, "/other").status_code == 404
    assert edge.get(f"other.{host}", "/api/orders").status_code == 404
    observed("200 for the host and path, 404 for another path and for another host")


def test_a_certificate_from_a_secret_is_shown_to_who_comes_over_tls(
    namespace: Namespace, edge: Edge, observed: Callable[[str], None]
) -> None:
    host = f"{namespace.name}.example.com"
    certificate, key = self_signed(namespace, host)
    data = {"tls.crt": certificate, "tls.key": key}
    secret = {"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls", "stringData": data}
    namespace.kubectl("apply", "--filename=-", stdin=json.dumps(secret | {"metadata": {"name": "tls"}}))
    tls = [{"hosts": [host], "secretName": "tls"}]
    namespace.helm().install("api", CHART, namespace.values(QUICK, exposed(namespace, edge, tls)))

    def served() -> None:
        assert edge.get_over_tls(host, "/api", trusted=certificate) == 200

    eventually(served)
    observed("200 over TLS, with the certificate of the Secret")


def test_a_route_is_stored_as_it_was_rendered_and_says_that_no_gateway_serves_it(
    namespace: Namespace,
    cluster: Cluster,
    unavailable: Callable[[str], NoReturn],
    observed: Callable[[str], None],
) -> None:
    """No Gateway runs here: what would become of the requests is not seen."""
    if ("gateway.networking.k8s.io/v1", "HTTPRoute") not in served_kinds(cluster):
        unavailable("HTTPRoutes are not served in this cluster: see --addons")
    values = [*catalog.find_case("http-route").values, *namespace.values(QUICK, "replicaCount: 1")]
    namespace.helm().install("api", CHART, values)
    stored_as_rendered(namespace, values, engine=4)
    stored = namespace.object("HTTPRoute", "api")
    assert not stored.get("status", {}).get("parents")
    observed(f"{len(stored['spec']['rules'])} rules stored as rendered; no gateway runs here, none is served")


def self_signed(namespace: Namespace, host: str) -> tuple[str, str]:
    """A certificate for a host, which is its own authority, and its key; openssl is in the app's image."""
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-noenc", "-keyout", "-", "-out", "-"]
    subject = ["-days", "2", "-subj", f"/CN={host[:60]}", "-addext", f"subjectAltName=DNS:{host}"]
    made = namespace.client_pod("openssl").run(*command, *subject)
    key, begin, rest = made.partition("-----BEGIN CERTIFICATE-----")
    return begin + rest, key
