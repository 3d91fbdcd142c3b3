"""The number of pods stays what it is where an autoscaler decides on it from now on."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ci.deploy import replicas
from ci.kubernetes.manifests import Key, Object
from tests.support import fake_cluster
from tests.support.fake_api import FakeApi
from tests.support.fake_cluster import FakeKubectl

KEY = Key("apps/v1", "Deployment", "", "api")
STATEFUL = Key("apps/v1", "StatefulSet", "", "api")
WORKER = Key("apps/v1", "Deployment", "", "api-mail")


def made(key: Key = KEY, **spec: Any) -> dict[Key, Object]:
    return {key: {"apiVersion": "apps/v1", "kind": key.kind, "metadata": {"name": key.name}, "spec": spec}}


def calls(monkeypatch: pytest.MonkeyPatch, manager: str, objects: dict[Key, Object]) -> list[str]:
    """What is asked of a cluster where a Deployment has five pods, a number that belongs to a manager."""
    entry = {"manager": manager, "fieldsV1": {"f:spec": {"f:replicas": {}}}}
    live = made(replicas=5)[KEY] | {"metadata": {"name": "api", "managedFields": [entry]}}
    applied: list[str] = []

    def apply(arguments: tuple[str, ...], stdin: str) -> str:
        assert f"--field-manager={replicas.KEEPER}" in arguments
        applied.append(stdin)
        return ""

    api = FakeApi(lambda *_: live)
    replicas.keep(fake_cluster.target(monkeypatch, FakeKubectl(apply), api), objects)
    return applied


@pytest.mark.parametrize("key", [KEY, STATEFUL, WORKER], ids=["Deployment", "StatefulSet", "worker"])
def test_a_number_that_helm_lets_go_of_is_handed_over(monkeypatch: pytest.MonkeyPatch, key: Key) -> None:
    (applied,) = calls(monkeypatch, "helm", made(key))
    assert json.loads(applied) == made(key, replicas=5)[key]


def test_each_workload_keeps_its_own_number(monkeypatch: pytest.MonkeyPatch) -> None:
    applied = calls(monkeypatch, "helm", {**made(), **made(WORKER), **made(STATEFUL, replicas=2)})
    assert [json.loads(one)["metadata"]["name"] for one in applied] == ["api", "api-mail"]


@pytest.mark.parametrize(
    ("manager", "objects"),
    [("helm", made(replicas=2)), ("kube-controller-manager", made()), ("helm", {})],
    ids=["the release has a number", "an autoscaler's already", "no Deployment"],
)
def test_any_other_number_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, manager: str, objects: dict[Key, Object]
) -> None:
    assert calls(monkeypatch, manager, objects) == []


def test_a_deployment_that_is_not_there_yet_has_no_number_to_keep(monkeypatch: pytest.MonkeyPatch) -> None:
    kubectl, api = FakeKubectl(lambda *_: ""), FakeApi()
    replicas.keep(fake_cluster.target(monkeypatch, kubectl, api), made())
    assert api.requests == ["GET /apis/apps/v1/namespaces/stage/deployments/api"]
    assert kubectl.calls == []
