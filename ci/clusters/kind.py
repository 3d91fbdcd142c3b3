"""kind, with a kubeconfig of our own: makes clusters, loads images, and removes whole clusters."""

from __future__ import annotations

import fcntl
import os
import re
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import yaml

from ci.base import processes, programs
from ci.base.console import step
from ci.base.errors import UserError
from ci.clusters import docker

# Ports of the first node that are reached from this machine: an Ingress controller's, and a NodePort.
PORTS = (80, 443, 31080)
# Beside the kubeconfig: the process that makes the cluster, which holds a lock on it as long as it lives.
MAKER = "maker.pid"
GONE_SECONDS = 60
POLL_SECONDS = 0.5


def create(name: str, kubeconfig: Path, *, nodes: int, image: str) -> None:
    """Make a cluster and write its kubeconfig; it need not be ready yet.

    ``image`` is the nodes' image, "" for the one that kind names. A cluster that could not be made whole
    stays for its logs' sake. Raises UserError with what kind said.
    """
    file = kubeconfig.with_name("kind.yaml")
    file.write_text(config(nodes))
    command = ["create", "cluster", f"--name={name}", f"--kubeconfig={kubeconfig}", f"--config={file}"]
    command += ["--retain"]
    command += ["--image", image] if image else []
    # A session of its own: Ctrl-C is ours to act on, and kind's children can be ended together with it.
    with (
        kubeconfig.with_name(MAKER).open("w") as maker,
        subprocess.Popen(
            [programs.find(programs.KIND), *command],
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            pass_fds=[_locked(maker)],
        ) as process,
    ):
        maker.write(str(process.pid))
        maker.flush()
        try:
            said = []
            for line in process.stderr or ():
                said.append(line)
                if begun := re.match(r" \N{BULLET} (.*)\.\.\.$", line):
                    step(f"{name}: {_plain(begun[1])}")
            exit_code = process.wait()
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    if exit_code:
        last_words = "".join(said[-processes.LAST_LINES :]).strip()
        raise UserError(f"kind could not make the cluster {name}:\n{last_words}")


def config(nodes: int) -> str:
    """Return kind's configuration of a cluster (kind.x-k8s.io/v1alpha4) that listens on loopback alone."""
    # kind takes any free port for 0.
    mappings = [{"containerPort": port, "hostPort": 0, "listenAddress": "127.0.0.1"} for port in PORTS]
    first = {"role": "control-plane", "extraPortMappings": mappings}
    return yaml.safe_dump(
        {
            "kind": "Cluster",
            "apiVersion": "kind.x-k8s.io/v1alpha4",
            "networking": {"apiServerAddress": "127.0.0.1"},
            "nodes": [first, *({"role": "worker"} for _ in range(nodes - 1))],
        }
    )


def first_node(name: str) -> str:
    """Return the name of the node, and container, that the ports lead to."""
    return f"{name}-control-plane"


def nodes(name: str) -> list[str]:
    """Return the names of a cluster's nodes, which are its containers, sorted."""
    return docker.containers(f"io.x-k8s.kind.cluster={name}")


def delete(name: str, kubeconfig: Path) -> None:
    """Remove a cluster, and its entries in ``kubeconfig`` alone; it need not be there.

    Raises UserError where a container of it stays.
    """
    _end_maker(kubeconfig.with_name(MAKER))
    end = time.monotonic() + GONE_SECONDS
    looks = 0
    # Twice: of a maker that was killed the engine can still be about to make a container, and for seconds it
    # goes on with one that it cannot remove meanwhile.
    while looks < 2:
        _run(["delete", "cluster", f"--name={name}", f"--kubeconfig={kubeconfig}"], f"removing {name}")
        left = nodes(name)
        looks = 0 if left else looks + 1
        if time.monotonic() > end:
            raise UserError(f"the cluster {name} could not be removed: docker rm --force {' '.join(left)}")
        time.sleep(POLL_SECONDS)


def names() -> list[str]:
    """Return the names of all kind clusters on this machine."""
    return [line for line in _run(["get", "clusters"], "listing the clusters").splitlines() if line]


def load(name: str, images: Sequence[str]) -> None:
    """Copy images of the Docker engine to every node."""
    _run(["load", "docker-image", "--name", name, *images], f"loading {', '.join(images)} into {name}")


def export_logs(name: str, folder: Path) -> None:
    """Write the logs of every node, and of the pods on it, to ``folder``."""
    _run(["export", "logs", "--name", name, folder], f"collecting the logs of {name}")


def _locked(file: IO[str]) -> int:
    """Lock a file for all that share it, and return its number."""
    fcntl.flock(file, fcntl.LOCK_EX)
    return file.fileno()


def _end_maker(file: Path) -> None:
    """End a kind that goes on making a cluster though the run that started it was killed."""
    if not file.exists():
        return
    with file.open() as maker:
        try:
            fcntl.flock(maker, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            # Whoever holds the lock is this process, or one that it has started.
            os.killpg(int(maker.read()), signal.SIGKILL)


def _run(arguments: Sequence[str | Path], doing: str) -> str:
    return processes.run([programs.find(programs.KIND), *arguments], doing, env=_environment())


def _environment() -> dict[str, str]:
    nowhere = str(programs.cache_folder() / "no-kubeconfig")
    return processes.environment_without("KUBE") | {
        "KUBECONFIG": nowhere,
        "KIND_EXPERIMENTAL_PROVIDER": "docker",
    }


def _plain(text: str) -> str:
    return "".join(letter for letter in text if letter.isascii()).strip()
