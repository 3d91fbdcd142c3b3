"""Staging and production run side by side, each with its own settings, policies and quota."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from ci.base.processes import CommandError
from ci.base.repository import root
from ci.charts import catalog
from ci.clusters.lifecycle import RUN_LABEL
from tests.support.namespaces import CHART, QUICK, Namespace, Namespaces, digest, eventually

NAMESPACES = root() / "charts" / "namespace"
VALUES = root() / "values"
CREDENTIALS = {"DATABASE_URL": "postgresql://{}", "JWT_SECRET": "{}"}


@pytest.fixture(scope="module")
def environments(shared_namespaces: Namespaces) -> dict[str, Namespace]:
    """Staging and production, created from values/, with the service in each."""
    home = shared_namespaces.new("home")
    made = {}
    for stage in ("staging", "production"):
        name = f"{stage}-{home.name.rpartition('-')[2]}"
        file = VALUES / "namespace" / f"{stage}.yaml"
        ours = home.file(json.dumps({"name": name, "labels": {RUN_LABEL: home.cluster.name}}))
        home.helm().install(stage, NAMESPACES, [file, ours])
        made[stage] = shared_namespaces.adopt(name)
        data = {key: text.format(stage) for key, text in CREDENTIALS.items()}
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "credentials"}}
        made[stage].kubectl("apply", "--filename=-", stdin=json.dumps(secret | {"stringData": data}))
        values = [*catalog.find_case(f"api/{stage}").values, *made[stage].values(QUICK)]
        made[stage].helm().install("api", CHART, values)
    return made


def test_each_environment_has_its_own_settings_and_secrets(
    environments: dict[str, Namespace], observed: Callable[[str], None]
) -> None:
    for stage, level in {"staging": "debug", "production": "info"}.items():
        (pod, *_) = environments[stage].ready_pods()
        environment = environments[stage].ask_pod(pod, "/environment").body
        assert environment["LOG_LEVEL"] == digest(level)
        assert environment["JWT_SECRET"] == digest(stage)
    observed("staging and production side by side, each with its own LOG_LEVEL and JWT_SECRET")


def test_the_same_name_reaches_the_service_of_each_environment(environments: dict[str, Namespace]) -> None:
    staging, production = environments.values()
    client = staging.client_pod()
    assert client.served("http://api/")["pod"] in staging.ready_pods()
    assert client.served(f"http://api.{production.name}/")["pod"] in production.ready_pods()


def test_a_pod_in_production_without_an_egress_policy_reaches_nothing(
    environments: dict[str, Namespace],
) -> None:
    client = environments["production"].client_pod()

    def is_cut_off() -> None:
        assert client.ask("http://api/", seconds=3).status == 0

    # A policy holds for a pod from a moment after its start.
    eventually(is_cut_off)


def test_a_pod_beyond_the_quota_is_refused_with_its_request_and_the_limit(
    environments: dict[str, Namespace], observed: Callable[[str], None]
) -> None:
    staging = environments["staging"]
    with pytest.raises(CommandError) as refused:
        staging.client_pod("greedy", resources={"requests": {"cpu": "3"}})
    message = str(refused.value)
    assert "exceeded quota" in message
    assert "requested: requests.cpu=3" in message
    assert "limited: requests.cpu=2" in message
    observed(message.splitlines()[-1])


def test_a_release_beyond_the_quota_is_reported_in_the_status_of_its_deployment(
    environments: dict[str, Namespace],
) -> None:
    staging = environments["staging"]
    values = staging.values(QUICK, "{replicaCount: 3, resources: {requests: {cpu: 1}, limits: {cpu: null}}}")
    staging.helm().upgrade("greedy", CHART, values, "--wait=false")

    def reported() -> None:
        status = staging.object("Deployment", "greedy").get("status", {})
        conditions = {found["type"]: found["message"] for found in status.get("conditions", [])}
        assert "exceeded quota" in conditions.get("ReplicaFailure", "")

    eventually(reported)
