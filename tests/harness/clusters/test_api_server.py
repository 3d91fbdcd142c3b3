"""An API server is asked about an object in a dry run, and its refusals become sentences."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ci.base import kubernetes_yaml
from ci.clusters.api import RefusalError
from ci.clusters.api_server import ApiServer
from tests.support.fake_api import FakeApi

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
        self.sent: list[Any] = []
        self.api = FakeApi(self._answer)
        self.server = ApiServer(self.api)

    def _answer(self, method: str, path: str, body: Any) -> Any:
        if method == "PATCH":
            self.sent.append(kubernetes_yaml.load(body, "request"))
            if self.code != 200:
                raise RefusalError(method, path, self.code, json.dumps(self.status))
            return {}
        if path == "/version":
            return {"major": "1", "minor": "34+"}
        if path not in RESOURCES:
            raise RefusalError(method, path, 404, "404 page not found")
        return {"resources": RESOURCES[path]}


def test_an_object_is_applied_in_a_dry_run_in_a_namespace_that_is_there() -> None:
    answers = Answers()
    assert answers.server.refusals(DEPLOYMENT) == []
    path, _, query = answers.api.requests[-1].partition("?")
    assert path == "PATCH /apis/apps/v1/namespaces/default/deployments/a"
    assert {"dryRun=All", "fieldValidation=Strict"} <= set(query.split("&"))
    assert answers.sent == [DEPLOYMENT | {"metadata": {"name": "a", "namespace": "default"}}]


def test_an_object_of_the_whole_cluster_has_no_namespace() -> None:
    answers = Answers()
    answers.server.refusals({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}})
    assert answers.api.requests[-1].startswith("PATCH /api/v1/namespaces/a?")


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


@pytest.mark.parametrize("code", [403, 429, 503])
def test_an_answer_that_is_not_about_the_object_is_an_error(code: int) -> None:
    with pytest.raises(RefusalError):
        Answers(code, {"message": "no"}).server.refusals(DEPLOYMENT)


@pytest.mark.parametrize("api_version", ["example.com/v1", "v1"])
def test_an_object_of_a_kind_that_is_not_served_is_not_sent(api_version: str) -> None:
    answers = Answers(500)
    one = {"apiVersion": api_version, "kind": "Example", "metadata": {"name": "a"}}
    assert answers.server.refusals(one) == []
    assert [request.split()[0] for request in answers.api.requests] == ["GET"]


def test_a_group_is_asked_for_its_kinds_once() -> None:
    answers = Answers()
    for _ in range(3):
        answers.server.refusals(DEPLOYMENT)
    assert [request.split()[0] for request in answers.api.requests] == ["GET", "PATCH", "PATCH", "PATCH"]


def test_the_version_has_no_suffix() -> None:
    assert Answers().server.version == "1.34"
