"""The calls of Helm, with the real programs: results, errors, and isolation from the user's settings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ci.base.errors import UserError
from ci.charts import catalog, helm
from ci.charts.helm import HelmError
from ci.kubernetes import manifests
from tests.support.rendering import NEWEST_ENGINE, with_both_engines
from tests.support.repository import Repository


@with_both_engines
def test_a_case_is_rendered_as_a_release_of_the_same_name(repository: Repository, engine: int) -> None:
    case = repository.case("worker")
    (config,) = manifests.parse(helm.render(case, engine, kube_version="1.30")).values()
    assert config["metadata"] == {"name": "worker", "namespace": "default"}
    assert config["data"] == {"colour": "blue", "kubernetes": "v1.30"}


def test_a_release_can_have_another_name_and_values_can_be_set(repository: Repository) -> None:
    case = repository.case("worker")
    assert "name: 'other'" in helm.render(case, NEWEST_ENGINE, release="other")
    stream = helm.template(
        repository.chart, case.values, engine=NEWEST_ENGINE, set_values=["colour=red"], namespace="team"
    )
    assert "colour: 'red'" in stream
    assert "namespace: 'team'" in stream


def test_a_case_is_rendered_as_its_release_in_its_namespace(repository: Repository) -> None:
    repository.write("values/api.yaml", "colour: red")
    repository.write("values/environments.yaml", "staging: {context: staging}")
    stream = helm.render(catalog.find_case("api/staging"), NEWEST_ENGINE)
    assert "metadata: {name: 'api', namespace: 'staging'}" in stream


def test_concurrent_calls_for_the_same_render_run_helm_once(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = repository.case("worker")
    calls: list[int] = []

    def counted(chart: Path, values: Sequence[Path], *, engine: int, **arguments: str) -> str:
        calls.append(engine)
        return template(chart, values, engine=engine, **arguments)

    template: Callable[..., str] = helm.template
    monkeypatch.setattr(helm, "template", counted)
    with ThreadPoolExecutor(8) as pool:
        streams = set(pool.map(lambda _: helm.render(case, NEWEST_ENGINE), range(16)))
    assert (calls, len(streams)) == ([NEWEST_ENGINE], 1)


def test_one_failing_case_does_not_affect_the_others(repository: Repository) -> None:
    good, bad = repository.case("good"), repository.case("bad", "colour: [")
    reported: list[tuple[int, int]] = []
    results = helm.render_all([good, bad], progress=lambda done, total: reported.append((done, total)))
    assert list(results) == [(good, 3), (good, 4), (bad, 3), (bad, 4)]
    assert [isinstance(result, UserError) for result in results.values()] == [False, False, True, True]
    assert reported == [(1, 4), (2, 4), (3, 4), (4, 4)]


@with_both_engines
def test_the_error_of_a_refused_render_has_only_the_charts_message(
    repository: Repository, engine: int
) -> None:
    repository.write(
        "charts/microservice/templates/check.yaml", '{{ fail "set image.repository\\nand image.tag" }}'
    )
    case = repository.case("worker")
    with pytest.raises(HelmError) as failed:
        helm.render(case, engine)
    assert str(failed.value) == (
        "charts/microservice with charts/microservice/ci/worker-values.yaml: "
        "helm template failed with exit code 1:\nset image.repository\nand image.tag"
    )
    assert failed.value.exit_code == 1
    assert failed.value.command[1:3] == ["template", "worker"]
    assert "execution error at" in failed.value.stderr


@with_both_engines
def test_documents_of_one_template_are_separated_alike_by_both_engines(
    repository: Repository, engine: int
) -> None:
    repository.write(
        "charts/microservice/templates/several.yaml",
        "\n---\n".join(f"{{apiVersion: v1, kind: ConfigMap, metadata: {{name: {name}}}}}" for name in "abc"),
    )
    stream = helm.template(repository.chart, engine=engine)
    assert stream.count("\n---\n# Source: microservice/templates/several.yaml\n{") == 3
    assert "\n\n" not in stream.partition("several.yaml")[2]


@with_both_engines
def test_all_schema_violations_are_reported(repository: Repository, engine: int) -> None:
    repository.write(
        "charts/microservice/values.schema.json",
        '{"properties": {"colour": {"type": "integer"}, "size": {"type": "integer"}}}',
    )
    with pytest.raises(HelmError) as failed:
        helm.template(repository.chart, engine=engine, set_values=["colour=blue", "size=big"])
    lines = str(failed.value).splitlines()
    assert {"- at '/colour': got string, want integer", "- at '/size': got string, want integer"} <= set(
        lines
    )
    assert not any("debug" in line or line.startswith("Error") for line in lines)


def test_an_error_in_a_helper_is_reported_with_its_own_place_only(repository: Repository) -> None:
    repository.write(
        "charts/microservice/templates/_helpers.tpl",
        '{{ define "a" }}{{ .Values.a.b }}{{ end }}{{ define "c" }}{{ include "a" . }}{{ end }}',
    )
    repository.write("charts/microservice/templates/d.yaml", 'd: {{ include "c" . }}')
    with pytest.raises(HelmError) as failed:
        helm.template(repository.chart, engine=3)
    assert str(failed.value).endswith(
        ':\ntemplate: microservice/templates/_helpers.tpl:1:26: executing "a" at <.Values.a.b>: '
        "nil pointer evaluating interface {}.b"
    )


def test_a_missing_values_file_and_an_unsupported_version_are_refused_before_helm_runs(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(helm, "find", lambda tool: pytest.fail("Helm was run"))
    with pytest.raises(UserError, match=r"^values/none\.yaml: there is no such values file"):
        helm.template(repository.chart, [repository.root / "values/none.yaml"], engine=NEWEST_ENGINE)
    with pytest.raises(
        UserError, match=r"^Kubernetes '1\.29' is not supported here; the versions are 1\.30, "
    ):
        helm.template(repository.chart, engine=NEWEST_ENGINE, kube_version="1.29")


@with_both_engines
def test_lint_fails_for_an_error_and_if_strict_for_a_warning(repository: Repository, engine: int) -> None:
    repository.write(
        "charts/microservice/templates/a.yaml", "{apiVersion: v1, kind: Secret, metadata: {name: A}}"
    )
    assert "[WARNING] templates/a.yaml: object name" in helm.lint(
        repository.chart, engine=engine, strict=False
    )
    with pytest.raises(HelmError, match=r"\[WARNING\] templates/a\.yaml: object name"):
        helm.lint(repository.chart, engine=engine, strict=True)
    repository.write("charts/microservice/templates/b.yaml", "a: b: c")
    with pytest.raises(HelmError) as failed:
        helm.lint(repository.chart, engine=engine, strict=True)
    _, warning, error = str(failed.value).splitlines()
    assert warning.startswith("[WARNING] templates/a.yaml: object name does not conform")
    assert error.startswith("[ERROR] templates/b.yaml: unable to parse YAML")


@with_both_engines
def test_packaging_leaves_only_the_archive(repository: Repository, engine: int, tmp_path: Path) -> None:
    archive = helm.package(repository.chart, tmp_path / "dist", engine=engine)
    assert archive == tmp_path / "dist" / "microservice-1.2.3.tgz"
    assert list((tmp_path / "dist").iterdir()) == [archive]


def test_a_failed_packaging_keeps_the_old_archive(repository: Repository, tmp_path: Path) -> None:
    archive = helm.package(repository.chart, tmp_path / "dist", engine=NEWEST_ENGINE)
    repository.write("charts/microservice/Chart.yaml", "{apiVersion: v2, name: microservice, version: x}")
    with pytest.raises(HelmError, match=r'^charts/microservice: helm package failed .*\n.*"x" is invalid'):
        helm.package(repository.chart, tmp_path / "dist", engine=NEWEST_ENGINE)
    assert list((tmp_path / "dist").iterdir()) == [archive]


def test_helms_starter_chart_can_be_created_and_rendered(tmp_path: Path) -> None:
    chart = helm.create("demo", tmp_path, engine=NEWEST_ENGINE)
    assert "kind: Deployment" in helm.template(chart, engine=NEWEST_ENGINE)


@pytest.fixture
def environment_printer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Replace Helm by a program that prints its environment and its standard input."""
    program = tmp_path / "printer"
    program.write_text("#!/bin/sh\nenv\ncat\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setattr(helm, "find", lambda tool: program)
    helm._environment.cache_clear()
    yield program
    helm._environment.cache_clear()


def test_helm_is_isolated_from_the_users_settings_and_clusters(
    repository: Repository, environment_printer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HELM_NAMESPACE", "HELM_PLUGINS", "HELM_KUBECONTEXT", "HELM_DEBUG", "KUBECONFIG"):
        monkeypatch.setenv(name, "the user's")
    lines = helm.template(repository.chart, engine=NEWEST_ENGINE).splitlines()
    seen = dict(line.split("=", 1) for line in lines if line.startswith(("HELM_", "KUBE")))
    assert sorted(seen) == ["HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME", "KUBECONFIG"]
    assert not any(value == "the user's" or Path(value).exists() for value in seen.values())


def test_what_a_login_starts_has_the_users_language_and_memory(
    environment_printer: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    seen = helm.pull("oci://example.com/api", "1.2.3", tmp_path, []).splitlines()
    assert "LC_ALL=de_DE.UTF-8" in seen
    assert not [line for line in seen if line.startswith(("GOGC=", "GOMEMLIMIT="))]


@with_both_engines
def test_values_files_may_have_any_characters_in_their_path(repository: Repository, engine: int) -> None:
    """Helm takes several files in one option, separated by commas."""
    file = repository.write("""values/a b,c'd"e[x]{y}:z.yaml""", "colour: red")
    assert "colour: 'red'" in helm.template(repository.chart, [file], engine=engine)


def test_a_helm_that_the_system_ends_says_why_it_may_be(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = tmp_path / "helm"
    ended.write_text("#!/bin/sh\nkill -KILL $$\n")
    ended.chmod(0o755)
    monkeypatch.setattr(helm, "find", lambda _: ended)
    with pytest.raises(
        HelmError, match=r"charts/microservice: helm was ended by the system .Killed.: too little memory"
    ):
        helm.template(repository.chart, engine=NEWEST_ENGINE)


@pytest.mark.parametrize("name", ["api", "migration"])
def test_a_dry_run_has_the_objects_of_a_render_hooks_included_and_the_notes(name: str) -> None:
    case = catalog.find_case(name)
    found = helm.dry_run(case)
    assert manifests.parse(found.manifests) == manifests.parse(helm.render(case, helm.ENGINES[-1]))
    assert f"revision 1 of release {case.release}" in found.notes
