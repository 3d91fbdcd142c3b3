"""The commands of docs/guide.md do, in the order of the page, what the page shows."""

from __future__ import annotations

import json
import os
import re
import secrets
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ci.base import kubernetes_yaml, programs
from ci.base.repository import root
from ci.clusters import docker, kind
from ci.clusters.lifecycle import RUN_LABEL, Cluster
from ci.deploy.releases import Releases
from tests.support.documents import ENVIRONMENTS, Fence, Session, fences
from tests.support.git_repository import GitRepository
from tests.support.namespaces import Namespaces

PAGE = list(fences(root() / "docs" / "guide.md"))
COMMANDS = 10
SECRETS = re.findall(r"--from-literal=\w+=(\S+)", "".join(fence.text for fence in PAGE))
COPIED = ("charts", "ci", "values", "tests/cluster/app")
FIRST_TAG = "v1.0.0"
IMAGES = ("myrepo/api:v1.0.0", "myrepo/api:v1.1.0")
# Where the mistake of the page is made.
MISTAKEN = "values/api/staging.yaml"
# What depends on the moment, on names that are drawn, and on the cluster.
VARIES = {
    r"\b\d+ s\b": "N s",
    r"sha256:[0-9a-f]+(\.\.\.)?": "DIGEST",
    r"\bapi-[0-9a-z]{6,10}-[0-9a-z]{5}\b": "POD",
    r"^[0-9a-z]{5}/api\b": "POD/api",
    r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d": "MOMENT",
    r"^(·.* into) \S+$": r"\1 CLUSTER",
    # The namespace's plan may come before the service's.
    r"^plan\s+": "",
    r"\s+": " ",
}
# How far a rollout is, and how many pods serve, depends on when the cluster is asked.
MAY_LACK = re.compile(r"^\.\.\.$|\d of \d+ new ready|\d old pods? still serving|\$ ")
TYPED = re.compile(r":/\$ (.*)$")


@dataclass(frozen=True)
class Copy:
    """A copy of the repository whose environments are namespaces of the tests' cluster."""

    folder: Path
    cluster: Cluster
    context: str
    namespaces: Mapping[str, str]

    def run(self, command: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command of the page; output and complaints come in one stream, as on a terminal."""
        program, *words = shlex.split(command)
        begin = {
            "invoke": [sys.executable, "-m", "invoke"],
            "helm": [str(programs.find(programs.HELM[4]))],
            "kubectl": [str(programs.find(programs.KUBECTL))],
        }[program]
        if program != "invoke":
            words = [self.namespaces.get(word, word) for word in words]
        return subprocess.run(
            [*begin, *words],
            cwd=self.folder,
            env=os.environ | {"KUBECONFIG": str(self.cluster.kubeconfig), "COLUMNS": "200"},
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    def read(self, path: str) -> dict[str, Any]:
        return dict(kubernetes_yaml.load((self.folder / path).read_text(encoding="utf-8"), path))

    def write(self, path: str, values: Mapping[str, Any]) -> None:
        (self.folder / path).write_text(json.dumps(values), encoding="utf-8")

    def add(self, path: str, values: Mapping[str, Any]) -> None:
        """Set keys at the top of a values file."""
        self.write(path, {**self.read(path), **values})

    def plain(self, line: str) -> str:
        """Return a line without what varies, with the names that the page uses."""
        line = line.replace(self.context, "invoke-up")
        for name, namespace in self.namespaces.items():
            line = line.replace(namespace, name)
        for pattern, name in VARIES.items():
            line = re.sub(pattern, name, line.strip())
        return line


@pytest.fixture
def copy(cluster: Cluster, namespaces: Namespaces, tmp_path: Path) -> Iterator[Copy]:
    """The repository as the page has it: two environments, nothing in them yet, and a commit with a tag."""
    context = cluster.context or f"kind-{cluster.name}"
    if docker.why_not() or context.removeprefix("kind-") not in kind.names():
        pytest.skip(f"{context} is not a kind cluster of this machine")
    folder = tmp_path / "copy"
    for path in COPIED:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(root() / path, folder / path, ignore=ignored)
    shutil.copy(root() / "tasks.py", folder)
    suffix = secrets.token_hex(3)
    copy = Copy(folder, cluster, context, {name: f"{name}-{suffix}" for name in ("staging", "production")})
    (shown,) = (fence for fence in PAGE if fence.text.startswith(ENVIRONMENTS))
    environments = copy.read("values/environments.yaml") | kubernetes_yaml.load(shown.text, "guide.md")
    for name, namespace in copy.namespaces.items():
        environments[name] |= {"context": context, "namespace": namespace}
        copy.add(f"values/namespace/{name}.yaml", {"labels": {RUN_LABEL: cluster.name}})
        # A node of the tests has less room than production.
        copy.add(f"values/api/{name}.yaml", {"resources": {"requests": {"cpu": "10m"}}})
        namespaces.adopt(namespace)
    copy.write("values/environments.yaml", environments)
    repository = GitRepository(folder)
    repository.commit()
    repository.git("tag", FIRST_TAG)
    yield copy
    releases = Releases(cluster.kubeconfig, "default", 4)
    for namespace in copy.namespaces.values():
        if releases.history(namespace):
            releases.uninstall(namespace)
    subprocess.run(["docker", "image", "rm", "--force", *IMAGES], check=False, capture_output=True)


def test_the_ten_commands_do_what_the_page_shows(copy: Copy, observed: Callable[[str], None]) -> None:
    (prepared,) = (fence for fence in PAGE if fence.language == "sh")
    for command in prepared.text.splitlines():
        # The tests' cluster is there already.
        if command != "invoke up":
            done = copy.run(command)
            assert done.returncode == 0, done.stdout
    right = copy.read(MISTAKEN)
    run, mistake = 0, False
    for fence in PAGE:
        if fence.is_values:
            copy.add(MISTAKEN, kubernetes_yaml.load(fence.text, str(fence)))
            mistake = True
        elif fence.language == "console":
            compare(copy, fence, code=1 if mistake else 0)
            copy.write(MISTAKEN, right)
            run, mistake = run + 1, False
    assert run == COMMANDS
    assert SECRETS
    observed(f"{run} commands, from the image to a shell, print what docs/guide.md shows")


def compare(copy: Copy, fence: Fence, code: int) -> None:
    """Run the command of a block, and look for each line of the block in what it prints."""
    session: Session = fence.session
    typed = "".join(f"{match[1]}\n" for line in session.output if (match := TYPED.search(line)))
    ran = copy.run(session.command, typed)
    assert not [value for value in SECRETS if value in ran.stdout], f"{fence}: {session.command}"
    printed = [copy.plain(line) for line in ran.stdout.splitlines()]
    wanted = [copy.plain(line) for line in session.output if not MAY_LACK.search(line)]
    assert ran.returncode == code, f"{fence}: {session.command}\n{ran.stdout}"
    missing = [line for line in wanted if line not in printed]
    assert missing == [], f"{fence}: {session.command}\n{ran.stdout}"
