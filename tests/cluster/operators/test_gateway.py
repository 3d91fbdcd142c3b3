"""A Gateway leads requests to the pods by HTTPRoutes and GRPCRoutes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from ci.clusters import images, kind
from ci.clusters.lifecycle import Cluster
from tests.support import traffic
from tests.support.deploys import Deploys
from tests.support.namespaces import CHART, QUICK, Answer, ClientPod, Namespace, Namespaces, eventually
from tests.support.request_streams import streams

pytestmark = pytest.mark.operators("contour")

ONE = "replicaCount: 1"
# Of 10 requests, how many go to the second Service.
SHARE = 3
GRPC_IMAGE = "microservice-chart-grpc"


@pytest.fixture(scope="module")
def visitor(cluster: Cluster, shared_namespaces: Namespaces, gateways: str) -> ClientPod:
    """A pod beside the service, once the Gateway serves README's HTTPRoute and one for more.example.com."""
    namespace = shared_namespaces.new("routes")
    namespace.helm().install("canary", CHART, namespace.values(QUICK, ONE, version="2"))
    matches = [
        {"path": {"type": "Exact", "value": "/exact"}},
        {"path": {"type": "RegularExpression", "value": "/v[0-9]+/admin"}},
        {"headers": [{"name": "x-admin", "value": "1"}]},
    ]
    rules = [
        {"matches": matches, "backendRefs": [{"port": "admin"}]},
        {
            "matches": [{"path": {"value": "/slow"}}],
            "timeouts": {"request": "500ms"},
            "backendRefs": [{"port": "admin"}],
        },
        {"backendRefs": [{"weight": 10 - SHARE}, {"name": "canary", "port": 80, "weight": SHARE}]},
    ]
    parent = {"name": "gateway", "namespace": gateways}
    more = {"parentRefs": [parent], "hostnames": ["more.example.com"], "rules": rules}
    written = traffic.recipe("httpRoute:\n  enabled: true", {"gateways": gateways})
    values = [QUICK, ONE, traffic.admin(cluster), written, json.dumps({"extraRoutes": {"more": more}})]
    namespace.helm().install("api", CHART, namespace.values(*values))
    return namespace.client_pod()


@pytest.fixture(scope="module")
def ask(visitor: ClientPod, gateways: str) -> Callable[..., Answer]:
    """Sends a request for a host and a path to the Gateway, which serves them."""

    def send(host: str, path: str, **headers: str) -> Answer:
        url = f"http://envoy-gateway.{gateways}{path}"
        return visitor.ask(url, seconds=traffic.ANSWER_SECONDS, headers={"Host": host, **headers})

    def served() -> None:
        assert send("more.example.com", "/").status == 200
        # Its Envoy learns of routes and of the pods of each port one by one.
        for path in ("/api", "/admin"):
            assert send("api.example.com", path).status == 200

    eventually(served)
    return send


def test_the_route_of_the_readme_leads_the_paths_of_its_host_to_their_ports(
    ask: Callable[..., Answer], observed: Callable[[str], None]
) -> None:
    assert ask("api.example.com", "/api/orders").body["version"] == "1"
    assert ask("api.example.com", "/admin/users").body["version"] == "admin"
    assert ask("api.example.com", "/other").status == 404
    assert ask("other.example.com", "/api").status == 404
    observed("HTTPRoute: two paths reach their ports, another path and another host get 404")


def test_a_rule_selects_requests_by_header_and_by_path(
    ask: Callable[..., Answer], observed: Callable[[str], None]
) -> None:
    host = "more.example.com"
    for path, headers in {"/exact": {}, "/v2/admin": {}, "/orders": {"x-admin": "1"}}.items():
        assert ask(host, path, **headers).body["version"] == "admin", path
    for path, headers in {"/exact/more": {}, "/v/admin": {}, "/orders": {"x-admin": "2"}}.items():
        assert ask(host, path, **headers).body["version"] in {"1", "2"}, path
    observed("HTTPRoute: an exact path, a regular expression and a header select requests")


def test_a_request_that_exceeds_the_timeout_of_its_rule_gets_504(
    ask: Callable[..., Answer], observed: Callable[[str], None]
) -> None:
    assert ask("more.example.com", "/slow").status == 504
    assert ask("api.example.com", "/admin/slow").status == 200
    observed("HTTPRoute: 504 after the timeout of the rule, 200 by a rule without one")


def test_requests_are_divided_between_two_services_by_weight(
    ask: Callable[..., Answer], visitor: ClientPod, gateways: str, observed: Callable[[str], None]
) -> None:
    url = f"http://envoy-gateway.{gateways}/"
    several = visitor.stream(url, "--host=more.example.com", "--at-least=400", "--per-second=100")
    with streams({"": several}) as results:
        pass
    assert not results[""].failures
    versions = results[""].versions
    # Random: the standard deviation is 0.023.
    assert abs(versions["2"] / results[""].sent - SHARE / 10) < 0.15
    observed(f"HTTPRoute: {versions['1']} to {versions['2']} requests by weights of {10 - SHARE} to {SHARE}")


@pytest.fixture(scope="module")
def grpc_image(cluster: Cluster) -> str:
    """The repository of the image of grpc_app, whose tag is 1."""
    if cluster.context:
        pytest.skip("the image of a gRPC server is only loaded into a cluster created by the tests")
    image = f"{GRPC_IMAGE}:1"
    images.build(images.DOCKER, image, Path(__file__).parent / "grpc_app")
    kind.load(cluster.name, [image])
    return GRPC_IMAGE


def test_calls_of_a_grpc_service_reach_a_server_that_is_ready_by_its_health_check(
    grpc_image: str, namespace: Namespace, gateways: str, observed: Callable[[str], None]
) -> None:
    image = f"{{image: {{repository: {grpc_image}}}}}"
    alone = traffic.recipe("http: null\n  grpc:", {})
    route = traffic.recipe("kind: GRPCRoute", {"gateways": gateways})
    namespace.helm().install("api", CHART, namespace.values(image, QUICK, ONE, alone, route))
    (container,) = namespace.object("Deployment", "api")["spec"]["template"]["spec"]["containers"]
    assert container["readinessProbe"]["grpc"]["port"] == 9000

    def call(method: str) -> str:
        command = ["exec", "deploy/api", "--", "python", "/app/orders.py", f"envoy-gateway.{gateways}:80"]
        return namespace.kubectl(*command, method).strip()

    def served() -> None:
        assert call("/shop.Orders/List") == "OK 2 orders"

    eventually(served)
    assert call("/shop.Orders/Delete").startswith("UNIMPLEMENTED")
    observed("GRPCRoute: calls of the method are answered, those of another are UNIMPLEMENTED")


def test_a_route_that_the_gateway_refuses_is_told_by_status(
    namespace: Namespace, gateways: str, tmp_path: Path, observed: Callable[[str], None]
) -> None:
    service = Deploys(namespace, tmp_path / "root")
    parent = {"name": "gateway", "namespace": gateways}

    def shown(parent: dict[str, str], words: str) -> str:
        route = {"enabled": True, "parentRefs": [parent], "hostnames": [f"{namespace.name}.example.com"]}
        run = service.run("deploy", values={"httpRoute": route})
        assert run.process.returncode == 0, run.output

        def told() -> str:
            output = service.run("status", values={"httpRoute": route}).output
            found = re.search(f"^route +api +{words}", output, re.MULTILINE)
            assert found, output
            return found[0]

        return eventually(told)

    refused = shown(parent | {"sectionName": "absent"}, r"refused +Gateway gateway: \w+: .*")
    shown(parent, "accepted +by gateway")
    observed(" ".join(refused.split()))
