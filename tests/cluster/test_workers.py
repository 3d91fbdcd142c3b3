"""A service and its workers are one release: one migration, the same settings, back together."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

import pytest

from tests.support.deploys import Deploys
from tests.support.namespaces import (
    CHART,
    PORT,
    QUICK,
    Namespace,
    Namespaces,
    Object,
    digest,
    eventually,
)

# It has the service's port, too: what the Service sent to it would be answered.
MAIL: dict[str, Any] = {
    "command": ["python", "/app/service.py"],
    "ports": {"http": {"containerPort": PORT}},
    "terminationGracePeriodSeconds": 1,
}
COMMON = (
    QUICK,
    json.dumps({"workers": {"mail": MAIL}}),
    "{replicaCount: 1, shutdown: {drainSeconds: 1}, config: {versioned: true}}",
)
BOTH = ("app", "worker-mail")
NAMES = ("deployment/api", "deployment/api-mail")


REQUESTS = """
import json, urllib.request
for _ in range(40):
    print(json.load(urllib.request.urlopen("http://api/", timeout=30))["pod"])
"""


def settings(level: str) -> str:
    """Return values with a LOG_LEVEL and a migration."""
    migration = {"enabled": True, "command": ["python", "-c", "print('migrated')"]}
    return json.dumps({"config": {"data": {"LOG_LEVEL": level}}, "migration": migration})


def pod_of(namespace: Namespace, component: str) -> Object:
    """Return the only pod of a component, but for those that are being deleted."""
    found = namespace.objects("Pod", **{"app.kubernetes.io/component": component})
    pods = [pod for pod in found if "deletionTimestamp" not in pod["metadata"]]
    assert len(pods) == 1
    return pods[0]


def both_have(namespace: Namespace, level: str) -> None:
    """Assert that the one pod of the service and the one of its worker have this LOG_LEVEL."""
    for component in BOTH:
        name = pod_of(namespace, component)["metadata"]["name"]
        assert namespace.told(name, "/environment")["LOG_LEVEL"] == digest(level), name


def migrations(namespace: Namespace) -> list[datetime]:
    """Return when migrations have ended."""
    events = [found for found in namespace.objects("Event") if found["reason"] == "Completed"]
    return sorted(
        datetime.fromisoformat(found["lastTimestamp"])
        for found in events
        if found["involvedObject"]["name"] == "api-migration"
    )


def created(one: Object) -> datetime:
    return datetime.fromisoformat(one["metadata"]["creationTimestamp"])


def test_one_migration_and_changed_settings_replace_both_and_both_go_back_together(
    namespace: Namespace, observed: Callable[[str], None]
) -> None:
    release, pods = namespace.helm(), []
    for level in ("info", "debug"):
        release.upgrade("api", CHART, namespace.values(*COMMON, settings(level)))
        eventually(partial(both_have, namespace, level))
        pods.append([pod_of(namespace, component) for component in BOTH])
    ends = eventually(lambda: two(migrations(namespace)))
    for end, made in zip(ends, pods, strict=True):
        assert min(map(created, made)) >= end
    release.rollback("api", 1)
    eventually(lambda: both_have(namespace, "info"))
    namespace.kubectl("rollout", "undo", *NAMES)
    eventually(lambda: both_have(namespace, "debug"))
    observed("one migration for both each time, and helm rollback and rollout undo took both back")


def two(found: list[datetime]) -> list[datetime]:
    assert len(found) == 2
    return found


@pytest.fixture(scope="module")
def running(shared_namespaces: Namespaces, tmp_path_factory: pytest.TempPathFactory) -> Deploys:
    """The service with a worker that is always busy, deployed by the task."""
    made = Deploys(shared_namespaces.new("workers"), tmp_path_factory.mktemp("workers") / "root")
    written = json.loads((made.folder / "values" / "api.yaml").read_text())
    made.write(written | {"replicaCount": 1, "workers": {"mail": MAIL, "busy": BUSY}})
    run = made.run("deploy")
    assert run.process.returncode == 0, run.output
    return made


BUSY: dict[str, Any] = {
    "command": ["python", "-c", "while True: pass"],
    "resources": {"requests": {"cpu": "20m"}, "limits": {"cpu": "40m"}},
    "autoscaling": {"enabled": True, "minReplicas": 1, "maxReplicas": 2},
    "terminationGracePeriodSeconds": 1,
}


def test_the_service_never_reaches_a_worker(running: Deploys, observed: Callable[[str], None]) -> None:
    namespace = running.namespace
    web, worker = (pod_of(namespace, component) for component in BOTH)
    name = worker["metadata"]["name"]
    assert namespace.ask_pod(name, "/").body["pod"] == name
    client = namespace.client_pod()
    client.served("http://api/")
    answers = client.run("python", "-c", REQUESTS).split()
    assert set(answers) == {web["metadata"]["name"]}
    slices = namespace.objects("EndpointSlice", **{"kubernetes.io/service-name": "api"})
    addresses = [one for found in slices for end in found["endpoints"] for one in end["addresses"]]
    assert addresses == [web["status"]["podIP"]]
    observed(f"{len(answers)} requests reached the service, though the worker has its port, too")


def test_a_worker_that_does_not_come_up_is_named_and_both_are_taken_back(
    running: Deploys, observed: Callable[[str], None]
) -> None:
    namespace = running.namespace
    mail = MAIL | {"command": ["python", "-c", "raise SystemExit('no queue')"]}
    run = running.run("deploy", "--tag=2", values={"workers": {"mail": mail}})
    assert (run.process.returncode, run.report["outcome"]) == (1, "rolled-back"), run.output
    reason = run.report["reason"]
    assert (reason["code"], reason["object"].rpartition("-")[0].rpartition("-")[0], reason["log"]) == (
        "CrashLoop",
        "Pod api-mail",
        ["no queue"],
    ), run.output
    for component in BOTH:
        name = pod_of(namespace, component)["metadata"]["name"]
        assert namespace.ask_pod(name, "/").body["version"] == "1"
    observed(f"{reason['code']}: {reason['object']}: {reason['message']}")


def test_status_logs_and_shell_tell_the_workloads_apart(running: Deploys) -> None:
    def printed(task: str, *words: str) -> str:
        run = running.run(task, *words)
        assert run.process.returncode == 0, run.output
        return run.output

    def all_are_ready() -> None:
        # Its exit code is 1 while the autoscaler has no figures.
        shown = running.run("status").output
        for name in ("api", "api-mail", "api-busy"):
            assert re.search(rf"^deployment +{name} +\d of \d ready$", shown, re.M), shown

    def no_others_are_left() -> None:
        for component in BOTH:
            assert len(running.namespace.objects("Pod", **{"app.kubernetes.io/component": component})) == 1

    # The autoscaler starts a pod when it likes, and those of a version that was taken back have yet to end.
    eventually(all_are_ready)
    eventually(no_others_are_left)
    web, mail = (pod_of(running.namespace, component) for component in BOTH)
    lines = {
        name: f"{pod['metadata']['name'].rpartition('-')[2]}/api{mark}  version 1 listens on port {PORT}"
        for name, pod, mark in (("api", web, ""), ("api-mail", mail, " (mail)"))
    }
    everything = printed("logs").splitlines()
    assert set(lines.values()) <= set(everything)
    for name, line in lines.items():
        assert printed("logs", f"--workload={name}").splitlines() == [line]
    for words, pod in ([], web), (["--workload=api-mail"], mail):
        assert f"of {pod['metadata']['name']}" in printed("shell", *words)


def test_a_worker_scales_by_itself(running: Deploys, observed: Callable[[str], None]) -> None:
    namespace = running.namespace

    def scaled() -> int:
        number: int = namespace.object("Deployment", "api-busy")["spec"]["replicas"]
        assert number == 2, namespace.object("HorizontalPodAutoscaler", "api-busy").get("status")
        return number

    eventually(scaled, 180)
    assert namespace.object("Deployment", "api")["spec"]["replicas"] == 1
    assert namespace.object("Deployment", "api-mail")["spec"]["replicas"] == 1
    # What the autoscaler has set is no difference to the values.
    assert running.run("diff", "--exit-code").process.returncode == 0
    observed("2 pods of the busy worker, 1 of the service and of the other worker, and no difference")
