"""kind with a separate kubeconfig: creates and deletes clusters, and loads images."""

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

# Ports of the first node that are published on this machine: an Ingress controller's, and a NodePort.
PORTS = (80, 443, 31080)
# Beside the kubeconfig: the ID of the process that creates the cluster, which holds a lock on the file.
MAKER = "maker.pid"
GONE_SECONDS = 60
POLL_SECONDS = 0.5


def create(name: str, kubeconfig: Path, *, nodes: int, image: str) -> None:
    """Create a cluster and write its kubeconfig, without waiting until it is ready.

    ``image`` is the nodes' image, "" for kind's default. If kind fails, the incomplete cluster is kept for
    its logs. Raises UserError with kind's error.
    """
    file = kubeconfig.with_name("kind.yaml")
    file.write_text(config(nodes))
    command = ["create", "cluster", f"--name={name}", f"--kubeconfig={kubeconfig}", f"--config={file}"]
    command += ["--retain"]
    command += ["--image", image] if image else []
    # In a session of its own, so that Ctrl-C reaches this process only and kind's children end with kind.
    with (
        kubeconfig.with_name(MAKER).open("w") as maker,
        subprocess.Popen(
            [programs.find(programs.KIND), *command],
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
            pass_fds=[_locked(maker)],
        ) as process,
    ):
        maker.write(str(process.pid))
        maker.flush()
        try:
            lines = []
            for line in process.stderr or ():
                lines.append(line)
                if begun := re.match(r" \N{BULLET} (.*)\.\.\.$", line):
                    step(f"{name}: {_plain(begun[1])}")
            exit_code = process.wait()
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    if exit_code:
        last = "".join(lines[-processes.LAST_LINES :]).strip()
        raise UserError(f"kind could not create the cluster {name}:\n{last}")


def config(nodes: int) -> str:
    """Return kind's configuration (kind.x-k8s.io/v1alpha4) of a cluster that listens on loopback only."""
    # For 0, kind chooses a free port.
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
    """Return the name of the node, and of its container, that has the published ports."""
    return f"{name}-control-plane"


def nodes(name: str) -> list[str]:
    """Return the names of a cluster's nodes, and of their containers, sorted."""
    return docker.containers(f"io.x-k8s.kind.cluster={name}")


def delete(name: str, kubeconfig: Path) -> None:
    """Delete a cluster, if it exists, and its entries in ``kubeconfig``.

    Raises UserError if a container of it remains.
    """
    _end_maker(kubeconfig.with_name(MAKER))
    end = time.monotonic() + GONE_SECONDS
    empty = 0
    # Until nothing is left twice in a row: for a kind that was killed, the engine may still create a
    # container, and it cannot remove one that it is creating.
    while empty < 2:
        _run(["delete", "cluster", f"--name={name}", f"--kubeconfig={kubeconfig}"], f"removing {name}")
        left = nodes(name)
        empty = 0 if left else empty + 1
        if time.monotonic() > end:
            raise UserError(
                f"the cluster {name} could not be removed; try: docker rm --force {' '.join(left)}"
            )
        time.sleep(POLL_SECONDS)


def names() -> list[str]:
    """Return the names of all kind clusters on this machine."""
    return [line for line in _run(["get", "clusters"], "listing the clusters").splitlines() if line]


def cluster_of(context: str) -> str:
    """Return the name of the cluster on this machine whose context kind wrote, "" for any other context."""
    name = context.removeprefix("kind-")
    return name if name != context and name in names() else ""


def load(name: str, images: Sequence[str]) -> None:
    """Copy images from the Docker engine to every node."""
    _run(["load", "docker-image", "--name", name, *images], f"loading {', '.join(images)} into {name}")


def export_logs(name: str, folder: Path) -> None:
    """Write the logs of every node and its pods to ``folder``."""
    _run(["export", "logs", "--name", name, folder], f"collecting the logs of {name}")


def _locked(file: IO[str]) -> int:
    """Lock a file, also for processes that inherit it, and return its descriptor."""
    fcntl.flock(file, fcntl.LOCK_EX)
    return file.fileno()


def _end_maker(file: Path) -> None:
    """End a kind that is still creating a cluster after the run that started it was killed."""
    if not file.exists():
        return
    with file.open() as maker:
        try:
            fcntl.flock(maker, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            # Only the process with this ID and its children hold the lock.
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
