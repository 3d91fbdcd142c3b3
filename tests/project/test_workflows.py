"""GitHub's workflows may do little, run what is pinned, and call the tasks that anyone can call."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from ci.base.repository import root
from ci.kubernetes.versions import OLDEST
from ci.publishing import signed_registry
from tests.support import pipelines
from tests.support.invoking import task_fault

FILES = sorted((root() / ".github/workflows").glob("*.y*ml"))
# What a job may do beyond reading the repository.
GRANTED = {
    "release.yaml registry": {
        "contents": "read",
        "packages": "write",
        "id-token": "write",
        "attestations": "write",
    },
    "release.yaml pages": {"contents": "write"},
}


class Job(NamedTuple):
    """A job with what it consists of; ``name`` has the file's name before its own."""

    name: str
    parts: dict[str, Any]

    def __str__(self) -> str:
        return self.name

    @property
    def scripts(self) -> list[str]:
        """The shell scripts that it runs."""
        return [step["run"] for step in self.parts.get("steps", []) if "run" in step]


def read(file: Path) -> dict[str, Any]:
    # Texts as they stand there: YAML 1.1 would take the key `on` for true.
    found: dict[str, Any] = yaml.load(file.read_text(encoding="utf-8"), yaml.BaseLoader)  # noqa: S506
    return found


JOBS = [Job(f"{file.name} {name}", parts) for file in FILES for name, parts in read(file)["jobs"].items()]
each_file = pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
each_job = pytest.mark.parametrize("job", JOBS, ids=str)


def test_actionlint_and_shellcheck_find_nothing() -> None:
    assert pipelines.in_workflows(FILES) == ""
    assert pipelines.in_scripts([root() / ".ci/run"]) == ""


@each_file
def test_a_workflow_may_read_and_nothing_else(file: Path) -> None:
    assert read(file)["permissions"] == {"contents": "read"}


@each_job
def test_a_job_may_do_what_it_was_granted_here(job: Job) -> None:
    assert job.parts.get("permissions") == GRANTED.get(job.name)


@each_file
def test_a_workflow_does_not_run_twice_at_once(file: Path) -> None:
    assert read(file)["concurrency"].keys() == {"group", "cancel-in-progress"}


@each_job
def test_a_job_ends_in_time(job: Job) -> None:
    assert "uses" in job.parts or int(job.parts["timeout-minutes"]) <= 60


@each_file
def test_every_action_is_pinned_by_digest_and_tells_its_version(file: Path) -> None:
    used = re.findall(r"uses: (.*)", file.read_text(encoding="utf-8"))
    assert used != []
    pinned = r"[\w-]+/[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+|\./\.github/workflows/[\w-]+\.yaml"
    assert [line for line in used if not re.fullmatch(pinned, line)] == []


def test_every_workflow_uses_the_same_version_of_an_action() -> None:
    texts = "".join(file.read_text(encoding="utf-8") for file in FILES)
    used = set(re.findall(r"uses: ([\w/-]+)@(.*)", texts))
    assert len(used) == len({action for action, _ in used})


@each_job
def test_a_script_contains_nothing_that_github_puts_in(job: Job) -> None:
    # What is put into a script is run by it; and a secret would show in the list of processes.
    assert [script for script in job.scripts if "${{" in script] == []


@each_job
def test_a_secret_is_read_from_standard_input(job: Job) -> None:
    assert [script for script in job.scripts if re.search(r"--(password|token)\b(?!-stdin)", script)] == []


@each_job
def test_every_task_is_there_and_takes_what_it_is_given(job: Job) -> None:
    lines = [line for script in job.scripts for line in script.splitlines() if "-m ci" in line]
    faults = {line: task_fault(shlex.split(line)[3:]) for line in lines}
    assert {line: fault for line, fault in faults.items() if fault} == {}


def test_tests_and_publishing_are_tasks_that_anyone_can_call() -> None:
    # `invoke new` writes deploy-<service>.yaml, with tasks of its own.
    own = [job for job in JOBS if not job.name.startswith("deploy-")]
    called = {match for job in own for script in job.scripts for match in re.findall(r"-m ci (\w+)", script)}
    assert called == {"build", "mutate", "outdated", "package", "publish", "test"}


def test_the_oldest_cluster_is_of_the_oldest_version_that_is_supported() -> None:
    jobs = read(root() / ".github/workflows/test.yaml")["jobs"]
    oldest, newest = jobs["cluster"]["strategy"]["matrix"]["include"]
    assert oldest["image"].startswith(f"kindest/node:v{OLDEST}.")
    assert newest["image"] == ""


def test_the_tests_of_operators_run_in_the_newest_cluster_and_one_that_kind_cannot_pass_in_none() -> None:
    job = read(root() / ".github/workflows/test.yaml")["jobs"]["cluster"]
    assert [row["operators"] for row in job["strategy"]["matrix"]["include"]] == ["", "all"]
    (step,) = (step for step in job["steps"] if "--cluster" in step.get("run", ""))
    assert '--operators "$OPERATORS"' in step["run"]
    assert step["env"]["OPERATORS"] == "${{ matrix.operators }}"
    file, _, name = step["env"]["PYTEST_ADDOPTS"].removeprefix("--deselect=").partition("::")
    assert f"def {name}(" in (root() / file).read_text(encoding="utf-8")


def test_both_destinations_wait_for_the_tests() -> None:
    jobs = read(root() / ".github/workflows/release.yaml")["jobs"]
    assert {name for name, job in jobs.items() if job.get("needs") == "test"} == {"registry", "pages"}


def test_what_the_release_publishes_in_the_registry_is_attested_before_and_signed_by_the_workflow() -> None:
    steps = read(root() / ".github/workflows/release.yaml")["jobs"]["registry"]["steps"]
    did = [step.get("run") or step["uses"].partition("@")[0] for step in steps]
    made, attested, published = (
        next(place for place, one in enumerate(did) if one.startswith(start))
        for start in ("python3 -m ci package", "actions/attest", "python3 -m ci publish")
    )
    assert made < attested < published
    assert steps[attested]["with"] == {"subject-path": "dist/*.tgz"}
    assert did[published].endswith(" --keyless")


def test_the_readme_verifies_the_identity_of_the_release_workflow_and_of_no_other() -> None:
    readme = (root() / "README.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"--certificate-identity-regexp '(\S+)'", readme)
    identity = "https://github.com/OWNER/REPOSITORY/.github/workflows/release.yaml@refs/tags/v1.2.3"
    assert re.search(shown, identity)
    for other in ("release.yaml@refs/heads/main", "test.yaml@refs/tags/v1.2.3"):
        assert not re.search(shown, identity.replace("release.yaml@refs/tags/v1.2.3", other))
    assert f"--certificate-oidc-issuer {signed_registry.ISSUER}" in readme


def test_what_is_outdated_is_asked_each_week() -> None:
    workflow = read(root() / ".github/workflows/outdated.yaml")
    (schedule,) = workflow["on"]["schedule"]
    assert re.fullmatch(r"\d+ \d+ \* \* \d", schedule["cron"])
    assert workflow["jobs"]["outdated"]["steps"][-1]["run"] == "python3 -m ci outdated"
