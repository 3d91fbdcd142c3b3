"""A run leaves nothing behind, however it ends, and does not change the user's files."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ci.base import programs
from ci.base.repository import root
from ci.clusters import docker, kind
from ci.clusters.lifecycle import PREFIX, Cluster
from tests.support.namespaces import eventually

# Creates a cluster as `invoke up` and `invoke test` do, until it gets a signal or its parent ends.
MAKE = """
import signal, sys
from ci.clusters import lifecycle
lifecycle.PREFIX = {prefix!r}
signal.signal(signal.SIGTERM, signal.default_int_handler)
with lifecycle.ephemeral(nodes=1, image={image!r}):
    sys.stdin.read()
"""
# Removing it may take as long as kind.GONE_SECONDS, and a busy machine longer.
REMOVED_SECONDS = 3 * kind.GONE_SECONDS
NOTHING_LEFT = "no container or file is left, and the kubeconfig is unchanged"
NEXT = "from ci.clusters import lifecycle; lifecycle.remove_what_killed_runs_left()"


class Home:
    """A user's home with a kubeconfig.

    Its clusters are recorded in the usual folder, where the next run finds what this one leaves.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.kubeconfig = folder / ".kube" / "config"
        self.kubeconfig.parent.mkdir(parents=True)
        self.kubeconfig.write_text("# mine\napiVersion: v1\nkind: Config\ncurrent-context: production\n")
        self.before = self.files()
        self.prefix = f"{PREFIX}run-{secrets.token_hex(3)}-"

    def files(self) -> dict[Path, bytes]:
        return {path: path.read_bytes() for path in self.kubeconfig.parent.iterdir()}

    def start(self, code: str) -> subprocess.Popen[str]:
        """Start Python code of the harness as this user."""
        environment = {name: text for name, text in os.environ.items() if name != "KUBECONFIG"}
        # The same programs that this process uses.
        path = [str(programs.find(tool).parent) for tool in (programs.KIND, programs.KUBECTL)]
        environment |= {
            "HOME": str(self.folder),
            programs.CACHE_VARIABLE: str(programs.cache_folder()),
            "PATH": os.pathsep.join([*path, environment["PATH"]]),
        }
        return subprocess.Popen(
            [sys.executable, "-c", code], cwd=root(), env=environment, stdin=subprocess.PIPE, text=True
        )

    def clusters(self) -> list[str]:
        """Return the recorded clusters of this user."""
        return [folder.name for folder in (programs.cache_folder() / "clusters").glob(f"{self.prefix}*")]

    def containers(self) -> list[str]:
        """Return the containers of this user's clusters."""
        return [name for name in docker.containers("io.x-k8s.kind.cluster") if name.startswith(self.prefix)]


@pytest.fixture
def home(
    tmp_path: Path,
    cluster: Cluster,
    alone: Callable[[str], None],
) -> Home:
    if cluster.context:
        pytest.skip("this needs a kind cluster created by the tests, since it creates others")
    # Creating a cluster is load, too.
    alone("load")
    return Home(tmp_path)


def began(home: Home) -> None:
    assert home.containers()


@pytest.fixture
def make(cluster: Cluster, home: Home) -> str:
    """The code that creates a cluster with the same node image as the current one."""
    (node, *_) = kind.nodes(cluster.name)
    return MAKE.format(prefix=home.prefix, image=docker.image_of(node))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_an_interrupted_run_leaves_nothing(
    home: Home, make: str, number: signal.Signals, observed: Callable[[str], None]
) -> None:
    with home.start(make) as run:
        eventually(lambda: began(home))
        run.send_signal(number)
        run.wait(REMOVED_SECONDS)
    assert not home.containers()
    assert not home.clusters()
    assert home.files() == home.before
    observed(NOTHING_LEFT)


def test_the_next_run_removes_what_a_killed_run_left(
    home: Home, make: str, observed: Callable[[str], None]
) -> None:
    with home.start(make) as run:
        eventually(lambda: began(home))
        run.kill()
    assert home.containers()
    assert home.start(NEXT).wait(REMOVED_SECONDS) == 0
    assert not home.containers()
    assert not home.clusters()
    assert home.files() == home.before
    observed(NOTHING_LEFT)
