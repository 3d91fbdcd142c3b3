"""`invoke explain` says what a key is and, from renders with it and without it, what it does."""

from __future__ import annotations

import functools
import json
import re
from pathlib import Path

import pytest

from ci.base.errors import UserError
from ci.base.locations import path_text, walk
from ci.charts import catalog
from ci.charts.values_file import read_values
from ci.explaining import explanation
from ci.explaining.explanation import Explanation, explain
from ci.explaining.keys import Keys
from ci.explaining.reach import Renderer

CHART = catalog.service_chart()
# What the chart reads, but no object shows: an umbrella chart's condition, and what checks and notes read.
WITHOUT_OBJECTS = {"enabled", "guardrails"}


@functools.cache
def keys() -> Keys:
    return Keys(CHART)


def of_values_yaml() -> list[str]:
    """Every key of values.yaml, as `explain` writes it."""
    found = (keys().find(path_text(path)) for path, _ in walk(read_values(CHART.path / "values.yaml")))
    return sorted({str(key) for key in found})


@pytest.fixture(scope="module")
def renderer(tmp_path_factory: pytest.TempPathFactory) -> Renderer:
    return Renderer(CHART, tmp_path_factory.mktemp("explain"))


@pytest.fixture
def explained(renderer: Renderer) -> functools.partial[Explanation]:
    return functools.partial(lambda name: explain(keys().find(name), keys(), renderer))


def test_keys_of_another_chart_have_its_name_before_them(capsys: pytest.CaptureFixture[str]) -> None:
    explanation.run("namespace/podSecurity.enforce")
    printed = capsys.readouterr().out
    assert printed.startswith("podSecurity.enforce: restricted or baseline or privileged\n")
    assert re.search(r'Namespace \S+: metadata\.labels\["pod-security\.kubernetes\.io/enforce"\]', printed)
    assert "See charts/namespace/values.yaml, line " in printed
    explanation.run("namespace/")
    assert "\nretain: Keep the namespace" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("podSecurity.enforce", "The chart namespace has it: invoke explain namespace/podSecurity.enforce"),
        ("namespace/xyzzy", "there is no key xyzzy; invoke explain namespace/ lists all"),
        ("namespace/replicaCount", "The chart microservice has it: invoke explain microservice/replicaCount"),
    ],
)
def test_a_key_that_only_another_chart_has_is_named_with_that(name: str, message: str) -> None:
    with pytest.raises(UserError) as refused:
        explanation.run(name)
    assert str(refused.value).splitlines()[-1] == message


@pytest.mark.parametrize("name", of_values_yaml())
def test_every_key_of_values_yaml_is_explained(name: str, renderer: Renderer) -> None:
    found = explain(keys().find(name), keys(), renderer)
    assert found.type
    assert found.line
    assert bool(found.reaches) is (name not in WITHOUT_OBJECTS)
    assert name in WITHOUT_OBJECTS or found.example is not None


def test_every_key_of_the_namespace_chart_is_explained(tmp_path: Path) -> None:
    (chart,) = (chart for chart in catalog.charts() if chart.name == "namespace")
    own, renderer = Keys(chart), Renderer(chart, tmp_path)
    found = {str(key): key for key in (own.find(path_text(path)) for path, _ in walk(renderer.defaults))}
    without = {name for name, key in found.items() if not explain(key, own, renderer).reaches}
    assert without == {"enabled", "global"}


def reached(found: Explanation) -> list[str]:
    return [f"{field.kind} {field.path}".strip() for field in found.reaches]


def test_a_key_reaches_what_its_removal_changes(explained: functools.partial[Explanation]) -> None:
    assert reached(explained("replicaCount")) == ["Deployment spec.replicas"]
    assert reached(explained("ingress.hosts[].paths[].path")) == ["Ingress spec.rules[].http.paths[].path"]
    assert reached(explained("config.data.LOG_LEVEL")) == [
        "ConfigMap data.LOG_LEVEL",
        'Deployment spec.template.metadata.annotations["checksum/config"]',
    ]


def test_a_switch_reaches_whole_objects(explained: functools.partial[Explanation]) -> None:
    assert "HorizontalPodAutoscaler" in reached(explained("autoscaling.enabled"))


def test_a_key_without_which_an_object_is_gone_reaches_what_it_changes_there(
    explained: functools.partial[Explanation],
) -> None:
    assert reached(explained("workers.mail.command")) == [
        "Deployment spec.template.spec.containers[].command"
    ]


def test_type_default_and_example_are_said(explained: functools.partial[Explanation]) -> None:
    found = explained("replicaCount")
    assert (found.type, found.default) == ("whole number, from 0", 3)
    assert found.example == {"replicaCount": 5}
    assert explained("kind").type == "Deployment or StatefulSet"
    assert explained("mainPort").type.startswith(
        "string: a port name (lowercase letters, digits and single -"
    )
    assert explained("ports.http.containerPort").type == "whole number, from 1 to 65535"


def test_the_checks_and_guardrails_that_watch_a_key_are_listed(
    explained: functools.partial[Explanation],
) -> None:
    found = explained("strategy.type")
    assert any("strategy.type: Recreate is not for kind: StatefulSet" in message for message in found.checks)
    assert [rule for rule, _ in found.guardrails] == ["recreate"]
    assert [rule for rule, _ in explained("replicaCount").guardrails] == ["singleReplica"]
    assert [rule for rule, _ in explained("secret.data").guardrails] == ["secretsInValues"]
    assert explained("podSpec.hostAliases").checks == []
    assert explained("guardrails").checks == []
    (request,) = explained("resources.requests.cpu").guardrails
    assert request[1].startswith("….requests.…: without it the pod may be placed on a node")


def test_what_a_live_release_cannot_change_is_said_with_what_to_do_instead(
    explained: functools.partial[Explanation], capsys: pytest.CaptureFixture[str]
) -> None:
    assert explained("secret.type").fixed == {"Secret type": "delete it"}
    assert explained("replicaCount").fixed == {}
    explanation.run("service.clusterIP")
    assert (
        "Can't change on a live release:\n"
        "  - Service spec.clusterIP; instead, delete it, which interrupts traffic\n"
    ) in capsys.readouterr().out


def test_the_first_kubernetes_that_has_the_field_is_said(explained: functools.partial[Explanation]) -> None:
    assert explained("replicaCount").since == "1.30"
    assert explained("volumes.<name>.image").since == "1.31"


def test_a_field_of_kubernetes_is_described_by_kubernetes(explained: functools.partial[Explanation]) -> None:
    assert explained("podSpec.hostAliases").description.startswith("HostAliases is an optional list of hosts")


def test_an_entry_is_described_by_its_map(explained: functools.partial[Explanation]) -> None:
    assert explained("env.LOG_LEVEL").description.startswith("One of env: Environment variables by name")


def test_a_person_reads_it_on_a_page(capsys: pytest.CaptureFixture[str]) -> None:
    explanation.run("strategy.rollingUpdate.maxSurge")
    printed = capsys.readouterr().out
    line = next(
        number
        for number, text in enumerate((CHART.path / "values.yaml").read_text().splitlines(), start=1)
        if text.strip() == "maxSurge: 1"
    )
    assert printed == (
        "strategy.rollingUpdate.maxSurge: whole number or string: a number, or a percentage such as 25%\n"
        "  How many extra pods may run during a rollout.\n\n"
        "Default: 1\n\n"
        "Example:\n"
        "  strategy:\n"
        "    rollingUpdate: {maxSurge: 50%}\n\n"
        "Reaches, in the case scheduling:\n"
        "  Deployment scheduling: spec.strategy.rollingUpdate.maxSurge\n\n"
        "Refused:\n"
        "  - strategy.rollingUpdate.maxSurge: … is not for kind: StatefulSet, which starts no pod beside the "
        "old ones;\n    remove it, or set it to null\n\n"
        f"See charts/microservice/values.yaml, line {line}.\n"
    )


def test_a_program_reads_it_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    explanation.run("replicaCount", as_json=True)
    found = json.loads(capsys.readouterr().out)
    assert (found["key"], found["default"]) == ("replicaCount", 3)
    assert found["reaches"] == [{"kind": "Deployment", "name": found["case"], "path": "spec.replicas"}]
    assert found["guardrails"][0]["rule"] == "singleReplica"


def test_without_a_key_all_are_listed_each_below_its_map(capsys: pytest.CaptureFixture[str]) -> None:
    explanation.run()
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == len(list(keys().described()))
    assert "replicaCount: Number of pods, unless an autoscaler sets it." in printed
    assert "    maxSurge: How many extra pods may run during a rollout." in printed
    assert "  <name>.containerPort: The port that the process listens on." in printed
    explanation.run(as_json=True)
    assert "workers.<name>.command" in json.loads(capsys.readouterr().out)


def test_what_is_explained_needs_no_file_beside_the_chart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    explanation.run("kind")
    assert list(tmp_path.iterdir()) == []
