"""A StatefulSet's pods have names and claims of their own, which stay whatever becomes of a version."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from ci.base.processes import CommandError
from tests.support.deploys import Deploys, Run
from tests.support.namespaces import Namespace, Namespaces, eventually

PODS = ("api-0", "api-1")
FILE = "/data/name"
VOLUMES = {"data": {"mountPath": "/data", "claim": {"size": "1Mi"}}}


@pytest.fixture(scope="module")
def running(shared_namespaces: Namespaces, tmp_path_factory: pytest.TempPathFactory) -> Deploys:
    """Two pods, deployed, each of which has written its name to its claim."""
    made = Deploys(shared_namespaces.new("stateful"), tmp_path_factory.mktemp("stateful") / "root")
    written = json.loads((made.folder / "values" / "api.yaml").read_text())
    made.write(written | {"kind": "StatefulSet", "volumes": VOLUMES, "terminationGracePeriodSeconds": 3})
    run = made.run("deploy")
    assert run.process.returncode == 0, run.output
    assert run.when("2 of 2 new ready")
    for pod in PODS:
        made.namespace.kubectl("exec", pod, "--", "sh", "-c", f"hostname > {FILE}")
    return made


def kept(namespace: Namespace, version: str) -> None:
    """Assert that every pod runs a version, and has what it has written."""
    assert sorted(namespace.ready_pods()) == list(PODS)
    for pod in PODS:
        try:
            assert namespace.kubectl("exec", pod, "--", "cat", FILE).strip() == pod
        except CommandError as error:
            raise AssertionError(error) from error
        assert namespace.ask_pod(pod, "/").body["version"] == version


def claims(namespace: Namespace) -> dict[str, str]:
    found = namespace.objects("PersistentVolumeClaim")
    return {one["metadata"]["name"]: one["metadata"]["uid"] for one in found}


def taken_back(run: Run, code: str, words: str) -> None:
    assert (run.process.returncode, run.report["outcome"]) == (1, "rolled-back"), run.output
    assert run.report["reason"]["code"] == code, run.output
    assert words in run.report["reason"]["message"]


def test_claims_are_kept_over_an_upgrade_and_a_rollback(
    running: Deploys, observed: Callable[[str], None]
) -> None:
    namespace = running.namespace
    before = claims(namespace)
    assert sorted(before) == ["data-api-0", "data-api-1"]
    upgraded = running.run("deploy", "--tag=2")
    assert upgraded.process.returncode == 0, upgraded.output
    # One after the other.
    assert upgraded.when("0 of 2 new ready") <= upgraded.when("1 of 2 new ready")
    kept(namespace, "2")
    back = running.run("rollback")
    assert back.process.returncode == 0, back.output
    kept(namespace, "1")
    assert claims(namespace) == before
    observed(f"{', '.join(before)}: the same, with what each pod had written")


def test_a_version_that_does_not_come_up_is_taken_back_and_is_in_nobodys_way(
    running: Deploys, alone: Callable[[str], None], observed: Callable[[str], None]
) -> None:
    # On the node of its claim a pod has to find room, which another test may be draining.
    alone("nodes")
    run = running.run("deploy", "--timeout=40", values={"image": {"registry": "registry.invalid"}})
    taken_back(run, "NotReady", "no such host")
    assert run.report["reason"]["object"] == "Pod api-1"
    kept(running.namespace, "1")
    observed(run.report["reason"]["message"])


def test_a_pod_that_the_quota_refuses_is_explained(running: Deploys, observed: Callable[[str], None]) -> None:
    namespace = running.namespace
    namespace.limit("few", "requests.cpu", "100m")
    try:
        run = running.run("deploy", values={"resources": {"requests": {"cpu": "95m"}}})
    finally:
        namespace.kubectl("delete", "quota", "few")
    taken_back(run, "QuotaExceeded", "exceeded quota: few")
    assert run.report["reason"]["object"] == "StatefulSet api"
    kept(namespace, "1")
    observed(run.report["reason"]["message"])


def test_each_pod_has_a_name_of_its_own_in_the_dns(running: Deploys) -> None:
    client = running.namespace.client_pod()

    def by_name() -> None:
        for pod in PODS:
            answer = client.ask(f"http://{pod}.api-headless:8000/")
            assert answer.status == 200, answer
            assert answer.body["pod"] == pod

    eventually(by_name)
