"""The values files, the services' and the environments', are checked before anything is rendered."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from ci.base.errors import UserError
from ci.charts import catalog, helm
from ci.checks import cases
from ci.kubernetes.versions import NEWEST, OLDEST, SUPPORTED
from tests.support.repository import Repository

SCHEMA = catalog.service_chart().path / "values.schema.json"


@pytest.fixture
def services(repository: Repository) -> Repository:
    """A repository with the chart's real schema, one environment and one service."""
    repository.write("charts/microservice/values.schema.json", SCHEMA.read_text(encoding="utf-8"))
    repository.write("values/environments.yaml", "staging: {context: eu}")
    repository.write("values/api.yaml", "replicaCount: 1")
    return repository


@pytest.mark.parametrize("check", [cases.lint, cases.lint_and_validate])
@pytest.mark.parametrize(
    ("path", "text", "fault"),
    [
        (
            "values/environments.yaml",
            "staging:\n  contxt: eu",
            "line 2, column 3: staging.contxt: unknown key; did you mean context?",
        ),
        (
            "values/environments.yaml",
            "staging:\n  context: eu\n  values: {replicaCont: 1}",
            "line 3, column 12: staging.values.replicaCont: unknown key; did you mean replicaCount?",
        ),
        (
            "values/api.yaml",
            "x-build: {context: ., dokerfile: a}",
            "line 1, column 23: x-build.dokerfile: unknown key; did you mean dockerfile?",
        ),
        (
            "values/api/staging.yaml",
            "replicaCont: 1",
            "line 1, column 1: replicaCont: unknown key; did you mean replicaCount?",
        ),
    ],
)
def test_a_mistake_in_a_file_of_values_ends_lint_and_build_with_its_place(
    services: Repository, check: Callable[[], None], path: str, text: str, fault: str
) -> None:
    services.write(path, text)
    with pytest.raises(UserError) as refused:
        check()
    assert f"{path}, {fault}" in str(refused.value).splitlines()


OBJECTS = """\
{apiVersion: v1, kind: Service, metadata: {name: one}, spec: {selector: {a: b}, ports: [{port: 80}]}}
---
{apiVersion: v1, kind: Secret, metadata: {name: a}, stringData: {a/b: c}}
---
{apiVersion: resource.k8s.io/v1, kind: DeviceClass, metadata: {name: a}, spec: {selectors: []}}
---
{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{name: a, nmae: b}]}}\t
"""


def test_what_was_checked_is_printed_where_nothing_is_found(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("one", "two"):
        case = repository.case(name)
        repository.write(f"tests/golden/microservice/{name}.yaml", helm.render(case, 4))
    cases.lint()
    cases.lint("1.31")
    cases.lint_and_validate()
    cases.compare_goldens()
    assert capsys.readouterr().out.splitlines() == [
        "1 chart(s), 2 cases, Helm 3 and 4: nothing found",
        "1 chart(s), 2 cases, Helm 3 and 4, Kubernetes 1.31: nothing found",
        f"1 chart(s), 2 cases, Helm 3 and 4, Kubernetes {OLDEST} to {NEWEST}: nothing found",
        "2 cases render to their golden files",
    ]


def test_every_check_of_a_render_reports_the_case(repository: Repository) -> None:
    repository.write("charts/microservice/templates/objects.yaml", OBJECTS)
    repository.case("one")
    found = [
        "v1 Service one: spec.selector: matches the pods of no workload; "
        "it must match those of one Deployment or StatefulSet or DaemonSet",
        "v1 Secret a: stringData[\"a/b\"]: 'a/b' is not a valid data key (letters, digits, -, _ and .)",
        "line 10: an empty line before the end of a document",
        "line 16: whitespace at the end of the line",
    ]
    new = "resource.k8s.io/v1 DeviceClass a: the whole kind: Kubernetes 1.31 does not know it yet, 1.34 does"
    unknown = f"v1 Pod a: spec.containers[0]: unknown field nmae (Kubernetes {', '.join(SUPPORTED)})"
    checks: dict[str, Callable[[], None]] = {
        new: lambda: cases.lint("1.31"),
        unknown: cases.lint_and_validate,
    }
    for last, check in checks.items():
        with pytest.raises(UserError) as refused:
            check()
        lines = [*(f"microservice/one: {line}" for line in (*found, last)), "", "5 problem(s) found"]
        assert str(refused.value).splitlines() == lines


def test_every_case_is_checked_also_after_one_that_renders_no_objects(repository: Repository) -> None:
    text = (
        "{{ if .Values.broken }}a: b{{ else }}{apiVersion: v1, kind: Secret, metadata: {name: A}}{{ end }}\n"
    )
    repository.write("charts/microservice/templates/configmap.yaml", text)
    for name, values in {"a": "", "b": "broken: true", "c": ""}.items():
        repository.case(name, values)
    with pytest.raises(UserError) as refused:
        cases.lint()
    starts = [line.partition(":")[0] for line in str(refused.value).splitlines()]
    assert [start for start in starts if start.startswith("microservice/")] == [
        f"microservice/{name}" for name in "abc"
    ]


def test_a_kind_that_the_kubernetes_version_knows_is_no_problem(repository: Repository) -> None:
    made = "{apiVersion: resource.k8s.io/v1, kind: DeviceClass, metadata: {name: a}, spec: {selectors: []}}\n"
    repository.write("charts/microservice/templates/configmap.yaml", made)
    repository.case("one")
    cases.lint("1.34")
    with pytest.raises(UserError, match=r"Kubernetes 1\.33 does not know it yet"):
        cases.lint("1.33")


def test_the_progress_counts_every_run_of_helm(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.case("one")
    reported: dict[str, list[tuple[object, ...]]] = {}

    @contextmanager
    def progress(doing: str) -> Iterator[Callable[..., None]]:
        yield lambda *counts: reported.setdefault(doing, []).append(counts)

    monkeypatch.setattr(cases, "progress", progress)
    cases.lint()
    # The chart alone and with its case, by Helm 3 and 4.
    assert reported["running helm lint --strict"] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert reported["rendering"][-1][:2] == (2, 2)


def test_a_case_that_does_not_render_is_reported_by_each_helm(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    repository.write(
        "charts/microservice/templates/check.yaml",
        "{{ if .Values.fails }}{apiVersion: v1, kind: Secret, metadata: {name: Upper}}\n"
        '{{ fail "no image" }}{{ end }}\n',
    )
    repository.case("one", "fails: true")
    with pytest.raises(UserError) as refused:
        cases.lint()
    starts = [line[:8] for line in str(refused.value).splitlines() if line.startswith("Helm ")]
    # By helm lint, and by helm template.
    assert starts == ["Helm 3: ", "Helm 4: "] * 2
    assert capsys.readouterr().err.splitlines() == [
        "· running helm lint --strict",
        "· rendering",
        "· checking 0 cases",
    ]


def test_every_golden_file_that_differs_is_reported_and_accepted_by_an_update(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    repository.case("one")
    cases.update_goldens()
    cases.update_goldens()
    assert capsys.readouterr().out == (
        "added tests/golden/microservice/one.yaml\n1 golden files written or removed\n"
        "every golden file is up to date\n"
    )
    file = repository.root / "tests/golden/microservice/one.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("blue", "red"), encoding="utf-8")
    repository.case("two")
    repository.write("tests/golden/microservice/gone.yaml", "")
    with pytest.raises(UserError) as differing:
        cases.compare_goldens()
    assert str(differing.value) == (
        "tests/golden/microservice/gone.yaml is the golden file of no case; "
        "delete it, or run: invoke golden --update\n"
        "microservice/one differs from tests/golden/microservice/one.yaml:\n"
        "  v1 ConfigMap default/one\n"
        '    data.colour: "red" -> "blue"\n'
        "If this is meant, accept it with: invoke golden --update\n"
        "microservice/two: there is no tests/golden/microservice/two.yaml yet; "
        "write it with: invoke golden --update\n"
        "\n3 problem(s) found"
    )
    cases.update_goldens()
    assert capsys.readouterr().out == (
        "changed tests/golden/microservice/one.yaml\n"
        '  v1 ConfigMap default/one: data.colour: "red" -> "blue"\n'
        "added tests/golden/microservice/two.yaml\n"
        "removed tests/golden/microservice/gone.yaml\n"
        "3 golden files written or removed\n"
    )


def test_an_update_shows_a_text_of_several_lines_line_by_line(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    template = (
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {text: {{ toJson .Values.text }}}}"
    )
    repository.write("charts/microservice/templates/text.yaml", template)
    repository.case("one", r'text: "a\nb"')
    cases.update_goldens()
    golden = repository.root / "tests/golden/microservice/one.yaml"
    golden.write_text(golden.read_text(encoding="utf-8").replace("    b\n", "    c\n"), encoding="utf-8")
    capsys.readouterr()
    cases.update_goldens()
    lines = ("data.text:", "  @@ -1,2 +1,2 @@", "   a", "  -c", "  +b")
    assert capsys.readouterr().out.splitlines() == [
        "changed tests/golden/microservice/one.yaml",
        *(f"  v1 ConfigMap a: {line}" for line in lines),
        "1 golden files written or removed",
    ]


def test_a_case_that_does_not_render_is_among_the_differences(repository: Repository) -> None:
    repository.write(
        "charts/microservice/templates/check.yaml", '{{ if .Values.fails }}{{ fail "a" }}{{ end }}'
    )
    repository.case("failing", "fails: true")
    with pytest.raises(UserError, match=r"^Helm 3: (.|\n)*\nHelm 4: (.|\n)*\n2 problem\(s\) found$"):
        cases.compare_goldens()


def test_no_golden_file_is_written_while_a_case_does_not_render(repository: Repository) -> None:
    repository.write(
        "charts/microservice/templates/check.yaml", '{{ if .Values.fails }}{{ fail "a" }}{{ end }}'
    )
    repository.case("good")
    repository.case("failing", "fails: true")
    with pytest.raises(UserError, match=r"^Helm 3: (.|\n)*\nHelm 4: (.|\n)*\n2 problem\(s\) found$"):
        cases.update_goldens()
    assert not (repository.root / "tests").exists()


def test_a_case_is_rendered_for_a_kubernetes_version(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    repository.case("one")
    cases.render("one", "1.31")
    assert capsys.readouterr().out.endswith("data: {colour: 'blue', kubernetes: 'v1.31'}\n")
