"""A run leaves nothing behind, however it ends, and nothing of the user's is touched."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

from ci.base import programs
from ci.base.repository import root
from ci.clusters import docker, kind
from ci.clusters.lifecycle import PREFIX, Cluster
from tests.support.namespaces import eventually

# Makes a cluster as `invoke up` and `invoke test` do, until it is told to end or has lost who started it.
MAKE = """
import signal, sys
from ci.clusters import lifecycle
lifecycle.PREFIX = {prefix!r}
signal.signal(signal.SIGTERM, signal.default_int_handler)
with lifecycle.ephemeral(nodes=1, image={image!r}):
    sys.stdin.read()
"""
NOTHING_LEFT = "no container, no file of ours, and the kubeconfig byte for byte as before"
NEXT = "from ci.clusters import lifecycle; lifecycle.remove_what_killed_runs_left()"


class Home:
    """A user's home with a kubeconfig in it.

    Its clusters are noted where all are, so that the next run finds what this one leaves.
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
        # The programs themselves are found where this process finds them.
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
        """The clusters that were made by this user and are noted."""
        return [folder.name for folder in (programs.cache_folder() / "clusters").glob(f"{self.prefix}*")]

    def containers(self) -> list[str]:
        """The containers of this user's clusters."""
        return [name for name in docker.containers("io.x-k8s.kind.cluster") if name.startswith(self.prefix)]


@pytest.fixture
def home(
    tmp_path: Path,
    cluster: Cluster,
    alone: Callable[[str], None],
    unavailable: Callable[[str], NoReturn],
) -> Home:
    if cluster.context:
        unavailable("clusters are made and removed here only where the tests themselves run in one of kind's")
    # A cluster that begins is load.
    alone("load")
    return Home(tmp_path)


def began(home: Home) -> None:
    assert home.containers()


@pytest.fixture
def make(cluster: Cluster, home: Home) -> str:
    """The code that makes a cluster of the nodes' image that this one has."""
    (node, *_) = kind.nodes(cluster.name)
    return MAKE.format(prefix=home.prefix, image=docker.image_of(node))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_a_run_that_is_told_to_end_half_way_leaves_nothing(
    home: Home, make: str, number: signal.Signals, observed: Callable[[str], None]
) -> None:
    with home.start(make) as run:
        eventually(lambda: began(home))
        run.send_signal(number)
        run.wait(60)
    assert not home.containers()
    assert not home.clusters()
    assert home.files() == home.before
    observed(NOTHING_LEFT)


def test_what_a_killed_run_leaves_is_gone_after_the_next_start(
    home: Home, make: str, observed: Callable[[str], None]
) -> None:
    with home.start(make) as run:
        eventually(lambda: began(home))
        run.kill()
    assert home.containers()
    assert home.start(NEXT).wait(60) == 0
    assert not home.containers()
    assert not home.clusters()
    assert home.files() == home.before
    observed(NOTHING_LEFT)
