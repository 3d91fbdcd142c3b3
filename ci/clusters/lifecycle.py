"""Temporary clusters: created by kind and always removed, or existing ones whose namespaces are removed."""

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
from ci.base.files import is_held
from ci.base.repository import root, shown
from ci.clusters import diagnostics, docker, kind, kubectl
from ci.clusters.kubectl import Kubectl

PREFIX = "microservice-chart-"
# Its value is the name of a run; namespaces with this label are removed when the run ends.
RUN_LABEL = "microservice-chart/run"


@dataclass(frozen=True)
class Cluster:
    """A cluster in use; ``folder`` has its kubeconfig and state.

    ``context`` is that of an existing cluster, "" for one that kind created. ``loopback`` has, for each of
    kind.PORTS (as a string), the port of 127.0.0.1. ``app`` is the repository of the sample app's images.
    """

    name: str
    folder: Path
    context: str = ""
    loopback: dict[str, int] = field(default_factory=dict)
    app: str = ""

    @property
    def kubeconfig(self) -> Path:
        """The kubeconfig, which has only this cluster."""
        return self.folder / "kubeconfig"

    @property
    def kubectl(self) -> Kubectl:
        """Calls kubectl for this cluster."""
        return Kubectl(self.kubeconfig)

    @property
    def logs(self) -> Path:
        """The folder for diagnostics of a failure."""
        return root() / "logs" / self.name

    def write(self) -> None:
        """Write the file that ``read`` reads."""
        (self.folder / "cluster.json").write_text(json.dumps(asdict(self) | {"folder": str(self.folder)}))

    def keep(self, by: str) -> None:
        """Keep the cluster after this process, which runs the task ``by``."""
        (self.folder / "kept").write_text(keeper(by))


def read(folder: Path) -> Cluster:
    """Return the cluster of a folder."""
    written = json.loads((folder / "cluster.json").read_text())
    return Cluster(**written | {"folder": folder})


@contextmanager
def ephemeral(*, nodes: int, image: str) -> Iterator[Cluster]:
    """Create a kind cluster for the block, and remove it afterwards unless the block calls its ``keep``.

    ``image`` is the nodes' image, "" for kind's default. What killed runs left is removed first. After an
    error in the block, the cluster's logs are written to a folder, which is reported.
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
                _allow_pods_on_every_node(cluster.kubectl)
            yield cluster
        except Exception:
            diagnostics.collect(cluster.kubectl, cluster.logs)
            with _reported():
                kind.export_logs(name, cluster.logs / "nodes")
            step(f"diagnostics are in {shown(cluster.logs)}")
            raise
        finally:
            _leave(cluster)


@contextmanager
def existing(context: str) -> Iterator[Cluster]:
    """Use the cluster of a context of the user's kubeconfig, and delete the run's namespaces afterwards.

    Raises CommandError if there is no such context.
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
            step(f"diagnostics are in {shown(cluster.logs)}")
            raise
        finally:
            _leave(cluster)


def keeper(task: str) -> str:
    """Return the name, for messages, of ``task`` in this checkout as the keeper of a cluster."""
    return f"{task} in {root()}"


def kept() -> dict[str, str]:
    """Return the kept clusters: {name: keeper}."""
    return {marker.parent.name: marker.read_text() for marker in sorted(_home().glob("*/kept"))}


def kept_by(task: str) -> Cluster | None:
    """Return the cluster that ``task`` keeps for this checkout; None where there is none."""
    names = (name for name, by in kept().items() if by == keeper(task))
    return next(map(find, names), None)


def left_by_killed_runs() -> dict[str, str]:
    """Return what killed runs left, {name: description}: it is not kept, and no process uses it."""
    return {
        folder.name: "a run that was killed"
        for folder in sorted(path for path in _home().glob(f"{PREFIX}*") if path.is_dir())
        if not (folder / "kept").exists() and not is_held(folder / "lock")
    }


def remove_what_killed_runs_left() -> None:
    """Remove what killed runs left, and report it."""
    for name in left_by_killed_runs():
        step(f"removing {name}, left by a run that was killed")
        remove(read(_home() / name))


def remove(cluster: Cluster) -> None:
    """Remove a cluster that kind created, or the run's namespaces in an existing one, and the folder."""
    with _uninterrupted():
        if cluster.context:
            selector = f"--selector={RUN_LABEL}={cluster.name}"
            cluster.kubectl("delete", "namespace", selector, "--wait=false", "--ignore-not-found")
        else:
            kind.delete(cluster.name, cluster.kubeconfig)
        shutil.rmtree(cluster.folder)


def find(name: str) -> Cluster:
    """Return a cluster by its name in ``kept`` or ``left_by_killed_runs``."""
    return read(_home() / name)


def _leave(cluster: Cluster) -> None:
    if (cluster.folder / "kept").exists():
        return
    step(
        f"removing {cluster.name}" if not cluster.context else f"removing the namespaces in {cluster.context}"
    )
    remove(cluster)


def _loopback(name: str) -> dict[str, int]:
    ports = docker.ports_on_loopback(kind.first_node(name))
    return {str(port): ports[port] for port in kind.PORTS}


def _allow_pods_on_every_node(client: Kubectl) -> None:
    """Let pods run on the control plane too, as kind does in a cluster of one node."""
    control_plane = "node-role.kubernetes.io/control-plane"
    client("taint", "node", f"--selector={control_plane}", f"{control_plane}:NoSchedule-")


def _home() -> Path:
    return programs.cache_folder() / "clusters"


@contextmanager
def _in_use(name: str) -> Iterator[Path]:
    """Create the folder of a new cluster and hold its lock, which shows other runs that it is in use."""
    folder = _home() / name
    folder.mkdir(parents=True, mode=0o700)
    # The system releases the lock of a process that is killed.
    with filelock.FileLock(folder / "lock", blocking=False):
        yield folder


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Ignore Ctrl-C and SIGTERM, also in programs started meanwhile, so that a removal is completed."""
    signals = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, signal.SIG_IGN) for number in signals}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _reported() -> Iterator[None]:
    """Report an error of collecting diagnostics, which must not replace the failure itself."""
    try:
        yield
    except UserError as error:
        step(str(error))
