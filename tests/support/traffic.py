"""What the tests of Ingresses and routes share: README's recipes, a Gateway, issuers, and requests."""

from __future__ import annotations

import json
import secrets
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx

from ci.clusters.lifecycle import Cluster
from tests.support.documents import fences
from tests.support.namespaces import CHART, PATIENCE_SECONDS, Namespaces, Object

PEBBLE = "https://pebble.pebble:14000/dir"
PEBBLE_ROOT = "/api/v1/namespaces/pebble/services/https:pebble:15000/proxy/roots/0"
CERTIFICATES = "cert-manager.io/v1"
ADMIN_PORT = 9100
# Of a busy machine.
ANSWER_SECONDS = 30
# Serves the port admin of README's recipes. A path with slow takes 3 seconds, one with flaky fails at first.
ADMIN = f"""
import sys, time
sys.path.insert(0, "/app")
import service

failed = set()

class Handler(service.Handler):
    def do_GET(self):
        if "flaky" in self.path and self.path not in failed:
            failed.add(self.path)
            return self.answer(503, {{}})
        time.sleep(3 if "slow" in self.path else 0)
        super().do_GET()

service.Handler, service.PORT = Handler, {ADMIN_PORT}
service.main()
"""


def recipe(words: str, names: Mapping[str, str]) -> str:
    """Return the only values in the chart's README with these words, with other names: {theirs: ours}."""
    (text,) = [fence.text for fence in fences(CHART / "README.md") if fence.is_values and words in fence.text]
    for theirs, ours in names.items():
        assert theirs in text
        text = text.replace(theirs, ours)
    return text


def admin(cluster: Cluster) -> str:
    """Return values of a container that serves the port admin, and answers with the version "admin"."""
    container = {
        "name": "admin",
        "image": f"{cluster.app}:1",
        "command": ["python", "-c", ADMIN],
        "env": [{"name": "VERSION", "value": "admin"}],
    }
    return json.dumps({"extraContainers": [container]})


# ── Gateway ──


@contextmanager
def gateway(namespaces: Namespaces) -> Iterator[str]:
    """Make a Gateway `gateway` with one Envoy, for the block; yield its namespace.

    Its address inside the cluster is http://envoy-gateway.NAMESPACE.
    """
    namespace = namespaces.new("gateways", standard="privileged").name
    name = {"name": "gateway", "namespace": namespace}
    settings = {
        "contour": {"deployment": {"replicas": 1}},
        "envoy": {
            "workloadType": "Deployment",
            "deployment": {"replicas": 1},
            "networkPublishing": {"type": "ClusterIPService"},
        },
    }
    gateway_class = {
        "controllerName": "projectcontour.io/gateway-controller",
        "parametersRef": {"group": "projectcontour.io", "kind": "ContourDeployment"} | name,
    }
    listener = {
        "name": "http",
        "protocol": "HTTP",
        "port": 80,
        "allowedRoutes": {"namespaces": {"from": "All"}},
    }
    listening = {"gatewayClassName": namespace, "listeners": [listener]}
    api = "gateway.networking.k8s.io/v1"
    cluster = namespaces.cluster
    with _objects(
        cluster,
        made("projectcontour.io/v1alpha1", "ContourDeployment", name, settings),
        made(api, "GatewayClass", {"name": namespace}, gateway_class),
    ):
        with _objects(cluster, made(api, "Gateway", name, listening)):
            yield namespace
        # Contour cleans up as long as the class exists.
        role = f"clusterrole/contour-{namespace}-gateway"
        cluster.kubectl("wait", "--for=delete", role, f"--timeout={PATIENCE_SECONDS}s")


# ── Certificates ──


@contextmanager
def acme_issuer(cluster: Cluster) -> Iterator[str]:
    """Make a ClusterIssuer for which Pebble issues, by HTTP-01; yield its name."""
    name = f"acme-{secrets.token_hex(3)}"
    acme = {
        "server": PEBBLE,
        "skipTLSVerify": True,
        "privateKeySecretRef": {"name": name},
        "solvers": [{"http01": {"ingress": {"ingressClassName": "contour"}}}],
    }
    with _objects(cluster, made(CERTIFICATES, "ClusterIssuer", {"name": name}, {"acme": acme}), keeps=name):
        yield name


@contextmanager
def ca_issuer(cluster: Cluster) -> Iterator[str]:
    """Make a ClusterIssuer with a certificate authority of its own; yield its name, also its Secret's."""
    name = f"ca-{secrets.token_hex(3)}"
    authority = {
        "isCA": True,
        "commonName": name,
        "secretName": name,
        "issuerRef": {"name": f"{name}-self", "kind": "ClusterIssuer"},
    }
    with _objects(
        cluster,
        made(CERTIFICATES, "ClusterIssuer", {"name": f"{name}-self"}, {"selfSigned": {}}),
        made(CERTIFICATES, "Certificate", {"name": name, "namespace": "cert-manager"}, authority),
        made(CERTIFICATES, "ClusterIssuer", {"name": name}, {"ca": {"secretName": name}}),
        keeps=name,
    ):
        ready = ["--for=condition=Ready", f"certificate/{name}", "--namespace=cert-manager"]
        cluster.kubectl("wait", *ready, f"--timeout={PATIENCE_SECONDS}s")
        yield name


def pebbles_authority(cluster: Cluster) -> str:
    """Return the certificate of the authority by which Pebble issues."""
    return cluster.kubectl("get", "--raw", PEBBLE_ROOT)


# ── Objects ──


def made(version: str, kind: str, metadata: Object, spec: Object) -> Object:
    return {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec}


@contextmanager
def _objects(cluster: Cluster, *objects: Object, keeps: str = "") -> Iterator[None]:
    """Create objects for the block; ``keeps`` is a Secret of cert-manager's that would stay after it."""
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})
    cluster.kubectl("create", "--filename=-", stdin=text)
    try:
        yield
    finally:
        cluster.kubectl("delete", "--ignore-not-found", "--filename=-", stdin=text)
        if keeps:
            cluster.kubectl("delete", "secret", keeps, "--namespace=cert-manager", "--ignore-not-found")


# ── Requests ──


class Outside:
    """Requests from outside the cluster to the Envoy that serves Ingresses."""

    def __init__(self, cluster: Cluster) -> None:
        self.http = f"http://127.0.0.1:{cluster.loopback['80']}"
        self._tls_port = cluster.loopback["443"]

    def get(self, host: str, path: str = "/", trusted: str = "") -> httpx.Response:
        """Send a request for a host, over TLS if a ``trusted`` authority is given.

        Fails an assertion if there is no answer, or none with a certificate of that authority for the host.
        """
        url = f"https://127.0.0.1:{self._tls_port}" if trusted else self.http
        verify = ssl.create_default_context(cadata=trusted) if trusted else True
        with httpx.Client(verify=verify, trust_env=False, timeout=ANSWER_SECONDS) as client:
            try:
                return client.get(url + path, headers={"Host": host}, extensions={"sni_hostname": host})
            except httpx.TransportError as error:
                raise AssertionError(f"{host}: {error}") from error

    def certificate(self, host: str, trusted: str) -> Mapping[str, Any]:
        """Return the certificate that a client of a host sees, as ``ssl.SSLSocket.getpeercert`` does.

        Fails an assertion unless the ``trusted`` authority has signed it for the host.
        """
        context = ssl.create_default_context(cadata=trusted)
        try:
            with (
                socket.create_connection(("127.0.0.1", self._tls_port), ANSWER_SECONDS) as connection,
                context.wrap_socket(connection, server_hostname=host) as secure,
            ):
                return secure.getpeercert() or {}
        except OSError as error:
            raise AssertionError(f"{host}: {error}") from error
