"""Reads the log of a container with `kubectl logs`, line by line into a queue that many logs share."""

from __future__ import annotations

import queue
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ci.clusters.kubectl import Kubectl
from ci.deploy.background import Background
from ci.deploy.pod_logs import stamped
from ci.deploy.release_pods import Seen
from ci.deploy.snapshot import statuses
from ci.kubernetes.manifests import Object
from ci.kubernetes.workloads import dig


@dataclass(eq=False)
class Container:
    """A container whose log is read, and its pod as it was seen last.

    Its lines are printed with its ``prefix`` in its ``colour`` (rich's); ``mark`` is " (init)", " (side)",
    " (migration)" or the worker's name where it is not the service's own.
    ``newest`` is the time of its last line, "" before the first. ``run`` is the id of the run that is read or
    was read last, ``read`` holds the ids of those whose log is known to its end.
    """

    pod: Object
    name: str
    mark: str
    short_pod: str
    colour: str
    gone: bool = False
    newest: str = ""
    run: str = ""
    failures: int = 0
    stream: Stream | None = None
    read: set[str] = field(default_factory=set)
    noted: set[str] = field(default_factory=set)

    @property
    def prefix(self) -> str:
        """Its pod's name, shortened, and its own."""
        return f"{self.short_pod}/{self.name}{self.mark}"

    @property
    def status(self) -> Mapping[str, Any]:
        """Its status in the pod, {} before there is one."""
        return next((one for one in statuses(self.pod) if one["name"] == self.name), {})

    @property
    def is_running(self) -> bool:
        """Whether the run that is read goes on, as far as is known."""
        is_this = self.status.get("containerID") == self.run
        return is_this and not self.gone and dig(self.status, "state", "running") is not None


class Line(NamedTuple):
    """A line of a log; ``stamp`` is when it was written, "" for words of the kubelet's."""

    container: Container
    stamp: str
    text: str


class Closed(NamedTuple):
    """A stream has ended: kubectl's exit code, and what it complained of."""

    container: Container
    exit_code: int
    complaint: str

    @property
    def is_without_a_pod(self) -> bool:
        """Whether it has ended because its pod is gone."""
        return "(NotFound)" in self.complaint


Events = queue.SimpleQueue[Line | Closed | Seen]


class Stream(Background):
    """One call of `kubectl logs`: puts its lines into a queue, and ``pause`` seconds after its end a Closed.

    Lines that are no newer than the container's newest are left out.
    """

    def __init__(
        self, call: Kubectl, container: Container, options: Sequence[str], events: Events, *, pause: float = 0
    ) -> None:
        self._container = container
        self._known = container.newest
        self._events = events
        self._pause = pause
        chosen = (f"--container={container.name}", "--timestamps")
        self._arguments = ("logs", container.pod["metadata"]["name"], *chosen, *options)
        super().__init__(call)

    def _run(self) -> None:
        for line in self._lines(*self._arguments):
            self._put(line)
        self._closed.wait(self._pause)
        self._events.put(Closed(self._container, self.exit_code, self.complaint))

    def _put(self, line: str) -> None:
        stamp, text = stamped(line)
        if not stamp or stamp > self._known:
            self._events.put(Line(self._container, stamp, text))
