"""A port of this machine that leads to a service: what `invoke forward` opens."""

from __future__ import annotations

import queue
import socket
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

from ci.base.console import err, out
from ci.base.errors import UserError
from ci.deploy import components, release_pods
from ci.deploy.background import Background
from ci.deploy.interrupts import closed_undisturbed, next_of
from ci.deploy.release_pods import Seen, Watch
from ci.deploy.snapshot import is_going, is_ready
from ci.deploy.target import Target, reached
from ci.kubernetes.manifests import Object
from ci.kubernetes.workloads import entries

ADDRESS = "127.0.0.1"
# The port of the Service that the chart's probes and its Ingress use, where there are several.
MAIN_PORT = "http"
RETRY_SECONDS = 1


class Said(NamedTuple):
    """A line that a tunnel has printed; None stands for its end."""

    tunnel: Tunnel
    line: str | None


Events = queue.SimpleQueue[Said | Seen]


def run(environment: str, service: str = "", *, port: int = 8000) -> None:
    """Forward a port of 127.0.0.1 to a ready pod behind the Service, and print its URL; until Ctrl-C.

    When that pod goes, another takes its place. Raise UserError for an unknown environment or service, a port
    that cannot be had, and where there is no Service or no ready pod.
    """
    _require_free(port)
    with reached(environment, service) as target:
        found = release_pods.pods(target, components.web(target))
        release_pods.require_ready(target, found)
        forward = Forward(target, found, port, _target_port(target))
        with closed_undisturbed(forward.close), suppress(KeyboardInterrupt):  # the way to end it
            forward.run()


class Tunnel(Background):
    """A run of `kubectl port-forward` to a pod."""

    def __init__(self, target: Target, pod: str, ports: str, events: Events) -> None:
        self.pod = pod
        self._ports = ports
        self._events = events
        super().__init__(target.kubectl)

    def _run(self) -> None:
        arguments = ("port-forward", f"pod/{self.pod}", self._ports, f"--address={ADDRESS}")
        for line in self._lines(*arguments, stderr=subprocess.STDOUT):
            self._events.put(Said(self, line))
        self._events.put(Said(self, self.complaint))
        # What ends at once would be tried again without a pause.
        self._closed.wait(RETRY_SECONDS)
        self._events.put(Said(self, None))


class Forward:
    """Keeps a tunnel open from a port of this machine to a port of a pod that is ready."""

    def __init__(self, target: Target, pods: Sequence[Object], port: int, target_port: str) -> None:
        self._target = target
        self._known = pods
        self._port = port
        self._ports = f"{port}:{target_port}"
        self._events: Events = queue.SimpleQueue()
        # The pods that are ready, the next one to be tried last.
        self._ready: list[str] = []
        self._tunnel: Tunnel | None = None
        # What was printed since a tunnel was open.
        self._complaints: set[str] = set()
        self._watch: Watch | None = None

    def run(self) -> None:
        """Open a tunnel, and another when that ends or its pod is no longer ready; without an end.

        Raise UserError where the user may not, and where another program has taken the port.
        """
        for pod in self._known:
            self._see(pod, gone=False)
        self._watch = Watch(self._target, components.web(self._target), self._known, self._events.put)
        while True:
            self._connect()
            match next_of(self._events):
                case Seen(pod, gone):
                    self._see(pod, gone)
                case Said(tunnel, None) if tunnel is self._tunnel:
                    self._tunnel = None
                    self._put_back(tunnel.pod)
                case Said(tunnel, str(line)) if tunnel is self._tunnel:
                    self._say(line, tunnel.pod)

    def close(self) -> None:
        """End every kubectl that runs for it."""
        if self._watch:
            self._watch.close()
        if self._tunnel:
            self._tunnel.close()

    def _see(self, pod: Object, gone: bool) -> None:
        name = pod["metadata"]["name"]
        serves = is_ready(pod) and not is_going(pod) and not gone
        if serves and name not in self._ready:
            self._ready.append(name)
        elif not serves and name in self._ready:
            self._ready.remove(name)
            if not self._ready:
                err.out("no pod is ready: waiting for one")

    def _put_back(self, name: str) -> None:
        """Have the others tried before a pod whose tunnel has ended: it may be gone, and look ready still."""
        if name in self._ready:
            self._ready.remove(name)
            self._ready.insert(0, name)

    def _connect(self) -> None:
        if not self._ready:
            return
        if self._tunnel and self._tunnel.pod not in self._ready:
            self._tunnel.close()
            self._tunnel = None
        if not self._tunnel:
            self._tunnel = Tunnel(self._target, self._ready[-1], self._ports, self._events)

    def _say(self, line: str, pod: str) -> None:
        if line.startswith("Forwarding from"):
            self._complaints.clear()
            out.out(f"http://{ADDRESS}:{self._port} is {self._target.service}, by pod {pod}")
        elif "forbidden" in line:
            raise UserError(line)
        elif line.startswith("Unable to listen"):
            raise UserError(f"port {self._port} of {ADDRESS} was taken meanwhile: give another --port")
        elif line and line not in self._complaints and not line.startswith("Handling connection"):
            self._complaints.add(line)
            err.out(line)


def _require_free(port: int) -> None:
    if not 0 < port < 65536:
        raise UserError(f"--port {port} is no port: give one from 1 to 65535")
    with socket.socket() as tried:
        # As kubectl does: a port whose connections have just ended is free.
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((ADDRESS, port))
        except OSError as error:
            raise UserError(f"port {port} of {ADDRESS}: {error.strerror}: give another --port") from None


def _target_port(target: Target) -> str:
    """Return the port of the pods, by number or name, to which the Service's main port leads."""
    selector = f"--selector=app.kubernetes.io/instance={target.service}"
    service = components.main_service(target.kubectl.get("services", selector))
    ports = [port for _, port in entries(service, "spec", "ports") if port.get("protocol", "TCP") == "TCP"]
    if not ports:
        raise UserError(
            f"{target.service} in {target.environment.name} has no Service of TCP: nothing to forward to"
        )
    main = next((port for port in ports if port.get("name") == MAIN_PORT), ports[0])
    return str(main["targetPort"])
