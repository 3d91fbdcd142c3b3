"""Migrations, CronJobs and helm test run beside the service."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest

from ci.charts import helm
from ci.charts.helm import HelmError
from tests.support.namespaces import CHART, PORT, QUICK, Namespace, Object, eventually

with_both_engines = pytest.mark.parametrize("engine", helm.ENGINES)
ONE = "replicaCount: 1"

# Migrations that check what answers: nothing before the first install, the old version during an upgrade.
FIRST = """
import os, urllib.request
assert os.environ["LOG_LEVEL"] == "info", os.environ["LOG_LEVEL"]
try:
    urllib.request.urlopen("http://api/", timeout=5)
except OSError:
    print("nothing answers yet")
else:
    raise SystemExit("the first version ran before its migration")
"""
SECOND = """
import json, os, urllib.request
assert os.environ["LOG_LEVEL"] == "debug", os.environ["LOG_LEVEL"]
version = json.load(urllib.request.urlopen("http://api/", timeout=30))["version"]
assert version == "1", version
"""
FAILING = "raise SystemExit('the schema is too old')"


def migrated_by(code: str, level: str) -> str:
    """Return values with a migration that runs Python code, and with a LOG_LEVEL."""
    migration = {"enabled": True, "command": ["python", "-c", code]}
    return json.dumps({"migration": migration, "config": {"data": {"LOG_LEVEL": level}}})


def left_of_migrations(namespace: Namespace) -> list[Object]:
    kinds = ("ConfigMap", "Job", "Pod", "Secret", "ServiceAccount")
    labels = {"app.kubernetes.io/component": "migration"}
    return [found for kind in kinds for found in namespace.objects(kind, **labels)]


def nothing_is_left_of_migrations(namespace: Namespace) -> None:
    assert not left_of_migrations(namespace)


@with_both_engines
def test_a_migration_runs_before_the_first_pods_and_before_those_of_a_new_version(
    namespace: Namespace, engine: int, observed: Callable[[str], None]
) -> None:
    release = namespace.helm(engine)
    release.install("api", CHART, namespace.values(QUICK, ONE, migrated_by(FIRST, "info")))
    release.upgrade("api", CHART, namespace.values(QUICK, ONE, migrated_by(SECOND, "debug"), version="2"))
    eventually(lambda: nothing_is_left_of_migrations(namespace))
    observed(
        "nothing answered before the first, the old version during the second; nothing is left of either"
    )


@with_both_engines
def test_a_failed_migration_changes_nothing_and_its_output_is_printed(
    namespace: Namespace, engine: int, observed: Callable[[str], None]
) -> None:
    release = namespace.helm(engine)
    release.install("api", CHART, namespace.values(QUICK, ONE))
    before = namespace.ready_pods()
    with pytest.raises(HelmError) as refused:
        release.upgrade("api", CHART, namespace.values(QUICK, migrated_by(FAILING, "debug"), version="2"))
    assert "the schema is too old" in refused.value.stdout + refused.value.stderr
    assert namespace.object("Deployment", "api")["metadata"]["generation"] == 1
    assert namespace.ready_pods() == before
    eventually(lambda: nothing_is_left_of_migrations(namespace))
    observed("Helm prints its output, and no pod was replaced")


def test_a_migration_with_a_native_sidecar_ends(
    namespace: Namespace, observed: Callable[[str], None]
) -> None:
    sidecar = {
        "name": "proxy",
        "image": f"{namespace.cluster.app}:1",
        "restartPolicy": "Always",
        "command": ["python", "/app/service.py"],
        "startupProbe": {"tcpSocket": {"port": PORT}, "periodSeconds": 1},
        "resources": {"limits": {"cpu": "100m", "memory": "64Mi"}},
    }
    through = f"import urllib.request as r; r.urlopen('http://127.0.0.1:{PORT}', timeout=5)"
    migration = {"enabled": True, "command": ["python", "-c", through], "initContainers": [sidecar]}
    values = json.dumps({"migration": migration, "replicaCount": 1})
    namespace.helm().install("api", CHART, namespace.values(QUICK, values))
    assert [len(pod["spec"].get("initContainers", [])) for pod in namespace.pods()] == [0]
    eventually(lambda: nothing_is_left_of_migrations(namespace))
    observed("it used the proxy beside it, which never ends by itself, and the release was installed")


def test_a_job_runs_on_its_schedule(namespace: Namespace, observed: Callable[[str], None]) -> None:
    job = {"schedule": "* * * * *", "command": ["python", "-c", "print('cleaned up')"]}
    values = json.dumps({"cronJobs": {"clean": job}, "replicaCount": 1})
    namespace.helm().install("api", CHART, namespace.values(QUICK, values))

    def ran() -> str:
        done = [
            found["metadata"]["name"]
            for found in namespace.objects("Job")
            if found["status"].get("succeeded")
        ]
        assert done
        return str(done[0])

    job_name = eventually(ran, seconds=120)
    assert namespace.kubectl("logs", f"job/{job_name}") == "cleaned up\n"
    observed(f"{job_name} ran")


@with_both_engines
def test_helm_test_succeeds_if_the_service_answers(
    namespace: Namespace, engine: int, observed: Callable[[str], None]
) -> None:
    release = namespace.helm(engine)
    release.install("api", CHART, namespace.values(QUICK, ONE))
    phases = re.findall(r"^Phase: +(\S+)", release.test("api"), re.MULTILINE)
    assert set(phases) == {"Succeeded"}
    observed("every test succeeded")


def test_helm_test_fails_if_nothing_answers(namespace: Namespace) -> None:
    release = namespace.helm()
    release.install("api", CHART, namespace.values(QUICK, ONE))
    namespace.kubectl("scale", "deployment/api", "--replicas=0")
    namespace.wait("--for=delete", "pod", "--selector=app.kubernetes.io/component=app")
    with pytest.raises(HelmError):
        release.test("api")
