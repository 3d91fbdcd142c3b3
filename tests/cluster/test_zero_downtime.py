"""A new version replaces the old one, and no request is lost."""

from __future__ import annotations

import sys
from collections.abc import Callable

import httpx
import pytest

from ci.charts import helm
from ci.charts.helm import HelmError
from ci.clusters import sample_app
from ci.clusters.lifecycle import Cluster
from ci.deploy.releases import ROLLBACK_ON_FAILURE
from tests.support.namespaces import CHART, QUICK, ClientPod, Namespace, eventually
from tests.support.request_streams import lose_none, streams
from tests.support.traffic import ANSWER_SECONDS

OUTSIDE_PORT = 31080
AT_LEAST = 1300
# Helm waits as long for a version that fails as for the rollback, which has to be through by then.
ROLLBACK_SECONDS = 30


class Requests:
    """Sends requests to the Service api from inside and outside, with and without keep-alive."""

    def __init__(self, inside: ClientPod, outside: str) -> None:
        self.inside = inside
        self.outside = outside

    def served(self) -> None:
        """Wait until both ways lead to a pod."""
        self.inside.served("http://api/")

        def from_outside() -> None:
            try:
                httpx.get(self.outside, trust_env=False, timeout=ANSWER_SECONDS).raise_for_status()
            except httpx.HTTPError as error:
                raise AssertionError(error) from error

        eventually(from_outside)

    def commands(self) -> dict[str, list[str]]:
        """Return the command of each stream, by what it is called in the report."""
        outside = [
            sys.executable,
            str(sample_app.FOLDER / "stream.py"),
            self.outside,
            f"--at-least={AT_LEAST}",
        ]
        inside = self.inside.stream("http://api/", f"--at-least={AT_LEAST}")
        return {
            "inside": inside,
            "inside, keep-alive": [*inside, "--keep-alive"],
            "outside": outside,
            "outside, keep-alive": [*outside, "--keep-alive"],
        }


@pytest.fixture
def requests(namespace: Namespace, outside: str) -> Requests:
    return Requests(namespace.client_pod(), outside)


@pytest.fixture
def outside(cluster: Cluster, alone: Callable[[str], None]) -> str:
    """The address, outside the cluster, of the only Service with OUTSIDE_PORT."""
    if str(OUTSIDE_PORT) not in cluster.loopback:
        pytest.skip("requests from outside need a cluster created by the tests, which publishes its ports")
    alone("outside")
    return f"http://127.0.0.1:{cluster.loopback[str(OUTSIDE_PORT)]}/"


REACHED_FROM_OUTSIDE = f"{{service: {{type: NodePort}}, ports: {{http: {{nodePort: {OUTSIDE_PORT}}}}}}}"


@pytest.mark.quiet
def test_an_upgrade_and_a_rollback_lose_no_request(
    namespace: Namespace, requests: Requests, observed: Callable[[str], None]
) -> None:
    release = namespace.helm()
    release.install("api", CHART, namespace.values(REACHED_FROM_OUTSIDE))
    second = namespace.values(REACHED_FROM_OUTSIDE, version="2")
    requests.served()
    lose_none(
        requests.commands(),
        lambda: release.upgrade("api", CHART, second),
        lambda: release.rollback("api", 1),
        observed,
    )


def test_an_upgrade_to_another_port_loses_no_request_if_both_are_declared(
    namespace: Namespace, observed: Callable[[str], None]
) -> None:
    release = namespace.helm()
    release.install("api", CHART, namespace.values(QUICK))
    both = "{env: {PORT: '9000'}, ports: {http: {containerPort: 9000}, old: {containerPort: 8000}}}"
    # Until then a request that nobody lets in has failed.
    slow = "{replicaCount: 1, readinessProbe: {initialDelaySeconds: 15}}"
    client = namespace.client_pod()
    client.served("http://api/")
    with streams({"": client.stream("http://api/")}) as results:
        release.upgrade("api", CHART, namespace.values(QUICK, both, slow, version="2"))
    assert results[""].failures == {}
    observed(str(results[""]))


@pytest.mark.parametrize("engine", helm.ENGINES)
def test_a_version_that_never_becomes_ready_is_rolled_back_while_the_old_one_serves(
    namespace: Namespace, engine: int, observed: Callable[[str], None]
) -> None:
    release = namespace.helm(engine)
    release.install("api", CHART, namespace.values(QUICK))
    broken = namespace.values(QUICK, "env: {UNREADY: 'yes'}", version="2")
    url = "http://api/"
    client = namespace.client_pod()
    client.served(url)
    commands = {"": client.stream(url), "keep-alive": client.stream(url, "--keep-alive")}
    with streams(commands) as results, pytest.raises(HelmError):
        release.upgrade("api", CHART, broken, ROLLBACK_ON_FAILURE[engine], f"--timeout={ROLLBACK_SECONDS}s")
    assert [(result.failures, set(result.versions)) for result in results.values()] == [({}, {"1"})] * 2
    assert [revision.status for revision in release.history("api")] == ["superseded", "failed", "deployed"]
    (container,) = namespace.object("Deployment", "api")["spec"]["template"]["spec"]["containers"]
    assert container["image"].endswith(":1")
    assert "env" not in container
    observed(f"{results['']}; with keep-alive {results['keep-alive']}")
