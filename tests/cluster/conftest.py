"""A namespace for each test, in the cluster that all of them share."""

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

# In a test's stash: whether its setup or call failed.
FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    return report


@pytest.fixture(scope="session")
def kube_config(pytestconfig: pytest.Config, unavailable: Callable[[str], None]) -> str:
    """Where pytest-helm-charts finds the cluster: --kubeconfig, and never the user's own."""
    path = pytestconfig.getoption("kubeconfig")
    if not path:
        reason = pytestconfig.getoption("no_cluster")
        unavailable(reason or "no cluster was given: `invoke test` makes one where a Docker engine answers")
    return str(path)


@pytest.fixture(scope="session")
def cluster(kube_config: str) -> Cluster:
    """What the harness knows of the cluster."""
    return cluster_.read(Path(kube_config).parent)


@pytest.fixture(scope="module")
def client(kube_cluster: ExistingCluster) -> pykube.HTTPClient:
    """The client of pytest-helm-charts, with the patience that a busy machine takes."""
    kube_cluster.kube_client.timeout = 60
    return kube_cluster.kube_client


@pytest.fixture
def namespaces(
    cluster: Cluster, client: pykube.HTTPClient, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Namespaces]:
    """Makes namespaces for a test, which go with it."""
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
    """Makes namespaces for all tests of a file."""
    made = Namespaces(cluster, client, tmp_path_factory.mktemp("namespaces"))
    failed_before = request.session.testsfailed
    yield made
    made.leave(failed=request.session.testsfailed > failed_before)


@pytest.fixture
def namespace(namespaces: Namespaces, request: pytest.FixtureRequest) -> Namespace:
    """A namespace of a test's own, with its name."""
    return namespaces.new(request.node.originalname.removeprefix("test_"))


@pytest.fixture
def alone(cluster: Cluster) -> Iterator[Callable[[str], None]]:
    """Waits until no other test holds the same part of the cluster (its nodes, a port), and holds it."""
    with ExitStack() as held:

        def hold(part: str) -> None:
            held.enter_context(filelock.FileLock(cluster.folder / f"{part}.lock"))

        yield hold


@pytest.fixture
def observed(
    record_property: Callable[[str, object], None], request: pytest.FixtureRequest
) -> Callable[[str], None]:
    """Takes a sentence for the report at the end of the run, below what the test's file promises."""
    record_property("promise", request.module.__doc__)
    return lambda sentence: record_property("observed", sentence)
