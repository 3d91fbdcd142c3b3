"""An Ingress leads from outside to the pods by host and path, also over TLS."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

import pytest

from ci.charts import catalog
from ci.clusters.lifecycle import Cluster
from tests.support.namespaces import CHART, QUICK, Namespace, Object, eventually
from tests.support.stored_objects import served_kinds, stored_as_rendered
from tests.support.traffic import Outside


@pytest.fixture(scope="session")
def ingress_class(cluster: Cluster) -> str:
    """The name of the default IngressClass, or else of any."""
    default = "ingressclass.kubernetes.io/is-default-class"
    classes: list[Object] = cluster.kubectl.get("ingressclasses")
    classes.sort(key=lambda found: found["metadata"].get("annotations", {}).get(default) != "true")
    if not classes:
        pytest.skip("this cluster has no IngressClass, so no Ingress controller: see --addons")
    return str(classes[0]["metadata"]["name"])


def exposed(namespace: Namespace, class_name: str, tls: Sequence[Object] = ()) -> str:
    """Return values of an Ingress that serves /api at a host with the namespace's name."""
    rule = {"host": f"{namespace.name}.example.com", "paths": [{"path": "/api"}]}
    ingress = {"enabled": True, "className": class_name, "hosts": [rule], "tls": list(tls)}
    return json.dumps({"ingress": ingress, "replicaCount": 1})


def test_only_the_host_and_path_are_served_from_outside(
    namespace: Namespace, ingress_class: str, outside: Outside, observed: Callable[[str], None]
) -> None:
    host = f"{namespace.name}.example.com"
    namespace.helm().install("api", CHART, namespace.values(QUICK, exposed(namespace, ingress_class)))

    def served() -> None:
        answer = outside.get(host, "/api/orders")
        assert answer.status_code == 200
        assert answer.json()["path"] == "/api/orders"

    eventually(served)
    assert outside.get(host, "/other").status_code == 404
    assert outside.get(f"other.{host}", "/api/orders").status_code == 404
    observed("200 for the host and path, 404 for another path and for another host")


def test_the_certificate_of_a_secret_is_used_for_tls(
    namespace: Namespace, ingress_class: str, outside: Outside, observed: Callable[[str], None]
) -> None:
    host = f"{namespace.name}.example.com"
    certificate, key = self_signed(namespace, host)
    data = {"tls.crt": certificate, "tls.key": key}
    secret = {"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls", "stringData": data}
    namespace.kubectl("apply", "--filename=-", stdin=json.dumps(secret | {"metadata": {"name": "tls"}}))
    tls = [{"hosts": [host], "secretName": "tls"}]
    namespace.helm().install("api", CHART, namespace.values(QUICK, exposed(namespace, ingress_class, tls)))

    def served() -> None:
        assert outside.get(host, "/api", trusted=certificate).status_code == 200

    eventually(served)
    observed("200 over TLS, with the certificate of the Secret")


def test_a_route_is_stored_as_rendered_and_not_served_without_a_gateway(
    namespace: Namespace,
    cluster: Cluster,
    observed: Callable[[str], None],
) -> None:
    """No Gateway runs here, so requests are not tested."""
    if ("gateway.networking.k8s.io/v1", "HTTPRoute") not in served_kinds(cluster):
        pytest.skip("this cluster does not know HTTPRoutes: see --addons")
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
