"""The namespace of an environment is created before its first service, or it is said why not."""

from __future__ import annotations

from pathlib import Path
from subprocess import CompletedProcess
from types import SimpleNamespace
from typing import Any

import pytest

from ci.base.processes import CommandError
from ci.charts.helm import HelmError
from ci.deploy import namespaces
from ci.deploy.plan import Plan, lines
from ci.deploy.reasons import Code, Refused
from ci.deploy.releases import Revision
from ci.deploy.target import Target
from ci.kubernetes.manifests import Key, Object
from tests.support import fake_cluster
from tests.support.fake_api import FakeApi, refusing
from tests.support.fake_cluster import FakeKubectl

FORBIDDEN = refusing('Error from server (Forbidden): namespaces "stage" is forbidden: User "ci" cannot ...')


NOT_FOUND = refusing('Error from server (NotFound): namespaces "stage" not found')
QUOTA = Key("v1", "ResourceQuota", "stage", "stage")
AT_WORK = "another operation (install/upgrade/rollback) is in progress"


def target(monkeypatch: pytest.MonkeyPatch, answer: Object | CommandError) -> Target:
    def told(*asked: object) -> Any:
        assert asked[:2] in (("GET", "/api/v1/namespaces/stage"), (("create", "namespace", "stage"), ""))
        if isinstance(answer, CommandError):
            raise answer
        return answer

    return fake_cluster.target(monkeypatch, FakeKubectl(told), FakeApi(told))


def phase(name: str) -> Object:
    return {"kind": "Namespace", "status": {"phase": name}}


@pytest.mark.parametrize(
    ("answer", "there"), [(NOT_FOUND, False), (phase("Active"), True), (FORBIDDEN, True)]
)
def test_a_namespace_that_may_not_be_read_counts_as_there(
    monkeypatch: pytest.MonkeyPatch, answer: Object | CommandError, there: bool
) -> None:
    assert namespaces.exists(target(monkeypatch, answer)) is there


def test_a_namespace_that_is_being_deleted_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Refused) as refused:
        namespaces.exists(target(monkeypatch, phase("Terminating")))
    assert refused.value.reason.code is Code.NAMESPACE_TERMINATING
    assert str(refused.value.reason) == (
        "Namespace stage: is being deleted; wait until it is gone, then deploy again"
    )


def test_a_namespace_that_another_first_deploy_has_just_created_is_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    exists = refusing('Error from server (AlreadyExists): namespaces "stage" already exists')
    namespaces.create(target(monkeypatch, exists), [])


class Helm:
    """A Helm that fails with what it says, one word after the other, and then upgrades."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *words: str) -> None:
        self.words = list(words)
        self.upgraded: list[str] = []
        monkeypatch.setattr(namespaces, "_releases", lambda _: self)
        monkeypatch.setattr(namespaces, "POLL_SECONDS", 0)

    def upgrade(self, release: str, *_: object) -> None:
        if self.words:
            said = f"Error: {self.words.pop(0)}"
            raise HelmError("a chart", CompletedProcess(["helm", "upgrade"], 1, "", said))
        self.upgraded.append(release)


@pytest.mark.parametrize(
    "words",
    ["release: already exists", "cannot re-use a name that is still in use", "UPGRADE FAILED: " + AT_WORK],
)
def test_a_namespace_that_another_deploy_installs_is_waited_for(
    monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    helm = Helm(monkeypatch, words, AT_WORK)
    namespaces.create(target(monkeypatch, {}), [Path("staging.yaml")])
    assert helm.upgraded == ["stage"]


def test_another_deploy_that_was_killed_is_waited_for_no_longer_than_the_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Helm(monkeypatch, *[AT_WORK] * 9)
    monkeypatch.setattr(namespaces, "OTHER_SECONDS", 0)
    with pytest.raises(Refused) as refused:
        namespaces.create(target(monkeypatch, {}), [Path("staging.yaml")])
    assert refused.value.reason.code is Code.LOCKED
    assert str(refused.value.reason) == (
        "Namespace stage: another deploy still changes it, or was killed meanwhile, and Helm keeps its "
        "release locked; if nobody deploys: kubectl delete secrets --namespace=default "
        "--selector='owner=helm,name=stage,status in (pending-install, pending-upgrade)'"
    )


def test_that_a_namespace_is_waited_for_is_said_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Helm(monkeypatch, *[AT_WORK] * 3)
    namespaces.create(target(monkeypatch, {}), [Path("staging.yaml")])
    assert capsys.readouterr().err.count("waiting: another deploy changes stage") == 1


def test_other_errors_of_helm_are_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    helm = Helm(monkeypatch, 'namespaces "stage" already exists and cannot be imported')
    with pytest.raises(HelmError):
        namespaces.create(target(monkeypatch, {}), [Path("staging.yaml")])
    assert helm.upgraded == []


def test_who_may_not_create_a_namespace_is_told_the_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Refused) as refused:
        namespaces.create(target(monkeypatch, FORBIDDEN), [])
    assert refused.value.reason.code is Code.NOT_ALLOWED
    rule = '{apiGroups: [""], resources: [namespaces], verbs: [create]}'
    assert refused.value.reason.message.endswith(f"this rule added to your ClusterRole: {rule}")


def changes(monkeypatch: pytest.MonkeyPatch, *states: str) -> Plan:
    """Return what would change in a namespace whose revisions have ended so; the first one has a quota."""
    revisions = [
        Revision(number, status, "namespace-0.1.0", "", "2026-07-01T10:00:00Z")
        for number, status in enumerate(states)
    ]
    releases = SimpleNamespace(
        history=lambda _: revisions, objects=lambda _, number: {} if number else {QUOTA: {}}
    )
    monkeypatch.setattr(namespaces, "_releases", lambda _: releases)
    monkeypatch.setattr("ci.charts.helm.template", lambda *_, **__: "")
    monkeypatch.setattr(
        namespaces, "plan", lambda _, __, before: Plan(removed=tuple(before), created=(QUOTA,), unchanged=3)
    )
    return namespaces.change(target(monkeypatch, {}), [Path("staging.yaml")])


def test_a_namespace_whose_last_change_failed_is_compared_with_what_was_deployed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert changes(monkeypatch, "deployed", "failed").removed == (QUOTA,)


def test_a_namespace_whose_first_change_failed_is_compared_with_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    planned = changes(monkeypatch, "failed")
    assert (planned.created, planned.removed) == ((QUOTA,), ())


def test_a_namespace_that_is_no_release_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    assert lines(changes(monkeypatch)) == []


@pytest.mark.parametrize("states", [["pending-install"], ["deployed", "pending-upgrade"]])
def test_a_namespace_whose_change_was_cut_short_is_left_as_it_is_with_a_warning(
    monkeypatch: pytest.MonkeyPatch, states: list[str]
) -> None:
    (line,) = lines(changes(monkeypatch, *states))
    assert line.startswith("warning: not changed: Namespace stage: another deploy still changes it, or was ")
    assert "kubectl delete secrets --namespace=default" in line


def test_a_namespace_that_does_not_change_has_no_line_in_the_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    staging = target(monkeypatch, {})
    deployed = Revision(1, "deployed", "namespace-0.1.0", "", "2026-07-01T10:00:00Z")
    releases = SimpleNamespace(history=lambda _: [deployed], objects=lambda *_: {})
    monkeypatch.setattr(namespaces, "_releases", lambda _: releases)
    monkeypatch.setattr("ci.charts.helm.template", lambda *_, **__: "")
    monkeypatch.setattr(namespaces, "plan", lambda *_: Plan(unchanged=3))
    assert lines(namespaces.change(staging, [Path("staging.yaml")])) == []
