"""Values of other charts: what the values make there is carried over, and every other key is named.

The files are made up, in the structure of each chart's values; the facts about the charts are in
ci/importing/charts/<chart>.yaml.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ci.base import kubernetes_yaml
from ci.base.errors import UserError
from ci.charts import catalog, helm
from ci.checks import named_files
from ci.importing import others, plaintext
from ci.importing.charts import reading
from ci.importing.workload import OWN_LABELS
from ci.kubernetes import manifests
from ci.kubernetes.defaulting import essential
from ci.kubernetes.manifests import Object
from ci.values import lint
from tests.harness.importing.conftest import Import

DATA = Path(__file__).parent / "data"
EXPECTED: dict[str, dict[str, Any]] = kubernetes_yaml.load(
    (DATA / "charts.yaml").read_text(encoding="utf-8"), "charts.yaml"
)
FILES = sorted((DATA / "charts").glob("*/*.yaml"))
# Those that the files hold in plain text.
SECRETS = ("correct-horse", "open-sesame", "4711", "0815")
SECTIONS = ("not carried over", "needs no key here")


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_every_key_that_has_no_place_is_named(
    file: Path, tmp_path: Path, import_: Import, record_property: Callable[[str, object], None]
) -> None:
    imported = import_(file, form=file.parent.name, service="shop")
    record_property("promise", __doc__)
    record_property("observed", imported.report.splitlines()[0])
    found = {section: imported.section(section) for section in SECTIONS}
    assert {name: lines for name, lines in found.items() if lines} == EXPECTED.get(
        f"{file.parent.name}/{file.stem}", {}
    )
    assert not [secret for secret in SECRETS if secret in imported.text + imported.report]
    written = tmp_path / "shop.yaml"
    written.write_text(imported.text, encoding="utf-8")
    assert lint.faults(written, catalog.service_chart()) == []


def test_there_are_five_of_each_chart() -> None:
    numbers = {chart: sum(file.parent.name == chart for file in FILES) for chart in reading.CHARTS}
    assert min(numbers.values()) >= 5, numbers
    assert set(EXPECTED) <= {f"{file.parent.name}/{file.stem}" for file in FILES}


@pytest.fixture(scope="module")
def created(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return helm.create("shop", tmp_path_factory.mktemp("created"), engine=4)


@pytest.mark.parametrize(
    "file", [file for file in FILES if file.parent.name == "helm-create"], ids=lambda file: file.stem
)
def test_the_objects_are_those_that_the_chart_of_helm_create_makes(file: Path, created: Path) -> None:
    stream = helm.template(created, [file], engine=4, release="shop", extra=["--no-hooks"])
    expected = {(key.kind, key.name): _comparable(made) for key, made in manifests.parse(stream).items()}
    read = reading.read("helm-create", [str(file)], "shop").objects
    found = {(key.kind, key.name): _comparable(made) for key, made in read.items()}
    # Without a tag the chart takes its appVersion, which the values do not say.
    assert found == expected or "image.tag" in str(EXPECTED[f"helm-create/{file.stem}"])


def _comparable(made: Object) -> Object:
    made = essential(copy.deepcopy(made))
    for node in _maps(made):
        for name in OWN_LABELS - {"app.kubernetes.io/name", "app.kubernetes.io/instance"}:
            node.pop(name, None)
    return made


def _maps(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
    for below in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _maps(below)


def _read(tmp_path: Path, text: str, chart: str = "helm-create", release: str = "shop") -> Any:
    file = tmp_path / "values.yaml"
    file.write_text(text, encoding="utf-8")
    return reading.read(chart, [str(file)], release)


def test_what_the_values_say_passes_invoke_lint(
    tmp_path: Path, import_: Import, capsys: pytest.CaptureFixture[str]
) -> None:
    imported = import_(DATA / "charts" / "onechart" / "api.yaml", form="onechart", service="shop")
    file = tmp_path / "shop.yaml"
    file.write_text(imported.text, encoding="utf-8")
    named_files.lint([str(file)])
    assert "DATABASE_PASSWORD" not in capsys.readouterr().out


def test_an_unknown_form_lists_those_there_are() -> None:
    with pytest.raises(UserError) as refused:
        others.read("onecharts", ["values.yaml"], "shop", False)
    known = ", ".join(others.FORMS)
    assert str(refused.value) == f"--from onecharts: expected one of {known}; did you mean onechart?"


def test_values_do_not_say_what_their_release_is_called() -> None:
    with pytest.raises(UserError, match="values do not say what their release is called: add --service NAME"):
        others.read("onechart", ["values.yaml"], "", False)


def test_a_key_that_the_chart_does_not_know_is_named_with_a_near_one(tmp_path: Path) -> None:
    read = _read(tmp_path, "replicaCuont: 2\nautoscaling: {enabled: true, maxReplica: 5}\n")
    assert "replicaCuont: helm-create has no such key; did you mean replicaCount?" in read.left
    assert "autoscaling.maxReplica: helm-create has no such key; did you mean maxReplicas?" in read.left


def test_a_template_that_only_the_chart_can_evaluate_is_named(tmp_path: Path) -> None:
    values = "deployment: {image: {repository: a, tag: b}, args: ['{{ .Values.x }}', '{{ .Release.Name }}']}"
    read = _read(tmp_path, values, "stakater")
    assert read.left == ["deployment.args: a template of stakater: write what it gives"]
    assert "args': ['{{ .Values.x }}', 'shop']" in str(read.objects)


def test_objects_that_would_replace_each_other_are_named(tmp_path: Path) -> None:
    made = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}"
    read = _read(tmp_path, f"extraObjects: [{made}, {made}, {{kind: Odd}}]", "stakater")
    assert "v1 ConfigMap a: an object needs a name of its own" in read.left
    assert "Odd: an object needs a name of its own" in read.left


def test_a_value_of_another_type_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"^ingress: helm-create expects something else there$"):
        _read(tmp_path, "image: {tag: a}\ningress: yes-please\n")


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        (
            "extraEnvVars: [LOG_LEVEL]",
            r"(?s)Deployment shop-nginx: .*env.*--from bitnami-nginx-like: these files",
        ),
        ("resources: {requests: {cpu: much}, limits: {cpu: 1}}", "the chart refuses the values above"),
        ("image: {pullSecrets: [{}]}", "these files make objects that Kubernetes would refuse"),
        (
            "extraEnvVarsCM: [a]",
            "these files make objects that Kubernetes would refuse|Deployment shop-nginx: ",
        ),
    ],
)
def test_what_kubernetes_would_refuse_is_refused(values: str, problem: str, import_: Import) -> None:
    with pytest.raises(UserError, match=problem):
        import_(values, form="bitnami-nginx-like", service="shop")


def test_files_are_laid_over_each_other_and_null_removes_a_default(tmp_path: Path) -> None:
    for name, text in (
        ("a", "image: {tag: a}\nreplicaCount: 2\n"),
        ("b", "image: {tag: b}\nlivenessProbe: null\n"),
    ):
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    read = reading.read("helm-create", [str(tmp_path / "a.yaml"), str(tmp_path / "b.yaml")], "shop")
    deployment = next(made for key, made in read.objects.items() if key.kind == "Deployment")
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    assert (deployment["spec"]["replicas"], container["image"]) == (2, "nginx:b")
    assert "livenessProbe" not in container
    assert "readinessProbe" in container


def test_values_can_come_from_standard_input(tmp_path: Path) -> None:
    file = tmp_path / "values.yaml"
    file.write_text("image: {repository: myrepo/shop, tag: a}\n", encoding="utf-8")
    saved, opened = os.dup(0), os.open(file, os.O_RDONLY)
    os.dup2(opened, 0)
    try:
        read = reading.read("helm-create", ["-"], "shop")
    finally:
        os.dup2(saved, 0)
    assert "myrepo/shop:a" in str(read.objects)


def test_what_the_chart_takes_for_a_secret_is_found_by_its_own_rule() -> None:
    variables = [
        ("LOG_LEVEL", "info"),
        ("DB_PASSWORD", "correct-horse"),
        ("URL", "postgresql://shop:correct-horse@db:5432/shop"),
        ("TOKEN_FILE", "/run/token"),
        ("API_TOKEN", "line one\nline two"),
    ]
    assert plaintext.looking_like_secrets(variables) == [1, 2, 4]


def test_with_secrets_the_values_have_what_is_in_plain_text(import_: Import) -> None:
    file = DATA / "charts" / "onechart" / "api.yaml"
    imported = import_(file, form="onechart", service="shop", secrets=True)
    assert "correct-horse" in imported.text
    assert "correct-horse" not in imported.report
