"""Fixtures of the cluster tests: one shared cluster, and a namespace for each test."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from pathlib import Path

import filelock
import pykube
import pytest
from pytest_helm_charts.clusters import ExistingCluster

from ci.clusters import lifecycle as cluster_
from ci.clusters.lifecycle import Cluster
from tests.support.namespaces import Namespace, Namespaces
from tests.support.traffic import Outside

# In the stash of a test: whether its setup or call failed.
FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    return report


@pytest.fixture(scope="session")
def kube_config(pytestconfig: pytest.Config) -> str:
    """The kubeconfig for pytest-helm-charts: that of --kubeconfig, never the user's own."""
    path = pytestconfig.getoption("kubeconfig")
    if not path:
        reason = pytestconfig.getoption("no_cluster")
        pytest.skip(
            reason or "no --kubeconfig was given: `invoke test` creates a cluster if a Docker engine answers"
        )
    return str(path)


@pytest.fixture(scope="session")
def cluster(kube_config: str) -> Cluster:
    """The cluster, as the harness describes it."""
    return cluster_.read(Path(kube_config).parent)


@pytest.fixture(scope="module")
def client(kube_cluster: ExistingCluster) -> pykube.HTTPClient:
    """The client of pytest-helm-charts, with a timeout for busy machines."""
    kube_cluster.kube_client.timeout = 60
    return kube_cluster.kube_client


@pytest.fixture
def namespaces(
    cluster: Cluster, client: pykube.HTTPClient, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Namespaces]:
    """Creates namespaces for a test, and deletes them after it."""
    made = Namespaces(cluster, client, tmp_path)
    yield made
    made.leave(failed=request.node.stash.get(FAILED, False))


@pytest.fixture(scope="module")
def shared_namespaces(
    cluster: Cluster,
    client: pykube.HTTPClient,
    tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
) -> Iterator[Namespaces]:
    """Creates namespaces that all tests of a file share."""
    made = Namespaces(cluster, client, tmp_path_factory.mktemp("namespaces"))
    failed_before = request.session.testsfailed
    yield made
    made.leave(failed=request.session.testsfailed > failed_before)


@pytest.fixture
def namespace(namespaces: Namespaces, request: pytest.FixtureRequest) -> Namespace:
    """A namespace for one test, named after it."""
    return namespaces.new(request.node.originalname.removeprefix("test_"))


@pytest.fixture(scope="session")
def outside(cluster: Cluster) -> Outside:
    """Sends requests to the Ingress controller from outside the cluster."""
    if not cluster.loopback:
        pytest.skip("requests from outside need a cluster created by the tests, which publishes its ports")
    return Outside(cluster)


@pytest.fixture
def alone(cluster: Cluster) -> Iterator[Callable[[str], None]]:
    """Locks a part of the cluster, such as its nodes or a port, until the test ends."""
    with ExitStack() as held:

        def hold(part: str) -> None:
            held.enter_context(filelock.FileLock(cluster.folder / f"{part}.lock"))

        yield hold


@pytest.fixture
def observed(
    record_property: Callable[[str, object], None], request: pytest.FixtureRequest
) -> Callable[[str], None]:
    """Adds a sentence to the report at the end of the run, below the docstring of the test's file."""
    record_property("promise", request.module.__doc__)
    return lambda sentence: record_property("observed", sentence)
