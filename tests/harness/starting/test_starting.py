"""`invoke new` writes a set of files that lint finds nothing in, and never over another file."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import yaml

from ci.base.errors import UserError
from ci.charts import environments, overlays
from ci.checks import values_files
from ci.reporting import reporting
from ci.starting import starting
from ci.starting.answers import Answers, ask
from tests.support import pipelines
from tests.support.invoking import task_fault
from tests.support.repository import Repository

IMAGE = "registry.example.com/shop/api:1.2.3"


def new(ci: str = "", force: bool = False, flags: dict[str, str] | None = None) -> Answers:
    answers = ask(**{"service": "api", "image": IMAGE, **(flags or {})})
    starting.run(answers, ci, force)
    return answers


def found_in(files: list[Path], folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return what lint finds, by the real chart, in files of a temporary repository."""
    monkeypatch.undo()
    return [str(fault) for file in files for fault in values_files.faults(overlays.read(str(file), folder))]


@pytest.mark.parametrize(
    "flags",
    [
        {},
        {"port": "8080", "health": "/ready", "host": "api.example.com"},
        {"environment": "dev,staging,production", "host": "api.example.com"},
    ],
    ids=str,
)
def test_lint_finds_nothing_in_a_new_set(
    flags: dict[str, str], repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = new(flags=flags)
    values = repository.root / "values"
    files = [values / "api.yaml", *sorted((values / "api").glob("*.yaml")), values / "environments.yaml"]
    assert len(files) == 2 + len(answers.environments)
    (folder := tmp_path / "kept").mkdir()
    found = found_in(files, folder, monkeypatch)
    # The service alone has no certificate yet; that of production is in its own file.
    assert [fault for fault in found if "guardrails.allow.noTLS" not in fault] == []
    assert all("warning" in fault for fault in found)


def test_environments_are_made_once_and_production_is_protected(repository: Repository) -> None:
    new()
    assert [(one.name, one.context, one.protected) for one in environments.environments().values()] == [
        ("dev", "invoke-up", False),
        ("production", "production", True),
    ]
    before = (repository.root / "values/environments.yaml").read_text()
    new(flags={"service": "shop"})
    assert (repository.root / "values/environments.yaml").read_text() == before
    assert sorted(path.name for path in (repository.root / "values/shop").iterdir()) == [
        "dev.yaml",
        "production.yaml",
    ]


def test_an_environment_that_is_not_there_yet_is_refused(repository: Repository) -> None:
    new()
    with pytest.raises(UserError, match=r"^--environments qa: add it to values/environments\.yaml first$"):
        new(flags={"service": "shop", "environment": "qa"})
    assert not (repository.root / "values/shop.yaml").exists()


def test_a_file_that_is_there_is_replaced_only_by_force(repository: Repository) -> None:
    file = repository.write("values/api.yaml", "replicaCount: 7\n")
    with pytest.raises(UserError, match=r"^values/api\.yaml: there already; choose another name"):
        new()
    assert file.read_text() == "replicaCount: 7\n"
    assert [path.name for path in (repository.root / "values").iterdir()] == ["api.yaml"]
    new(force=True)
    assert "registry.example.com/shop/api" in file.read_text()


def test_the_same_answers_write_the_same_files_again(repository: Repository) -> None:
    new(ci="github")
    new(ci="github")


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"service": "Api"}, "SERVICE Api: expected lowercase letters, digits and -, a letter first"),
        ({"image": ""}, "--image (missing): name it with a version, such as myrepo/api:1.2.3"),
        ({"image": "myrepo/api"}, "--image myrepo/api: name it with a version"),
        ({"image": "myrepo/api:latest"}, "--image myrepo/api:latest: name it with a version"),
        ({"port": "http"}, "--port http: expected a number from 1 to 65535"),
        ({"port": "70000"}, "--port 70000: expected a number from 1 to 65535"),
        ({"health": "ready"}, "--health ready: expected a path, such as /health"),
        ({"host": "https://a"}, "--host https://a: expected a name, such as api.example.com"),
        ({"environment": "dev,,prod"}, "--environments : expected names with commas between"),
    ],
)
@pytest.mark.usefixtures("repository")
def test_an_answer_that_cannot_be_is_refused_with_its_flag(flags: dict[str, str], message: str) -> None:
    with pytest.raises(UserError) as refused:
        new(flags=flags)
    assert str(refused.value).startswith(message)


@pytest.mark.usefixtures("repository")
def test_on_a_terminal_what_no_flag_says_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    typed = {"The image": "a/b:1", "The port": "9000"}

    def answer(question: str, **_: object) -> str:
        asked.append(question)
        return next((text for start, text in typed.items() if question.startswith(start)), "")

    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("ci.starting.answers.err.input", answer)
    answers = ask("api", host="api.example.com")
    assert answers == Answers("api", "a/b", "1", 9000, "/health", "api.example.com", ("dev", "production"))
    assert len(asked) == 4


def commands(text: str) -> list[str]:
    return re.findall(r"python3 -m ci (.*)", text)


@pytest.mark.parametrize(
    ("kind", "file"),
    [("github", ".github/workflows/deploy-api.yaml"), ("gitlab", ".gitlab/api.yml")],
)
def test_a_pipeline_lints_shows_the_diff_and_deploys_in_order(
    kind: str, file: str, repository: Repository
) -> None:
    new(kind, flags={"environment": "dev,staging,production"})
    text = (repository.root / file).read_text()
    assert yaml.safe_load(text)
    tasks = [shlex.split(command) for command in commands(text)]
    assert [task_fault(words) for words in tasks] == [""] * 6
    assert [words[0] for words in tasks].count("lint") == 1
    assert [words[0] for words in tasks].count("report") == 1
    assert [words[1] for words in tasks if words[0] == "diff"] == ["staging", "production"]
    # That in the cluster of `invoke up` is on somebody's own machine.
    assert [words[1] for words in tasks if words[0] == "deploy"] == ["staging", "production"]
    assert {"KUBECONFIG_STAGING", "KUBECONFIG_PRODUCTION"} <= set(re.findall(r"KUBECONFIG_\w+", text))


def test_linters_of_github_and_gitlab_find_nothing_in_a_pipeline(repository: Repository) -> None:
    flags = {"environment": "dev,staging,production"}
    new("github", flags=flags)
    new("gitlab", flags={**flags, "service": "shop"})
    assert pipelines.in_workflows([repository.root / ".github/workflows/deploy-api.yaml"]) == ""
    names = (".gitlab-ci.yml", ".gitlab/shop.yml")
    assert pipelines.in_pipelines([repository.root / name for name in names]) == ""


def test_a_workflow_reads_only_and_runs_the_actions_that_this_repository_pins(repository: Repository) -> None:
    new(ci="github")
    text = (repository.root / ".github/workflows/deploy-api.yaml").read_text()
    own = Path(__file__).parents[3] / ".github/workflows/test.yaml"
    pinned = set(re.findall(r"uses: (.*)", own.read_text()))
    assert set(re.findall(r"uses: (.*)", text)) <= pinned
    assert yaml.safe_load(text)["permissions"] == {"contents": "read"}


def test_a_report_compares_a_change_with_what_it_is_merged_into(repository: Repository) -> None:
    new("github")
    new("gitlab")
    jobs = yaml.safe_load((repository.root / ".github/workflows/deploy-api.yaml").read_text())["jobs"]
    checkout, *_, upload = jobs["report"]["steps"]
    # The merge commit of a pull request, and its parents.
    assert checkout["with"]["fetch-depth"] == 2
    assert upload["with"]["path"] == reporting.DEFAULT
    job = yaml.safe_load((repository.root / ".gitlab/api.yml").read_text())["api-report"]
    assert job["variables"] == {"GIT_DEPTH": "0"}
    assert job["artifacts"]["paths"] == [reporting.DEFAULT]


def test_a_deploy_waits_for_the_one_before(repository: Repository) -> None:
    new("github", flags={"environment": "staging,production"})
    jobs = yaml.safe_load((repository.root / ".github/workflows/deploy-api.yaml").read_text())["jobs"]
    assert jobs["deploy-staging"]["needs"] == "lint"
    assert jobs["deploy-production"]["needs"] == "deploy-staging"


def test_gitlab_includes_the_pipelines_of_all_services(repository: Repository) -> None:
    new(ci="gitlab")
    new("gitlab", flags={"service": "shop"})
    assert yaml.safe_load((repository.root / ".gitlab-ci.yml").read_text()) == {
        "include": [{"local": "/.gitlab/*.yml"}]
    }


def test_a_pipeline_of_gitlab_that_is_there_is_left_alone_and_what_it_lacks_is_said(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = repository.root / ".gitlab-ci.yml"
    whole.write_text("test: {script: make}\n")
    new(ci="gitlab")
    assert whole.read_text() == "test: {script: make}\n"
    assert 'Add to .gitlab-ci.yml: include: [{local: "/.gitlab/*.yml"}]\n' in capsys.readouterr().err
    whole.write_text('include: [{local: "/.gitlab/*.yml"}]\n')
    new("gitlab", flags={"service": "shop"})
    assert ".gitlab-ci.yml" not in capsys.readouterr().err


@pytest.mark.usefixtures("repository")
def test_another_kind_of_pipeline_is_refused_before_anything_is_written(repository: Repository) -> None:
    with pytest.raises(UserError, match=r"^--ci githb: expected github or gitlab; did you mean github\?"):
        new(ci="githb")
    assert not (repository.root / "values").exists()
