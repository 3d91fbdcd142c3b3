"""Failures of processes, pods and nodes are repaired, and no request is lost."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pykube
import pytest

from ci.base.processes import run
from ci.clusters import kind, kubectl
from ci.clusters.lifecycle import Cluster
from tests.support.namespaces import CHART, QUICK, Namespace, eventually
from tests.support.replicas import may_lose_one
from tests.support.request_streams import streams

DRAIN_SECONDS = 6
BESIDE = f"""
replicaCount: 1
shutdown: {{drainSeconds: {DRAIN_SECONDS}}}
extraContainers:
  - name: beside
    image: "busybox:1.37"
    command: [sh, -c, "trap 'echo stopped $(date +%s); exit' TERM; while :; do sleep 1; done"]
"""


@pytest.fixture
def two_nodes(cluster: Cluster, alone: Callable[[str], None]) -> None:
    """Requires two nodes, and locks them against other tests."""
    if len(cluster.kubectl.get("nodes")) < 2:
        pytest.skip("this needs a cluster of two nodes: omit --nodes, or use --nodes=2")
    alone("nodes")


@pytest.fixture
def nodes(cluster: Cluster) -> list[str]:
    """The containers of the cluster's nodes."""
    if cluster.context:
        pytest.skip("this needs a cluster created by the tests, whose nodes it pauses")
    return kind.nodes(cluster.name)


@contextmanager
def paused_kube_proxies(nodes: list[str]) -> Iterator[None]:
    """Pause kube-proxy on the nodes during the block, so that they do not learn of changed endpoints."""

    def send(signal: str) -> None:
        for node in nodes:
            run(
                ["docker", "exec", node, "pkill", f"-{signal}", "kube-proxy"],
                f"sending {signal} to kube-proxy on {node}",
            )

    try:
        send("STOP")
        yield
    finally:
        send("CONT")


def test_a_process_that_crashes_is_restarted(namespace: Namespace, observed: Callable[[str], None]) -> None:
    namespace.helm().install("api", CHART, namespace.values(QUICK, "replicaCount: 1"))
    (pod,) = namespace.ready_pods()
    began = time.monotonic()
    namespace.ask_pod(pod, "/crash")

    def healed() -> None:
        status = namespace.object("Pod", pod)["status"]["containerStatuses"][0]
        assert (status["restartCount"], status["ready"]) == (1, True)
        # A busy kubelet may lose the exit code.
        assert status["lastState"].get("terminated", {"exitCode": 3})["exitCode"] == 3

    eventually(healed)
    observed(f"ready again {time.monotonic() - began:.1f} s after the crash")


def test_a_pod_that_fills_tmp_is_evicted_before_its_node_is_full(
    namespace: Namespace, observed: Callable[[str], None]
) -> None:
    little = "{replicaCount: 1, volumes: {tmp: {emptyDir: {sizeLimit: 4Mi}}}}"
    namespace.helm().install("api", CHART, namespace.values(QUICK, little))
    (pod,) = namespace.ready_pods()
    began = time.monotonic()
    namespace.kubectl("exec", pod, "--", "dd", "if=/dev/zero", "of=/tmp/big", "bs=1M", "count=16")

    def evicted() -> None:
        # The pod's own status says so only until its process has ended.
        said = namespace.kubectl(
            "get", "events", f"--field-selector=involvedObject.name={pod},reason=Evicted"
        )
        assert '"tmp" exceeds the limit "4Mi"' in said

    # The kubelet measures volumes once a minute.
    eventually(evicted, seconds=180)
    observed(f"evicted after {time.monotonic() - began:.0f} s")


def test_an_extra_container_runs_until_the_drain_is_over(
    namespace: Namespace, observed: Callable[[str], None]
) -> None:
    namespace.helm().install("api", CHART, namespace.values(QUICK, BESIDE))
    (pod,) = namespace.ready_pods()
    with subprocess.Popen(
        [
            *(*namespace.cluster.kubectl.command, f"--namespace={namespace.name}", "logs", pod),
            *("--container=beside", "--follow"),
        ],
        env=kubectl.environment(),
        stdout=subprocess.PIPE,
        text=True,
    ) as logs:
        deleted = time.time()
        namespace.kubectl("delete", "pod", pod, "--wait=false")
        (stopped,) = [line.split()[1] for line in logs.stdout or () if line.startswith("stopped")]
    assert DRAIN_SECONDS - 1 <= float(stopped) - deleted <= DRAIN_SECONDS + 15
    observed(f"stopped {float(stopped) - deleted:.0f} s after the pod was deleted")


def test_a_deleted_pod_is_replaced(namespace: Namespace, observed: Callable[[str], None]) -> None:
    namespace.helm().install("api", CHART, namespace.values(QUICK))
    before = namespace.ready_pods()
    began = time.monotonic()
    namespace.kubectl("delete", "pod", before[0], "--wait=false")

    def healed() -> None:
        now = namespace.ready_pods()
        assert len(now) == 3
        assert before[0] not in now

    eventually(healed)
    observed(f"3 pods again {time.monotonic() - began:.1f} s after one of them was deleted")


def test_a_pod_that_becomes_unready_is_removed_from_the_endpoints(namespace: Namespace) -> None:
    namespace.helm().install("api", CHART, namespace.values(QUICK))
    sick, *others = namespace.ready_pods()
    namespace.ask_pod(sick, "/unready")

    def removed() -> None:
        (part,) = namespace.objects("EndpointSlice", **{"kubernetes.io/service-name": "api"})
        ready = {found["targetRef"]["name"] for found in part["endpoints"] if found["conditions"]["ready"]}
        assert ready == set(others)

    eventually(removed)


def test_draining_a_node_loses_no_request_and_respects_the_disruption_budget(
    cluster: Cluster, two_nodes: None, namespace: Namespace, observed: Callable[[str], None]
) -> None:
    namespace.helm().install("api", CHART, namespace.values(QUICK, "podLabels: {leaves: with-its-node}"))
    client = namespace.client_pod()
    client.served("http://api/")
    node = namespace.object("Pod", namespace.ready_pods()[0])["spec"]["nodeName"]
    # Only the pods of this release, not those of other tests.
    drain = ["drain", node, "--pod-selector=leaves=with-its-node", "--delete-emptydir-data"]
    ready = []
    began = time.monotonic()
    try:
        with (
            streams({"requests": client.stream("http://api/", "--at-least=500")}) as results,
            subprocess.Popen(
                [*cluster.kubectl.command, *drain], env=kubectl.environment(), stdout=subprocess.DEVNULL
            ) as draining,
        ):
            while draining.poll() is None:
                ready.append(len(namespace.ready_pods()))
            took = time.monotonic() - began
    finally:
        cluster.kubectl("uncordon", node)
    assert draining.returncode == 0
    assert results["requests"].failures == {}
    # The budget allows one missing pod at a time.
    assert min(ready) >= 2
    observed(f"drained in {took:.0f} s with never fewer than {min(ready)} of 3 pods: {results['requests']}")


def test_no_second_pod_is_evicted_before_the_first_is_replaced(
    namespace: Namespace, observed: Callable[[str], None]
) -> None:
    namespace.helm().install("api", CHART, namespace.values(QUICK))
    eventually(lambda: may_lose_one(namespace))
    first, second, third = namespace.ready_pods()
    namespace.evict(first)
    with pytest.raises(
        pykube.exceptions.HTTPError, match="would violate the pod's disruption budget"
    ) as refused:
        namespace.evict(second)
    assert {second, third} <= set(namespace.ready_pods())
    eventually(lambda: may_lose_one(namespace))
    namespace.evict(second)
    observed(str(refused.value))


@pytest.mark.quiet
def test_no_request_is_lost_if_nodes_learn_of_a_deleted_pod_within_the_drain_time(
    nodes: list[str], namespace: Namespace, observed: Callable[[str], None]
) -> None:
    drain = "{shutdown: {drainSeconds: 15}, terminationGracePeriodSeconds: 45}"
    namespace.helm().install("api", CHART, namespace.values(QUICK, drain))
    client = namespace.client_pod()
    url = "http://api/"
    client.served(url)
    with streams({"": client.stream(url), "keep-alive": client.stream(url, "--keep-alive")}) as results:
        pod = namespace.ready_pods()[0]
        with paused_kube_proxies(nodes):
            namespace.kubectl("delete", "pod", pod, "--wait=false")
            # Longer than the default drain and the app's own shutdown.
            time.sleep(10)
        namespace.wait("--for=delete", f"pod/{pod}")
    assert [result.failures for result in results.values()] == [{}, {}]
    observed(f"10 s late: {results['']}; with keep-alive {results['keep-alive']}")


def test_pods_are_spread_over_the_nodes(two_nodes: None, namespace: Namespace) -> None:
    namespace.helm().install("api", CHART, namespace.values(QUICK))
    assert len({pod["spec"]["nodeName"] for pod in namespace.pods()}) == 2
