"""An API server is asked about an object in a dry run, and its refusals become sentences."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from ci.base import kubernetes_yaml
from ci.base.errors import UserError
from ci.clusters import api_server
from ci.clusters.api_server import ApiServer
from ci.clusters.kubectl import Kubectl

RESOURCES = {
    "/api/v1": [
        {"name": "pods", "kind": "Pod", "namespaced": True},
        {"name": "pods/status", "kind": "Pod", "namespaced": True},
        {"name": "namespaces", "kind": "Namespace", "namespaced": False},
    ],
    "/apis/apps/v1": [{"name": "deployments", "kind": "Deployment", "namespaced": True}],
}
DEPLOYMENT = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a", "namespace": "b"}}


class Answers:
    """An API server that gives one answer to every object, and remembers the requests."""

    def __init__(self, code: int = 200, status: dict[str, Any] | None = None) -> None:
        self.code = code
        self.status = status or {}
        self.requests: list[httpx.Request] = []
        self.server = ApiServer(
            httpx.Client(transport=httpx.MockTransport(self._answer), base_url="http://localhost")
        )

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        path = request.url.path
        if request.method == "PATCH":
            return httpx.Response(self.code, json=self.status)
        if path == "/version":
            return httpx.Response(200, json={"major": "1", "minor": "34+"})
        found = RESOURCES.get(path)
        return httpx.Response(200, json={"resources": found}) if found else httpx.Response(404)


def test_an_object_is_applied_in_a_dry_run_in_a_namespace_that_is_there() -> None:
    answers = Answers()
    assert answers.server.refusals(DEPLOYMENT) == []
    _, sent = answers.requests
    assert sent.url.path == "/apis/apps/v1/namespaces/default/deployments/a"
    assert sent.url.params["dryRun"] == "All"
    assert sent.url.params["fieldValidation"] == "Strict"
    written = kubernetes_yaml.load(sent.content.decode(), "request")
    assert written == DEPLOYMENT | {"metadata": {"name": "a", "namespace": "default"}}


def test_an_object_of_the_whole_cluster_has_no_namespace() -> None:
    answers = Answers()
    answers.server.refusals({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}})
    assert answers.requests[-1].url.path == "/api/v1/namespaces/a"


def test_each_field_that_is_refused_is_a_sentence() -> None:
    causes = [
        {"field": "spec.replicas", "message": "Invalid value: -1: must be greater than or equal to 0"},
        {"field": "spec.selector", "message": "Required value"},
    ]
    answers = Answers(422, {"message": "a is invalid", "details": {"causes": causes}})
    assert answers.server.refusals(DEPLOYMENT) == [
        "spec.replicas: Invalid value: -1: must be greater than or equal to 0",
        "spec.selector: Required value",
    ]


def test_a_refusal_without_fields_is_one_sentence() -> None:
    answers = Answers(500, {"message": ".spec.x: field not declared in schema"})
    assert answers.server.refusals(DEPLOYMENT) == [".spec.x: field not declared in schema"]


@pytest.mark.parametrize("api_version", ["example.com/v1", "v1"])
def test_an_object_of_a_kind_that_is_not_served_is_not_sent(api_version: str) -> None:
    answers = Answers(500)
    one = {"apiVersion": api_version, "kind": "Example", "metadata": {"name": "a"}}
    assert answers.server.refusals(one) == []
    assert [request.method for request in answers.requests] == ["GET"]


def test_a_group_is_asked_for_its_kinds_once() -> None:
    answers = Answers()
    for _ in range(3):
        answers.server.refusals(DEPLOYMENT)
    assert [request.method for request in answers.requests] == ["GET", "PATCH", "PATCH", "PATCH"]


def test_the_version_has_no_suffix() -> None:
    assert Answers().server.version == "1.34"


def test_a_proxy_that_does_not_start_is_reported(machine: Path) -> None:
    with (
        pytest.raises(UserError, match="connecting to the API server: kubectl proxy ended: no such file"),
        api_server.connected(Kubectl(_failing(machine))),
    ):
        pass


def _failing(machine: Path) -> Path:
    program = machine / "kubectl"
    program.write_text(program.read_text() + "echo no such file\nexit 1\n")
    return machine / "kubeconfig"
