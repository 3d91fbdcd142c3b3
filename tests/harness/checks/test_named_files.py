"""`invoke lint FILE...` and `invoke render FILE...` end with 0, 1 for findings, 2 for what is unreadable."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import NamedTuple

import pytest
from invoke.exceptions import Exit

from ci.base import kubernetes_yaml
from ci.base.repository import root
from ci.charts import helm, overlays
from ci.checks import named_files
from ci.kubernetes import manifests
from tests.support.invoking import task_fault

GOOD = 'image: {repository: myrepo/api, tag: "1.2.3"}\n'


class Answer(NamedTuple):
    code: int
    out: str
    err: str


def deployments(stream: str) -> list[str]:
    return [key.name for key in manifests.parse(stream) if key.kind == "Deployment"]


class User:
    """Somebody in a folder of files, outside this repository."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def lint(self, *words: str, kube_version: str = "", format_: str = "text") -> Answer:
        return self._answer(lambda: named_files.lint(words, kube_version, format_))

    def render(self, *words: str, kube_version: str = "1.37") -> Answer:
        return self._answer(lambda: named_files.render(words, kube_version))

    def _answer(self, task: object) -> Answer:
        assert callable(task)
        try:
            task()
        except Exit as ended:
            return Answer(ended.code, self._capsys.readouterr().out, str(ended.message))
        return Answer(0, self._capsys.readouterr().out, "")


@pytest.fixture
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> User:
    monkeypatch.chdir(tmp_path)
    for name, text in {
        "good.yaml": GOOD,
        "risky.yaml": GOOD + "replicaCount: 1\n",
        "wrong.yaml": GOOD + "ingres: {}\r\nenv: {A: 0644}\r\n",
        "refused.yaml": "image: {repository: a/b}\n",
    }.items():
        Path(name).write_text(text, newline="")
    Path("latin.yaml").write_bytes(b"env: {A: \xe9}")
    Path("folder").mkdir()
    return User(capsys)


def test_clean_files_end_with_0_and_a_line_for_each(user: User) -> None:
    assert user.lint("good.yaml", "good.yaml,risky.yaml") == Answer(
        0,
        "risky.yaml, line 2, column 1: warning: replicaCount: with fewer than 2 pods, replacing one causes "
        "downtime; set at least 2 (to accept it: guardrails.allow.singleReplica)\n"
        "good.yaml: nothing found\ngood.yaml + risky.yaml: 1 warning(s)\n",
        "",
    )


def test_findings_end_with_1_each_on_a_line(user: User) -> None:
    answer = user.lint("wrong.yaml", "refused.yaml", "good.yaml")
    assert (answer.code, answer.err) == (1, "3 problem(s) found")
    assert [line.split(": ")[:2] for line in answer.out.splitlines()] == [
        ["wrong.yaml, line 2, column 1", "ingres"],
        ["wrong.yaml, line 3, column 7", "env.A"],
        ["refused.yaml, line 1, column 1", "image.tag is missing"],
    ]


def test_fields_that_a_kubernetes_version_does_not_know_yet_are_findings(user: User) -> None:
    image = 'volumes: {models: {image: {reference: "a/b:1.2.3"}, mountPath: /models}}'
    Path("new.yaml").write_text(GOOD + image, encoding="utf-8")
    assert user.lint("new.yaml").code == 0
    answer = user.lint("new.yaml", kube_version="1.30")
    assert (answer.code, answer.err) == (1, "1 problem(s) found")
    assert answer.out.endswith("Kubernetes 1.30 does not know it yet, 1.31 does\n")


def test_a_fault_of_a_file_that_several_services_share_is_printed_once(user: User) -> None:
    answer = user.lint("wrong.yaml,good.yaml", "wrong.yaml,risky.yaml")
    assert answer.out.count("ingres: unknown key") == 1


def test_what_cannot_be_read_ends_with_2_after_the_findings_of_the_rest(user: User) -> None:
    answer = user.lint("wrong.yaml", "missing.yaml", "folder", "latin.yaml")
    assert answer.code == 2
    assert answer.out.count("\n") == 2
    assert answer.err.splitlines() == [
        "folder: is a folder; name the files in it, such as folder/*.yaml",
        "missing.yaml: there is no such values file",
        "latin.yaml: byte 10 is not UTF-8; a values file is YAML text",
    ]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"format_": "xml"}, "--format xml: expected text, github, sarif"),
        ({"kube_version": "1.9"}, "Kubernetes '1.9' is not supported here; the versions are "),
    ],
)
def test_wrong_use_ends_with_2(user: User, options: dict[str, str], message: str) -> None:
    answer = user.lint("good.yaml", **options)
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith(message)


def test_standard_input_is_a_file(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"env: {A: 0644}")))
    assert user.lint("-").out.startswith(
        "standard input, line 1, column 7: env.A: 0644 is read as another number"
    )


def test_sarif_is_all_that_is_printed(user: User) -> None:
    answer = user.lint("wrong.yaml", format_="sarif")
    assert len(json.loads(answer.out)["runs"][0]["results"]) == 2
    assert answer.code == 1


def test_a_file_renders_as_the_service_of_its_name(user: User) -> None:
    answer = user.render("good.yaml")
    assert answer.code == 0
    assert deployments(answer.out) == ["good"]


def test_what_is_printed_of_a_file_is_what_helm_renders(user: User, tmp_path: Path) -> None:
    case = overlays.read("good.yaml", tmp_path).case
    assert case
    assert user.render("good.yaml").out == helm.render(case, 4, "1.37")


def test_a_kubernetes_version_that_is_not_supported_renders_nothing(user: User) -> None:
    answer = user.render("good.yaml", kube_version="1.20")
    assert (answer.code, answer.out) == (1, "")
    assert answer.err.startswith("Kubernetes '1.20' is not supported here")


def test_a_case_renders_by_its_name(user: User) -> None:
    assert deployments(user.render("api").out) == ["api"]


@pytest.mark.parametrize(
    ("word", "code", "message"),
    [
        (
            "wrong.yaml",
            1,
            "wrong.yaml, line 2, column 1: ingres: unknown key; ",
        ),
        ("refused.yaml", 1, "refused.yaml, line 1, column 1: image.tag is missing: "),
        ("missing.yaml", 2, "missing.yaml: there is no such values file"),
        ("folder/", 1, "there is no case 'folder/'"),
    ],
)
def test_what_does_not_render_says_why_and_where(user: User, word: str, code: int, message: str) -> None:
    answer = user.render(word)
    assert (answer.code, answer.out) == (code, "")
    assert answer.err.startswith(message)


def test_each_fault_of_a_file_that_does_not_render_has_a_line(user: User) -> None:
    lines = user.render("wrong.yaml").err.splitlines()
    assert [line.partition(":")[0] for line in lines] == [
        "wrong.yaml, line 2, column 1",
        "wrong.yaml, line 3, column 7",
    ]


def test_a_list_of_environments_does_not_render(user: User) -> None:
    Path("environments.yaml").write_text("staging: {context: a}", encoding="utf-8")
    assert user.render("environments.yaml") == Answer(
        2, "", "environments.yaml: holds environments; name a values file of a service"
    )


def test_the_hook_for_other_repositories_is_a_task_that_can_be_started() -> None:
    (hook,) = kubernetes_yaml.load((root() / ".pre-commit-hooks.yaml").read_text(), "hooks")
    program, *words = hook["entry"].split()
    assert (root() / program).stat().st_mode & 0o111
    assert task_fault([*words, "values/api.yaml", "values/api/production.yaml"]) == ""
