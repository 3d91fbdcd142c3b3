"""A cluster for a while: made by kind and removed on every way out, or an existing one that is left clean."""

from __future__ import annotations

import json
import secrets
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

import filelock

from ci.base import programs
from ci.base.console import step
from ci.base.errors import UserError
from ci.base.repository import root, shown
from ci.clusters import diagnostics, docker, kind, kubectl
from ci.clusters.kubectl import Kubectl

PREFIX = "microservice-chart-"
# A namespace with this label belongs to the run that it names, and goes with it.
RUN_LABEL = "microservice-chart/run"


@dataclass(frozen=True)
class Cluster:
    """A cluster in use; what the harness knows of it lies in ``folder``, the kubeconfig too.

    ``context`` is that of an existing cluster, "" for one that kind made here. ``loopback`` says which port
    of 127.0.0.1 leads to each of kind.PORTS (numbers as text). ``app`` is the repository of the app's images.
    """

    name: str
    folder: Path
    context: str = ""
    loopback: dict[str, int] = field(default_factory=dict)
    app: str = ""

    @property
    def kubeconfig(self) -> Path:
        """The kubeconfig that has this cluster alone."""
        return self.folder / "kubeconfig"

    @property
    def kubectl(self) -> Kubectl:
        """Calls of kubectl on this cluster."""
        return Kubectl(self.kubeconfig)

    @property
    def logs(self) -> Path:
        """Where to leave what explains a failure."""
        return root() / "logs" / self.name

    def write(self) -> None:
        """Leave in its folder what ``read`` reads."""
        (self.folder / "cluster.json").write_text(json.dumps(asdict(self) | {"folder": str(self.folder)}))

    def keep(self, by: str) -> None:
        """Have it outlive this process, which is a run of ``by`` (a task)."""
        (self.folder / "kept").write_text(keeper(by))


def read(folder: Path) -> Cluster:
    """Return the cluster whose kubeconfig lies in ``folder``."""
    written = json.loads((folder / "cluster.json").read_text())
    return Cluster(**written | {"folder": folder})


@contextmanager
def ephemeral(*, nodes: int, image: str) -> Iterator[Cluster]:
    """Make a kind cluster for the time of the block, unless the block has it kept.

    ``image`` is the nodes' image, "" for kind's own. What killed runs left is removed first. An error in the
    block leaves the cluster's logs in a folder, which is named.
    """
    remove_what_killed_runs_left()
    name = f"{PREFIX}{secrets.token_hex(4)}"
    with _in_use(name) as folder:
        cluster = Cluster(name, folder)
        cluster.write()
        try:
            kind.create(name, cluster.kubeconfig, nodes=nodes, image=image)
            cluster = Cluster(name, folder, loopback=_loopback(name))
            cluster.write()
            if nodes > 1:
                _let_pods_onto_every_node(cluster.kubectl)
            yield cluster
        except Exception:
            diagnostics.collect(cluster.kubectl, cluster.logs)
            with _nothing_worse():
                kind.export_logs(name, cluster.logs / "nodes")
            step(f"what explains this is in {shown(cluster.logs)}")
            raise
        finally:
            _leave(cluster)


@contextmanager
def existing(context: str) -> Iterator[Cluster]:
    """Use the cluster of a context of the user's kubeconfig, and take namespaces labelled for it away after.

    Raises CommandError where there is no such context.
    """
    config = kubectl.flattened(context)
    name = f"{PREFIX}{secrets.token_hex(4)}"
    with _in_use(name) as folder:
        cluster = Cluster(name, folder, context=context)
        cluster.write()
        cluster.kubeconfig.touch(mode=0o600)
        cluster.kubeconfig.write_text(config)
        try:
            yield cluster
        except Exception:
            diagnostics.collect(cluster.kubectl, cluster.logs, selector=f"{RUN_LABEL}={name}")
            step(f"what explains this is in {shown(cluster.logs)}")
            raise
        finally:
            _leave(cluster)


def keeper(task: str) -> str:
    """Return who keeps what ``task`` keeps, for people: the task in this checkout."""
    return f"{task} in {root()}"


def kept() -> dict[str, str]:
    """Return what outlives its run, by name, with its keeper."""
    return {marker.parent.name: marker.read_text() for marker in sorted(_home().glob("*/kept"))}


def left_by_killed_runs() -> dict[str, str]:
    """Return what a killed run left, by name: it is not kept, and nobody uses it."""
    return {
        folder.name: "a run that was killed"
        for folder in sorted(path for path in _home().glob(f"{PREFIX}*") if path.is_dir())
        if not (folder / "kept").exists() and not _is_in_use(folder)
    }


def remove_what_killed_runs_left() -> None:
    """Remove it, and say so."""
    for name in left_by_killed_runs():
        step(f"{name} was left by a run that was killed: removing it")
        remove(read(_home() / name))


def remove(cluster: Cluster) -> None:
    """Remove a cluster that kind made, or the namespaces made in an existing one, and then the folder."""
    with _undisturbed():
        if cluster.context:
            selector = f"--selector={RUN_LABEL}={cluster.name}"
            cluster.kubectl("delete", "namespace", selector, "--wait=false", "--ignore-not-found")
        else:
            kind.delete(cluster.name, cluster.kubeconfig)
        shutil.rmtree(cluster.folder)


def find(name: str) -> Cluster:
    """Return what ``kept`` or ``left_by_killed_runs`` names."""
    return read(_home() / name)


def _leave(cluster: Cluster) -> None:
    if (cluster.folder / "kept").exists():
        return
    step(
        f"removing {cluster.name}" if not cluster.context else f"removing what was made in {cluster.context}"
    )
    remove(cluster)


def _loopback(name: str) -> dict[str, int]:
    ports = docker.ports_on_loopback(kind.first_node(name))
    return {str(port): ports[port] for port in kind.PORTS}


def _let_pods_onto_every_node(client: Kubectl) -> None:
    """As kind does by itself where there is one node alone."""
    control_plane = "node-role.kubernetes.io/control-plane"
    client("taint", "node", f"--selector={control_plane}", f"{control_plane}:NoSchedule-")


def _home() -> Path:
    return programs.cache_folder() / "clusters"


@contextmanager
def _in_use(name: str) -> Iterator[Path]:
    """Make the folder of a new cluster, and hold the lock by which others see that it is in use."""
    folder = _home() / name
    folder.mkdir(parents=True, mode=0o700)
    # The lock of a process that was killed is free: the system gives it up.
    with filelock.FileLock(folder / "lock", blocking=False):
        yield folder


def _is_in_use(folder: Path) -> bool:
    lock = filelock.FileLock(folder / "lock", blocking=False)
    try:
        with lock:
            return False
    except filelock.Timeout:
        return True


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Keep Ctrl-C and SIGTERM, for here and for the programs started here, from leaving half of a cluster."""
    signals = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, signal.SIG_IGN) for number in signals}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _nothing_worse() -> Iterator[None]:
    """Let a failure to explain a failure be told, and not take its place."""
    try:
        yield
    except UserError as error:
        step(str(error))
