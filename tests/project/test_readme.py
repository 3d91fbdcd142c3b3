"""Every example in the documents is run, or rendered and validated."""

from __future__ import annotations

import functools
import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from ci.base import kubernetes_yaml
from ci.base.programs import HELM, find
from ci.base.repository import root
from ci.charts import catalog, environments, helm
from ci.charts.catalog import Chart, find_case
from ci.checks import naming, references
from ci.kubernetes import custom_kinds, fields, manifests, validation
from ci.kubernetes.definitions import names_of_kinds
from ci.kubernetes.versions import NEWEST
from ci.kubernetes.workloads import dig
from ci.values import lint
from tests.support.documents import DOCUMENTS, ENVIRONMENTS, HOOKS, Fence, fences
from tests.support.invoking import task_fault
from tests.support.repository import Repository

# The values that examples leave out because they are about something else.
NEEDED = {"microservice": 'image: {repository: myrepo/api, tag: "1.2.3"}', "namespace": "{}"}
# Files that commands name and a reader has; those of values/ exist.
OWN_FILES = ("api.yaml", "production.yaml")
KINDS = {"deployment", "deployments", "replicasets", "cronjobs", "jobs", "pods", "configmaps", "secrets"}
KINDS |= {
    "serviceaccounts",
    "networkpolicies",
    "pvc",
    "events",
    "secret",
    "service",
    "clusterrolebinding",
    "externalsecret",
    "secretstore",
}
VERBS = {"annotate", "create", "delete", "get", "label", "patch", "scale"}


def chart_of(fence: Fence) -> Chart:
    """The chart that a block's document is about."""
    charts = {chart.path: chart for chart in catalog.charts()}
    return charts.get(fence.document.parent, charts[root() / "charts" / "microservice"])


ALL = [fence for document in DOCUMENTS for fence in fences(document)]


def of(*languages: str) -> list[Fence]:
    return [fence for fence in ALL if fence.language in languages]


def commands() -> list[tuple[Fence, str]]:
    """Every command in a sh block, on one line, and those of console blocks."""
    in_scripts = [
        (fence, command)
        for fence in of("sh")
        for command in re.sub(r"\\\n\s*", "", fence.text).splitlines()
        if not fence.text.startswith("sh -c '")
    ]
    return in_scripts + [(fence, fence.session.command) for fence in of("console")]


def of_program(*starts: str) -> pytest.MarkDecorator:
    found = [(fence, command) for fence, command in commands() if command.startswith(starts)]
    return pytest.mark.parametrize(("fence", "command"), found, ids=[f"{fence} {c}" for fence, c in found])


def of_helm(*, renders: bool) -> pytest.MarkDecorator:
    verbs = ("helm install ", "helm upgrade ", "helm template ")
    found = [
        pytest.param(fence, command, engine, id=f"{engine}-{fence} {command}")
        for fence, command in commands()
        for engine in helm.ENGINES
        # --server-side is shown for Helm 4 alone.
        if not (engine == 3 and "--server-side" in command)
        and (command.startswith(verbs) if renders else command.startswith("helm "))
    ]
    return pytest.mark.parametrize(("fence", "command", "engine"), found)


every_values_example = pytest.mark.parametrize("fence", [one for one in ALL if one.is_values], ids=str)
every_manifest = pytest.mark.parametrize("fence", [one for one in ALL if one.is_manifest], ids=str)


def test_every_example_is_tested() -> None:
    # Tested below, except for gpg, cosign, gh and vault; text is what a deploy prints: test_operations.py.
    known = (
        "helm ",
        "invoke ",
        "python3 -m ci ",
        "kubectl ",
        "gpg ",
        "cosign ",
        "gh ",
        "vault ",
        "echo 'path ",
    )
    assert [str(fence) for fence in ALL if fence.language not in ("yaml", "sh", "console", "text", "")] == []
    assert [f"{fence}: {command}" for fence, command in commands() if not command.startswith(known)] == []
    assert {str(fence.document.relative_to(root())) for fence in of("text")} == {"docs/operations.md"}
    # The invalid values file and what lint prints; test_versioned_settings.py runs the one script.
    assert {str(fence.document.relative_to(root())) for fence in of("")} == {"docs/values-repository.md"}
    assert len(of("")) == 2
    scripts = [fence for fence in of("sh") if fence.text.startswith("sh -c '")]
    assert [str(fence.document.relative_to(root())) for fence in scripts] == ["charts/microservice/README.md"]
    assert sum(text.read_text(encoding="utf-8").count("```") for text in DOCUMENTS) == 2 * len(ALL)


@every_values_example
def test_values_have_no_fault(fence: Fence, tmp_path: Path) -> None:
    file = tmp_path / "values.yaml"
    file.write_text(fence.text, encoding="utf-8")
    assert lint.faults(file, chart_of(fence)) == []


@every_values_example
def test_values_render_objects_that_are_valid_and_find_each_other(fence: Fence, tmp_path: Path) -> None:
    files = [tmp_path / "needed.yaml", tmp_path / "values.yaml"]
    for file, text in zip(files, (NEEDED[chart_of(fence).name], fence.text), strict=True):
        file.write_text(text, encoding="utf-8")
    # The test above has read the schema.
    extra = ["--skip-schema-validation"]
    objects = manifests.parse(helm.template(chart_of(fence).path, files, engine=4, extra=extra))
    assert validation.report(fields.problems(objects.values())) == []
    assert [
        str(finding) for finding in (*references.findings(objects, "api"), *naming.findings(objects))
    ] == []


@functools.cache
def flags(engine: int, *command: str) -> set[str]:
    """The flags that the help of a command of Helm names."""
    told = helm.run(engine, [*command, "--help"], subject="help").stdout
    return set(re.findall(r"(?<=\s)--?[a-z0-9-]+", told))


@of_helm(renders=False)
def test_helm_knows_each_flag_of_its_commands(fence: Fence, command: str, engine: int) -> None:
    words = shlex.split(command, comments=True)[1:]
    known = flags(engine, *words[: 2 if words[0] in ("registry", "repo") else 1])
    assert {word.partition("=")[0] for word in words if word.startswith("-")} - known == set()


@of_helm(renders=True)
def test_helm_renders_what_a_command_installs(
    fence: Fence, command: str, engine: int, tmp_path: Path
) -> None:
    # Another project's chart is not downloaded: its flags are tested with ours.
    command = re.sub(r"external-secrets --repo \S+", "<chart> --set image.repository=a,image.tag=b", command)
    command = re.sub(r"<chart>|dist/microservice-\S+\.tgz", str(chart_of(fence).path), command)
    for name in OWN_FILES:
        (tmp_path / name).write_text(NEEDED[chart_of(fence).name], encoding="utf-8")
        command = command.replace(f"-f {name}", f"-f {tmp_path / name}")
    _, verb, *words = shlex.split(command, comments=True)
    words = [word for word in words if word != "--install"]
    if engine == 3:
        # Its dry run needs a cluster.
        verb = "template"
    else:
        words += ["--dry-run=client", *(["--install"] if verb == "upgrade" else [])]
    # Releases are kept in memory, which starts empty.
    none_yet = tmp_path / "releases.yaml"
    none_yet.write_text("[]", encoding="utf-8")
    environment = {
        **helm.LEAN,
        "PATH": os.environ["PATH"],
        "HELM_DRIVER": "memory",
        "HELM_MEMORY_DRIVER_DATA": str(none_yet),
        "KUBECONFIG": str(tmp_path / "none"),
        **{f"HELM_{home}_HOME": str(tmp_path) for home in ("CACHE", "CONFIG", "DATA")},
    }
    asked = subprocess.run(
        [str(find(HELM[engine])), verb, *words],
        cwd=root(),
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert asked.returncode == 0, asked.stderr
    assert "\nkind: " in asked.stdout


@every_manifest
def test_a_manifest_is_valid(fence: Fence) -> None:
    for made in kubernetes_yaml.load_all(fence.text, str(fence)):
        assert validation.validate(made, NEWEST) == []
        # What has no definition would not be validated.
        kind = made["apiVersion"], made["kind"]
        assert kind in names_of_kinds(NEWEST) or custom_kinds.schema(*kind, {})


@every_manifest
def test_the_values_in_a_manifest_have_no_fault(fence: Fence, tmp_path: Path) -> None:
    for made in kubernetes_yaml.load_all(fence.text, str(fence)):
        values = dig(made, "spec", "values") or dig(made, "spec", "source", "helm", "valuesObject")
        if values:
            file = tmp_path / "values.yaml"
            file.write_text(kubernetes_yaml.dump([values]), encoding="utf-8")
            assert lint.faults(file, chart_of(fence)) == []


def test_environments_in_a_document_are_valid(repository: Repository) -> None:
    shown = [fence for fence in ALL if fence.text.startswith(ENVIRONMENTS)]
    assert shown
    for fence in shown:
        repository.write("values/environments.yaml", fence.text)
        assert environments.environments()


def test_the_hook_in_a_document_exists() -> None:
    defined = kubernetes_yaml.load((root() / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"), "hooks")
    (shown,) = (fence for fence in ALL if fence.text.startswith(HOOKS))
    (used,) = kubernetes_yaml.load(shown.text, str(shown))["repos"]
    assert {hook["id"] for hook in used["hooks"]} == {hook["id"] for hook in defined}


@of_program("invoke ", "python3 -m ci ")
def test_a_task_accepts_its_arguments(fence: Fence, command: str) -> None:
    words = shlex.split(re.sub(r"<\w+>", "api", command), comments=True)
    assert task_fault(words[1:] if words[0] == "invoke" else words[3:]) == ""


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(root())))
def test_tasks_named_in_a_sentence_exist(document: Path) -> None:
    text = re.sub(r"^```.*?^```$", "", document.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    named = [shlex.split(words) for words in re.findall(r"`(?:invoke|python3 -m ci) ([^`]+)`", text)]
    faults = {" ".join(words): task_fault(words) for words in named if words[0] not in ("--list", "--help")}
    # A task may be named without what it needs.
    assert {words: fault for words, fault in faults.items() if fault and "required" not in fault} == {}


@of_program("kubectl ")
def test_a_kubectl_command_is_about_objects_of_the_chart(fence: Fence, command: str) -> None:
    words = shlex.split(command, comments=True)
    assert VERBS & set(words)
    kinds = next(words[at + 1] for at, word in enumerate(words) if word in VERBS)
    assert set(kinds.partition("/")[0].split(",")) <= KINDS
    if "-l" in words:
        wanted = dict(pair.split("=") for pair in words[words.index("-l") + 1].split(","))
        made = [
            {**found["metadata"].get("labels", {}), "app.kubernetes.io/instance": "api"}
            for name in ("versioned", "migration")
            for found in manifests.parse(helm.render(find_case(name), 4)).values()
        ]
        assert any(wanted.items() <= labels.items() for labels in made)


def test_lint_prints_what_the_page_on_values_shows(tmp_path: Path) -> None:
    wrong, shown = (fence.text for fence in of(""))
    file = tmp_path / "wrong.yaml"
    file.write_text(wrong, encoding="utf-8")
    faults = lint.faults(file, find_case("api").chart)
    assert [str(fault).replace(str(file), "values/wrong.yaml") for fault in faults] == shown.splitlines()
