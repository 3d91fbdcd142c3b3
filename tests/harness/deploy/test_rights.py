"""What the user may not do is known before anything changes, with the rules that are missing."""

from __future__ import annotations

from typing import Any

import pytest

from ci.deploy import rights
from ci.deploy.reader import KINDS
from ci.deploy.reasons import Code, Refused
from ci.kubernetes.manifests import Key, Object
from tests.support import fake_cluster
from tests.support.fake_api import FakeApi

OBJECTS: dict[Key, Object] = {
    Key(version, kind, "stage", "api"): {"metadata": {}}
    for version, kind in [
        ("apps/v1", "Deployment"),
        ("v1", "Service"),
        ("networking.k8s.io/v1", "Ingress"),
        ("networking.k8s.io/v1", "NetworkPolicy"),
    ]
}


class Reviews:
    """Answers reviews of access: what is in ``denied`` as (resource with its group, verb) is not allowed."""

    def __init__(self, *denied: tuple[str, str]) -> None:
        self.denied = denied
        self.asked: set[tuple[str, str]] = set()

    def answer(self, method: str, path: str, review: Any) -> Any:
        assert (method, path) == ("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews")
        asked = review["spec"]["resourceAttributes"]
        name = "/".join(filter(None, (asked["resource"], asked.get("subresource"))))
        right = (".".join(filter(None, (name, asked["group"]))), asked["verb"])
        assert asked["namespace"] == "stage"
        self.asked.add(right)
        return {"status": {"allowed": right not in self.denied}}


def require(monkeypatch: pytest.MonkeyPatch, *denied: tuple[str, str]) -> Reviews:
    reviews = Reviews(*denied)
    rights.require(fake_cluster.target(monkeypatch, api=FakeApi(reviews.answer)), OBJECTS)
    return reviews


def test_all_that_a_deploy_does_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = require(monkeypatch).asked
    for resource in ("deployments.apps", "services", "ingresses.networking.k8s.io"):
        assert {(resource, verb) for verb in ("get", "create", "patch", "delete")} <= asked
    assert {("secrets", verb) for verb in ("get", "list", "create", "update", "delete")} <= asked
    assert ("leases.coordination.k8s.io", "create") in asked
    assert ("pods/log", "get") in asked


@pytest.mark.parametrize("kind", [*KINDS, "events"])
def test_what_the_watch_reads_is_asked(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    assert (kind, "list") in require(monkeypatch).asked


def test_what_is_missing_is_named_as_rules_to_add(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Refused) as refused:
        require(
            monkeypatch,
            ("deployments.apps", "patch"),
            ("deployments.apps", "delete"),
            ("pods/log", "get"),
            ("networkpolicies.networking.k8s.io", "create"),
        )
    assert refused.value.reason.code is Code.NOT_ALLOWED
    assert refused.value.reason.message.splitlines() == [
        "you may not deploy to the namespace stage; these rules are missing:",
        '  - {apiGroups: ["apps"], resources: [deployments], verbs: [patch, delete]}',
        '  - {apiGroups: ["networking.k8s.io"], resources: [networkpolicies], verbs: [create]}',
        '  - {apiGroups: [""], resources: [pods/log], verbs: [get]}',
    ]
