"""Published charts can be installed from their address."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ci.charts import helm
from ci.publishing import packages
from ci.publishing.packages import Package
from ci.publishing.registry import Registry
from ci.publishing.static_repository import StaticRepository
from tests.support.namespaces import QUICK, Namespace
from tests.support.publishers import Helm
from tests.support.servers import docker_registry, web_server

with_both_engines = pytest.mark.parametrize("engine", helm.ENGINES)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> list[Package]:
    return packages.make(tmp_path_factory.mktemp("packages"))


def health_after_install(consumer: Helm, namespace: Namespace, *chart: str) -> int:
    """Install a published chart, and return the status of its ``GET /health``."""
    values = [f"--values={file}" for file in namespace.values(QUICK, "replicaCount: 1")]
    where = [f"--kubeconfig={namespace.cluster.kubeconfig}", f"--namespace={namespace.name}"]
    consumer("install", "api", *chart, *values, *where, "--wait", "--timeout=180s")
    return namespace.ask_pod(namespace.ready_pods()[0], "/health").status


@with_both_engines
def test_a_chart_is_installed_from_a_chart_repository(
    published: list[Package],
    namespace: Namespace,
    engine: int,
    tmp_path: Path,
    observed: Callable[[str], None],
) -> None:
    StaticRepository(tmp_path / "site").add(published)
    consumer = Helm(engine, tmp_path / "consumer")
    with web_server(tmp_path / "site") as url:
        consumer("repo", "add", "shop", url)
        assert health_after_install(consumer, namespace, "shop/microservice") == 200
    observed("after helm repo add, the installed service is healthy")


@with_both_engines
def test_a_chart_is_installed_from_a_registry(
    published: list[Package],
    namespace: Namespace,
    engine: int,
    tmp_path: Path,
    observed: Callable[[str], None],
) -> None:
    consumer = Helm(engine, tmp_path / "consumer")
    with docker_registry(tmp_path) as host:
        Registry(f"oci://{host}/charts", "", plain_http=True).add(published)
        chart = [f"oci://{host}/charts/microservice", "--plain-http"]
        assert health_after_install(consumer, namespace, *chart) == 200
    observed("from oci://, the installed service is healthy")
