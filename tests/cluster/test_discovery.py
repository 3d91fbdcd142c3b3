"""Clients reach the service by its DNS name, and at the address of a load balancer."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.namespaces import CHART, QUICK, Namespace, Namespaces, eventually

LOAD_BALANCER = "{service: {type: LoadBalancer}, ports: {http: {servicePort: 8080}}}"


@pytest.fixture
def installed(namespace: Namespace) -> Namespace:
    namespace.helm().install("api", CHART, namespace.values(QUICK, "replicaCount: 1"))
    return namespace


def test_a_pod_in_the_namespace_reaches_it_by_its_name(
    installed: Namespace, observed: Callable[[str], None]
) -> None:
    client = installed.client_pod()
    paths = [client.served(url)["path"] for url in ("http://api", "http://api:80/orders")]
    assert paths == ["/", "/orders"]
    observed("http://api and http://api:80/orders answered")


def test_a_pod_in_another_namespace_reaches_it_by_its_name_and_namespace(
    installed: Namespace, namespaces: Namespaces, observed: Callable[[str], None]
) -> None:
    client = namespaces.new("elsewhere").client_pod()
    assert client.ask("http://api").status == 0
    for more in ("", ".svc.cluster.local"):
        client.served(f"http://api.{installed.name}{more}/")
    observed(
        "http://api.<namespace> and http://api.<namespace>.svc.cluster.local answered, http://api did not"
    )


def test_a_load_balancer_answers_at_its_own_address(
    namespace: Namespace, observed: Callable[[str], None]
) -> None:
    namespace.helm().upgrade("api", CHART, namespace.values(QUICK, LOAD_BALANCER), "--wait=false")

    def address() -> str:
        found = namespace.object("Service", "api")["status"]["loadBalancer"].get("ingress")
        assert found
        return str(found[0].get("ip") or found[0]["hostname"])

    try:
        at = eventually(address, seconds=30)
    except AssertionError:
        pytest.skip(
            "nothing in this cluster assigns addresses to LoadBalancer Services: install such an add-on with "
            "--addons, or run cloud-provider-kind beside the cluster"
        )
    answer = namespace.client_pod().served(f"http://{at}:8080/")
    observed(f"{at}:8080 answered {answer}")
