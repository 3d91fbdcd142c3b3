"""An Ingress leads from outside to the pods by host and path, also over TLS."""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable, Sequence
from typing import NamedTuple, NoReturn

import httpx
import pytest

from ci.charts import catalog
from ci.clusters.lifecycle import Cluster
from tests.support.namespaces import CHART, QUICK, Answer, Namespace, Object, eventually
from tests.support.stored_objects import served_kinds, stored_as_rendered


class Edge(NamedTuple):
    """The Ingress controller: its class, and its ports on 127.0.0.1."""

    class_name: str
    http: int
    https: int

    def get(self, host: str, path: str) -> Answer:
        """Return the answer, or 0 and the error: some controllers listen from the first Ingress on."""
        url = f"http://127.0.0.1:{self.http}{path}"
        try:
            answer = httpx.get(url, headers={"Host": host}, trust_env=False)
        except httpx.HTTPError as error:
            return Answer(0, str(error))
        return Answer(answer.status_code, answer.text)

    def get_over_tls(self, host: str, path: str, trusted: str) -> int | str:
        """Return the status of the answer, or the error, as of the TLS handshake."""
        context = ssl.create_default_context(cadata=trusted)
        url = f"https://127.0.0.1:{self.https}{path}"
        with httpx.Client(verify=context, trust_env=False) as client:
            try:
                answer = client.get(url, headers={"Host": host}, extensions={"sni_hostname": host})
            except httpx.HTTPError as error:
                return str(error)
        return answer.status_code


@pytest.fixture(scope="session")
def edge(cluster: Cluster, unavailable: Callable[[str], NoReturn]) -> Edge:
    if not cluster.loopback:
        unavailable("requests from outside need a cluster created by the tests, which publishes its ports")
    classes = ingress_classes(cluster)
    if not classes:
        unavailable("this cluster has no IngressClass, so no Ingress controller: see --addons")
    return Edge(classes[0], cluster.loopback["80"], cluster.loopback["443"])


def ingress_classes(cluster: Cluster) -> list[str]:
    """Return the names of the classes, the default one first."""
    default = "ingressclass.kubernetes.io/is-default-class"
    classes: list[Object] = cluster.kubectl.get("ingressclasses")
    classes.sort(key=lambda found: found["metadata"].get("annotations", {}).get(default) != "true")
    return [found["metadata"]["name"] for found in classes]


def exposed(namespace: Namespace, edge: Edge, tls: Sequence[Object] = ()) -> str:
    """Return values of an Ingress that serves /api at a host with the namespace's name."""
    rule = {"host": f"{namespace.name}.example.com", "paths": [{"path": "/api"}]}
    ingress = {"enabled": True, "className": edge.class_name, "hosts": [rule], "tls": list(tls)}
    return json.dumps({"ingress": ingress, "replicaCount": 1})


def test_only_the_host_and_path_are_served_from_outside(
    namespace: Namespace, edge: Edge, observed: Callable[[str], None]
) -> None:
    host = f"{namespace.name}.example.com"
    namespace.helm().install("api", CHART, namespace.values(QUICK, exposed(namespace, edge)))

    def served() -> None:
        answer = edge.get(host, "/api/orders")
        assert answer.status == 200, answer
        assert json.loads(answer.body)["path"] == "/api/orders"

    eventually(served)
    assert edge.get(host, "/other").status == 404
    assert edge.get(f"other.{host}", "/api/orders").status == 404
    observed("200 for the host and path, 404 for another path and for another host")


def test_the_certificate_of_a_secret_is_used_for_tls(
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


def test_a_route_is_stored_as_rendered_and_not_served_without_a_gateway(
    namespace: Namespace,
    cluster: Cluster,
    unavailable: Callable[[str], NoReturn],
    observed: Callable[[str], None],
) -> None:
    """No Gateway runs here, so requests are not tested."""
    if ("gateway.networking.k8s.io/v1", "HTTPRoute") not in served_kinds(cluster):
        unavailable("this cluster does not know HTTPRoutes: see --addons")
    values = [*catalog.find_case("http-route").values, *namespace.values(QUICK, "replicaCount: 1")]
    namespace.helm().install("api", CHART, values)
    stored_as_rendered(namespace, values, engine=4)
    stored = namespace.object("HTTPRoute", "api")
    assert not stored.get("status", {}).get("parents")
    observed(
        f"{len(stored['spec']['rules'])} rules stored as rendered; none served, since no gateway runs here"
    )


def self_signed(namespace: Namespace, host: str) -> tuple[str, str]:
    """Return a self-signed certificate for a host, and its key; openssl is in the app's image."""
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-noenc", "-keyout", "-", "-out", "-"]
    subject = ["-days", "2", "-subj", f"/CN={host[:60]}", "-addext", f"subjectAltName=DNS:{host}"]
    made = namespace.client_pod("openssl").run(*command, *subject)
    key, begin, rest = made.partition("-----BEGIN CERTIFICATE-----")
    return begin + rest, key
