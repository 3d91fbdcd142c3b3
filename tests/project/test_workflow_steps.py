"""What the steps of GitHub's workflows do, on a clean checkout and as GitHub's runner runs them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from ci.base import git, programs
from ci.base.repository import root
from ci.starting import starting
from ci.starting.answers import ask
from tests.support.checkouts import copied
from tests.support.git_repository import GitRepository
from tests.support.repository import Repository

# The first line of each script that is run here, or why it is not.
RUN = {
    "python3 -m ci package",
    "if git show-ref --quiet refs/remotes/origin/gh-pages; then",
    'python3 -m ci publish --to "$RUNNER_TEMP/site"',
    'cd "$RUNNER_TEMP/site"',
    'umask 077 && printf "%s" "$CONTENT" > "$RUNNER_TEMP/kubeconfig"',
    "python3 -m ci lint --format github values/api.yaml values/api/*.yaml",
}
LEFT = {
    "python3 -m ci build": "takes minutes; the tests run its parts, and test_bootstrap.py the environment's",
    "sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0": "changes the machine",
    "python3 -m ci test --no-cluster --junit report.xml": "runs this test",
    'python3 -m ci test --cluster --operators "$OPERATORS" --junit report.xml': "runs this test, too",
    'python3 -m ci mutate --changed "origin/$GITHUB_BASE_REF" --minutes 5': (
        "takes minutes; test_mutate.py tests what is changed since a commit"
    ),
    "python3 -m ci report --from HEAD^1": "needs a merge commit; test_reporting.py compares with a commit",
    "python3 -m ci outdated": "asks the network; test_outdated.py answers in its place",
    'helm registry login ghcr.io --username "$GITHUB_ACTOR" --password-stdin <<< "$TOKEN"': "needs ghcr.io",
    'python3 -m ci publish --to "oci://ghcr.io/${GITHUB_REPOSITORY,,}" --keyless': (
        "needs ghcr.io and Sigstore; test_signed_registry.py publishes to a registry of this machine"
    ),
    **dict.fromkeys(
        (
            f"python3 -m ci {task} {environment} --service api{option}"
            for task, option in (("diff", ""), ("deploy", " --yes"))
            for environment in ("staging", "production")
        ),
        "needs a cluster",
    ),
}


class Step(NamedTuple):
    """A step that runs a script."""

    workflow: str
    job: str
    script: str
    variables: Mapping[str, str]

    @property
    def first_line(self) -> str:
        return self.script.partition("\n")[0]


def steps(folder: Path) -> Iterator[Step]:
    for file in sorted((folder / ".github/workflows").glob("*.yaml")):
        workflow: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
        for name, job in workflow["jobs"].items():
            for step in job.get("steps", []):
                if "run" in step:
                    yield Step(file.stem, name, step["run"], step.get("env", {}))


class Runner:
    """Runs steps in a folder as GitHub's runner does: with its variables only, but this test's Python."""

    def __init__(self, checkout: Path, temporary: Path) -> None:
        self.checkout = checkout
        self.temporary = temporary
        (path := temporary / "path").mkdir(parents=True)
        python = path / "python3"
        # Without python3 -m ci's own environment, which test_bootstrap.py creates.
        python.write_text(
            f'#!/bin/sh -e\n[ "$1 $2" = "-m ci" ]\nshift 2\nexec {sys.executable} -m invoke "$@"\n'
        )
        python.chmod(0o755)
        self._variables = {
            "PATH": f"{path}:{os.environ['PATH']}",
            "HOME": str(temporary),
            "CI": "true",
            "GITHUB_ACTOR": "octocat",
            "GITHUB_REF_NAME": "v1.2.3",
            "RUNNER_TEMP": str(temporary),
            programs.CACHE_VARIABLE: str(programs.cache_folder()),
        }

    def run(self, step: Step, **secrets: str) -> str:
        """Run a step and return its output; ``secrets`` are its own variables.

        https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idstepsshell
        """
        assert step.variables.keys() == secrets.keys()
        script = self.temporary / "step.sh"
        script.write_text(step.script)
        ended = subprocess.run(
            ["bash", "-e", script],
            cwd=self.checkout,
            env={**self._variables, **secrets},
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == 0, f"{step.script}\n{ended.stdout}{ended.stderr}"
        return ended.stdout


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> GitRepository:
    """Return a repository with the harness of this one and a small chart, with a tag for 1.2.3."""
    folder = copied(tmp_path_factory.mktemp("origin") / "repository", ".github", "artifacthub-repo.yml")
    shutil.rmtree(folder / "charts")
    Repository(folder)
    made = GitRepository(folder)
    made.write("charts/microservice/README.md", "```sh\nhelm install api <chart>\n```\n")
    made.write("charts/microservice/values.yaml", "{}\n")
    draft = "http://json-schema.org/draft-07/schema#"
    made.write("charts/microservice/schema.yaml", f"{{$schema: '{draft}', type: object, properties: {{}}}}\n")
    release(made, "1.2.3")
    return made


def release(repository: GitRepository, version: str) -> None:
    repository.write(
        "charts/microservice/Chart.yaml", f"{{apiVersion: v2, name: microservice, version: {version}}}"
    )
    repository.write("CHANGELOG.md", f"# Changelog\n\n## [{version}]\n\n### Added\n\n- The charts.\n")
    repository.commit()
    repository.git("tag", f"v{version}")


def checked_out(origin: GitRepository, tag: str, folder: Path) -> Path:
    """Return a clone as actions/checkout makes it of a tag, with all branches and tags."""
    origin.git("clone", "--quiet", str(origin.root), str(folder))
    git.run(folder, "checkout", "--quiet", tag)
    return folder


@pytest.fixture(scope="module")
def deploying(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of this repository with the workflow that `invoke new` writes for a service."""
    folder = copied(tmp_path_factory.mktemp("deploying") / "repository")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("ci.base.repository._ROOT", folder)
        starting.run(ask("api", image="registry.example.com/api:1.2.3"), "github", True)
    return folder


def test_every_step_is_run_here_or_has_a_reason_not_to_be(deploying: Path) -> None:
    found = {step.first_line for step in (*steps(root()), *steps(deploying))}
    assert found == RUN | LEFT.keys()
    assert not RUN & LEFT.keys()


def test_each_tag_is_added_to_the_branch_that_pages_shows(origin: GitRepository, tmp_path: Path) -> None:
    of_pages = [step for step in steps(root()) if (step.workflow, step.job) == ("release", "pages")]
    assert len(of_pages) == 3
    for time, version in enumerate(("1.2.3", "1.2.4", "1.2.4")):
        if f"v{version}" not in origin.git("tag").split():
            release(origin, version)
        folder = tmp_path / str(time)
        runner = Runner(checked_out(origin, f"v{version}", folder / "checkout"), folder / "temporary")
        for step in of_pages:
            runner.run(step)
    files = origin.git("ls-tree", "-r", "--name-only", "gh-pages").split()
    assert {f"microservice-{version}.tgz" for version in ("1.2.3", "1.2.4")} <= set(files)
    assert {"index.yaml", "index.html", ".nojekyll"} <= set(files)
    assert not [name for name in files if name.endswith(".lock")]
    # The third one, a release that is run again, changed nothing.
    log = origin.git("log", "--format=%an %s", "gh-pages").splitlines()
    assert log == ["octocat Publish v1.2.3"] * 2


def test_what_is_attested_is_what_the_package_step_makes(origin: GitRepository, tmp_path: Path) -> None:
    (step,) = (step for step in steps(root()) if step.first_line == "python3 -m ci package")
    runner = Runner(checked_out(origin, "v1.2.3", tmp_path / "checkout"), tmp_path / "temporary")
    runner.run(step)
    made = sorted(file.name for file in runner.checkout.glob("dist/*.tgz"))
    assert made == ["microservice-1.2.3.tgz"]


def test_a_deployment_lints_and_keeps_its_kubeconfig_to_itself(deploying: Path, tmp_path: Path) -> None:
    own = {step.first_line: step for step in steps(deploying)}
    runner = Runner(deploying, tmp_path)
    printed = runner.run(own["python3 -m ci lint --format github values/api.yaml values/api/*.yaml"])
    assert all(line.startswith("::warning file=values/api") for line in printed.splitlines()), printed
    writing = next(step for line, step in own.items() if line.startswith("umask"))
    runner.run(writing, CONTENT="apiVersion: v1\nkind: Config\n")
    kubeconfig = tmp_path / "kubeconfig"
    assert kubeconfig.read_text() == "apiVersion: v1\nkind: Config\n"
    assert kubeconfig.stat().st_mode & 0o777 == 0o600
