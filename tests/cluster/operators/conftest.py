"""Skips what needs an operator that the cluster does not have."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ci.clusters.lifecycle import Cluster
from tests.support import traffic
from tests.support.namespaces import Namespaces
from tests.support.operators import demand


# Of the module's scope, so that it comes before what a file shares.
@pytest.fixture(scope="module", autouse=True)
def _operators_of_the_file(request: pytest.FixtureRequest, cluster: Cluster) -> None:
    demand(request.node.iter_markers("operators"), cluster.kubectl)


@pytest.fixture(autouse=True)
def _operators_of_the_test(request: pytest.FixtureRequest, cluster: Cluster) -> None:
    assert request.node.get_closest_marker("operators"), "say which: pytestmark = pytest.mark.operators(NAME)"
    own = [mark for mark in request.node.own_markers if mark.name == "operators"]
    demand(own, cluster.kubectl)


@pytest.fixture(scope="module")
def gateways(shared_namespaces: Namespaces) -> Iterator[str]:
    """The namespace of a Gateway `gateway`; its address inside the cluster is http://envoy-gateway.NAMESPACE."""
    with traffic.gateway(shared_namespaces) as namespace:
        yield namespace


@pytest.fixture
def authority(cluster: Cluster) -> Iterator[str]:
    """The name of a ClusterIssuer, and of its Secret."""
    with traffic.ca_issuer(cluster) as name:
        yield name
