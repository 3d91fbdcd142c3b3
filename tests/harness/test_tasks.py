"""The command line: results on standard output, and one message without a traceback for a mistake."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pytest
from invoke.collection import Collection
from invoke.program import Program

import tasks
from ci.checks import golden
from tests.support.repository import Repository


class Answer(NamedTuple):
    """The exit code and output of a task."""

    code: object
    out: str
    err: str


Invoke = Callable[..., Answer]


@pytest.fixture
def invoke(capsys: pytest.CaptureFixture[str]) -> Invoke:
    def run(*arguments: str) -> Answer:
        program = Program(namespace=Collection.from_module(tasks))
        code: object = 0
        try:
            program.run(["invoke", *arguments])
        except SystemExit as ended:
            code = ended.code or 0
        return Answer(code, *capsys.readouterr())

    return run


def test_every_task_is_listed_with_a_line_of_help(invoke: Invoke) -> None:
    listed = invoke("--list").out
    for task in tasks.__dict__.values():
        if hasattr(task, "body"):
            assert task.body.__doc__
            assert f"  {task.name} " in listed


def test_a_case_is_printed_as_helm_renders_it(invoke: Invoke) -> None:
    answer = invoke("render", "api")
    assert answer.code == 0
    assert answer.out.startswith("---\n# Source: microservice/templates/")
    assert "kind: Deployment\n" in answer.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["render", "wroker"], "there is no case 'wroker'; did you mean worker?"),
        (["import"], "import what? Name files or folders, such as k8s/"),
        (["import", "--namespace", "a"], "--namespace, --selector and --kube-context say where --live reads"),
        (
            ["render", "api", "--kube-version", "1.20"],
            "Kubernetes '1.20' is not supported here; the versions are 1.30, ",
        ),
        (["lint", "--format", "github"], "--format github is for values files: name them"),
        (
            ["lint", "--kube-version", "1.9"],
            "Kubernetes '1.9' is not supported here; the versions are 1.30, ",
        ),
    ],
)
def test_a_mistake_is_reported_in_one_message_without_a_traceback(
    invoke: Invoke, arguments: list[str], message: str
) -> None:
    answer = invoke(*arguments)
    assert answer.code == 1
    assert answer.out == ""
    assert answer.err.startswith(message)
    assert "Traceback" not in answer.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["forward", "staging", "--port", "80a"], "--port 80a: expected a whole number"),
        (["deploy", "staging", "--timeout=5m"], "--timeout 5m: expected a whole number"),
        (["rollback", "staging", "-r", "last"], "--revision last: expected a whole number"),
        (["rollback", "staging", "last"], "--revision last: expected a whole number"),
        (["fuzz", "--minutes", "x"], "--minutes x: expected a number"),
    ],
)
def test_a_value_that_is_no_number_is_reported_with_its_option(
    invoke: Invoke, arguments: list[str], message: str
) -> None:
    assert invoke(*arguments) == (1, "", f"{message}\n")


def test_invalid_yaml_in_a_values_file_is_reported_with_line_and_column(
    invoke: Invoke, repository: Repository
) -> None:
    repository.case("broken", "colour: blue\nsize: [1, 2\n")
    answer = invoke("render", "broken")
    assert answer.code == 1
    assert answer.err.startswith("charts/microservice/ci/broken-values.yaml, line 3, column 1: ")


def test_golden_differences_are_reported_object_by_object(invoke: Invoke, repository: Repository) -> None:
    repository.case("one")
    assert (
        invoke("golden", "--update").out
        == "added tests/golden/microservice/one.yaml\n1 golden files written or removed\n"
    )
    repository.case("two", "colour: green")
    orphan = repository.write("tests/golden/microservice/gone.yaml", "")
    golden_of_one = golden.folder() / "microservice" / "one.yaml"
    golden_of_one.write_text(golden_of_one.read_text().replace("blue", "red"))
    answer = invoke("golden")
    assert answer.code == 1
    for line in (
        "tests/golden/microservice/gone.yaml is the golden file of no case",
        'v1 ConfigMap default/one\n    data.colour: "red" -> "blue"',
        "microservice/two: there is no tests/golden/microservice/two.yaml yet",
        "invoke golden --update",
    ):
        assert line in answer.err
    assert orphan.exists()


def test_updating_writes_only_the_golden_files_that_differ(invoke: Invoke, repository: Repository) -> None:
    repository.case("one")
    repository.case("two", "colour: green")
    invoke("golden", "--update")
    path = golden.folder() / "microservice" / "two.yaml"
    path.write_text(path.read_text().replace("green", "red"))
    untouched = (golden.folder() / "microservice" / "one.yaml").stat().st_mtime_ns
    answer = invoke("golden", "--update")
    assert answer.out.startswith("changed tests/golden/microservice/two.yaml\n")
    assert 'data.colour: "red" -> "green"' in answer.out
    assert (golden.folder() / "microservice" / "one.yaml").stat().st_mtime_ns == untouched
    assert invoke("golden").code == 0


def test_a_mistake_in_a_values_file_is_reported_with_line_and_key(
    invoke: Invoke, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ci.docs.check", lambda: None)
    repository.write(
        "charts/microservice/values.schema.json", '{"properties": {"colour": {"type": "string"}}}'
    )
    repository.case("one", "size: 1\ncolour: 7\n")
    answer = invoke("lint")
    assert answer.code == 1
    assert answer.err.startswith(
        "charts/microservice/ci/one-values.yaml, line 2, column 1: colour: expected a string"
    )


def test_a_build_with_problems_reports_them_and_packages_nothing(
    invoke: Invoke, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ci.docs.check", lambda: None)
    repository.write(
        "charts/microservice/templates/pod.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: Upper}\nspec: {containers: [{nmae: a}]}\n",
    )
    repository.case("one")
    answer = invoke("build")
    assert answer.code == 1
    assert "microservice/one: v1 Pod Upper: metadata.name: 'Upper' is not a valid DNS subdomain" in answer.err
    assert "unknown field nmae" in answer.err
    assert not (repository.root / "dist").exists()


@pytest.mark.parametrize("task", ["lint", "build"])
def test_a_case_that_does_not_render_is_reported_with_all_other_problems(
    invoke: Invoke, repository: Repository, monkeypatch: pytest.MonkeyPatch, task: str
) -> None:
    monkeypatch.setattr("ci.docs.check", lambda: None)
    repository.write(
        "charts/microservice/templates/pod.yaml",
        '{{- if .Values.fails }}{{ fail "no image" }}{{ end }}\n'
        "{apiVersion: v1, kind: Pod, metadata: {name: Upper}, spec: {containers: []}}\n"
        "{{- if .Values.repeats }}\n---\n{apiVersion: v1, kind: Secret, kind: Secret, metadata: {name: a}}\n"
        "{{- end }}\n",
    )
    repository.case("good")
    repository.case("failing", "fails: true")
    repository.case("repeating", "repeats: true")
    answer = invoke(task)
    assert answer.code == 1
    for problem in (
        "[WARNING] templates/pod.yaml: object name does not conform",
        "no image",
        "microservice/good: v1 Pod Upper: metadata.name: 'Upper' is not a valid DNS subdomain",
        "microservice/repeating: rendered manifests",
    ):
        assert problem in answer.err


def test_a_case_that_does_not_render_is_reported_with_all_golden_differences(
    invoke: Invoke, repository: Repository
) -> None:
    repository.write(
        "charts/microservice/templates/check.yaml", '{{ if .Values.fails }}{{ fail "no image" }}{{ end }}'
    )
    repository.case("good")
    repository.case("failing", "fails: true")
    answer = invoke("golden")
    assert answer.code == 1
    assert "no image" in answer.err
    assert "microservice/good: there is no tests/golden/microservice/good.yaml yet" in answer.err
    assert "no image" in invoke("golden", "--update").err
    assert not golden.folder().exists()


def test_a_field_that_a_kubernetes_version_does_not_know_is_reported_with_the_first_that_does(
    invoke: Invoke, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ci.docs.check", lambda: None)
    repository.write(
        "charts/microservice/templates/pod.yaml",
        "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {volumes: [{name: b, image: {}}]}}",
    )
    repository.case("one")
    answer = invoke("lint", "--kube-version", "1.30")
    assert answer.code == 1
    problem = "v1 Pod a: spec.volumes[0].image: Kubernetes 1.30 does not know it yet, 1.31 does"
    assert f"microservice/one: {problem}" in answer.err.splitlines()
    assert "does not know" not in invoke("lint", "--kube-version", "1.31").err
