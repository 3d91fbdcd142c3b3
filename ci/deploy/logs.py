"""The logs of all containers of a service, side by side: what `invoke logs` shows."""

from __future__ import annotations

import itertools
import queue
import re
import signal
from collections.abc import Collection, Mapping
from contextlib import suppress
from typing import Any

from ci.base.console import err, out
from ci.base.errors import UserError
from ci.deploy import components, history, release_pods, tables
from ci.deploy.interrupts import closed_undisturbed, next_of
from ci.deploy.log_streams import Closed, Container, Events, Line, Stream
from ci.deploy.release_pods import Seen, Watch
from ci.deploy.target import Target, reached
from ci.kubernetes.manifests import Object
from ci.kubernetes.workloads import dig, entries, main_container

# Of each container, where --since is not given.
LAST_LINES = 100
COLOURS = ("cyan", "magenta", "green", "yellow", "blue", "bright_cyan", "bright_magenta", "bright_green")
# Between the end of a stream and the next one: meanwhile it becomes known whether the container has ended.
PAUSE_SECONDS = 1
# How long what was written is waited for while no line comes: a node that is lost may never answer.
SILENCE_SECONDS = 40
# How often the log of a container that has ended is asked for where that fails.
ATTEMPTS = 3
_DURATION = re.compile(r"(\d+(\.\d+)?(ms|s|m|h))+")
INIT, SIDE = " (init)", " (side)"
_STARTING = ("ContainerCreating", "PodInitializing")


def run(
    environment: str,
    service: str = "",
    *,
    workload: str = "",
    follow: bool = False,
    since: str = "",
    previous: bool = False,
) -> None:
    """Print the logs of a service, its workers and its migration, or of one workload.

    With ``follow``, until Ctrl-C. Raise UserError for an unknown environment, service or workload, for
    options that make no sense, and where no log can be read.
    """
    if since and not _DURATION.fullmatch(since):
        raise UserError(f"--since {since} is no duration: write 30s, 10m or 2h")
    if follow and previous:
        raise UserError("--previous shows runs that are over, and --follow waits for more: leave one out")
    extent = f"--since={since}" if since else f"--tail={LAST_LINES}"
    with reached(environment, service) as target:
        logs = Logs(target, components.selector(target, workload), extent)
        with closed_undisturbed(logs.close):
            if not follow:
                logs.show(previous=previous)
                return
            with suppress(KeyboardInterrupt):  # the way to end it
                logs.follow()


class Logs:
    """The logs of the pods of a selector; ``extent`` is kubectl's option that says where each begins."""

    def __init__(self, target: Target, selector: str, extent: str) -> None:
        self._target = target
        self._selector = selector
        self._extent = extent
        self._events: Events = queue.SimpleQueue()
        # By the pod's uid, in the order of its containers.
        self._pods: dict[str, list[Container]] = {}
        self._short: set[str] = set()
        self._colours = itertools.cycle(COLOURS)
        self._watch: Watch | None = None

    def show(self, *, previous: bool = False) -> None:
        """Print what was written until now, in the order of time, and which containers have ended.

        With ``previous``, the last run of containers that were restarted. Raise UserError where none can be
        read.
        """
        found = release_pods.pods(self._target, self._selector)
        if not found:
            history.stored(self._target)
        for pod in found:
            for container in self._containers_of(pod):
                status = container.status
                if dig(status, "lastState", "terminated") if previous else status.get("containerID"):
                    self._open(container, self._extent, *(["--previous"] if previous else []))
        where = f"{self._target.service} in {self._target.environment.name}"
        if previous and not any(self._streaming()):
            raise UserError(f"{where}: no container was restarted, of {len(found)} pods")
        self._print_written()
        if not previous:
            for container in self._all():
                self._note_state(container)

    def follow(self) -> None:
        """Print what was written and what is written, which pods come and go, and how containers end."""
        self.show()
        known = [containers[0].pod for containers in self._pods.values()]
        self._watch = Watch(self._target, self._selector, known, self._events.put)
        while True:
            match next_of(self._events):
                case Line() as line:
                    line.container.failures = 0
                    self._print(line)
                case Closed() as closed:
                    self._close(closed)
                    self._complain(closed)
                    self._proceed(closed.container)
                    self._leave(closed.container.pod)
                case Seen(pod, gone):
                    self._see(pod, gone)

    def close(self) -> None:
        """End every kubectl that runs for it."""
        if self._watch:
            self._watch.close()
        self._end_streams()

    def _end_streams(self) -> None:
        for stream in filter(None, self._streaming()):
            stream.close()

    def _print_written(self) -> None:
        """Print the lines of all streams when they have ended, and complain of those that failed."""
        lines: list[Line] = []
        complaints: list[str] = []
        refused = 0
        tried = sum(map(bool, self._streaming()))
        while any(self._streaming()):
            try:
                event = next_of(self._events, SILENCE_SECONDS)
            except queue.Empty:
                self._end_streams()
                continue
            match event:
                case Line() as line:
                    lines.append(line)
                case Closed(container, exit_code, complaint) as closed:
                    self._close(closed)
                    if exit_code:
                        words = complaint or f"no answer for {SILENCE_SECONDS} s"
                        complaints.append(f"{container.prefix}  {words}")
                        # A pod that has just gone is no fault: others may come.
                        refused += not closed.is_without_a_pod
        if refused and len(complaints) == tried:
            raise UserError("\n".join(complaints))
        for line in sorted(lines, key=lambda line: line.stamp):
            self._print(line)
        for complaint in complaints:
            err.out(complaint)

    def _see(self, pod: Object, gone: bool) -> None:
        if pod["metadata"]["uid"] not in self._pods:
            if gone:
                return
            err.out(f"+ {pod['metadata']['name']}")
        for container in self._containers_of(pod):
            container.gone = gone
            self._proceed(container)
        self._leave(pod)

    def _leave(self, pod: Object) -> None:
        """Say that a pod is gone, after the last lines of all its containers."""
        containers = self._containers_of(pod)
        if all(container.gone and not container.stream for container in containers):
            err.out(f"- {pod['metadata']['name']}")
            del self._pods[pod["metadata"]["uid"]]

    def _proceed(self, container: Container) -> None:
        """Say whether a container has ended, and read on where more is written."""
        self._note_state(container)
        run = container.status.get("containerID")
        if container.stream or container.gone or not run or run in container.read:
            return
        if container.newest:
            extent = f"--since-time={container.newest}"
        else:  # What has come while we follow is read from its start.
            extent = self._extent if container.run else "--tail=-1"
        self._open(container, extent, "--follow")

    def _open(self, container: Container, *options: str) -> None:
        container.run = str(container.status.get("containerID"))
        pause = PAUSE_SECONDS if "--follow" in options else 0
        container.stream = Stream(self._target.kubectl, container, options, self._events, pause=pause)

    def _close(self, closed: Closed) -> None:
        container = closed.container
        container.stream = None
        container.failures = container.failures + 1 if closed.exit_code else 0
        # While it runs, the end of a stream is that of a connection.
        if not container.is_running and (not closed.exit_code or container.failures >= ATTEMPTS):
            container.read.add(container.run)

    def _complain(self, closed: Closed) -> None:
        """Say once of each outage that a log can't be read; a connection is often lost for a moment."""
        container = closed.container
        if container.failures == ATTEMPTS and not closed.is_without_a_pod:
            again = ", trying again" if container.is_running else ""
            self._say(container, f"cannot be read{again}: {closed.complaint}")

    def _note_state(self, container: Container) -> None:
        """Say once of each run how it ended, after its last line, and for what a container waits."""
        for state in ("lastState", "state"):
            ended = dig(container.status, state, "terminated")
            is_read = not (container.stream and container.run == dig(ended, "containerID"))
            is_plain = container.mark == INIT and dig(ended, "exitCode") == 0
            if ended and is_read and not is_plain:
                self._note(container, str(ended.get("containerID")), _how_it_ended(ended))
        waiting = dig(container.status, "state", "waiting") or {}
        if waiting and waiting.get("reason") not in _STARTING:
            words = ": ".join(filter(None, (waiting.get("reason"), waiting.get("message"))))
            self._note(container, str(waiting.get("reason")), f"waits: {words}")

    def _note(self, container: Container, about: str, words: str) -> None:
        if about not in container.noted and words:
            container.noted.add(about)
            self._say(container, words)

    def _say(self, container: Container, words: str) -> None:
        err.out(f"{container.prefix}  ", style=container.colour, end="")
        err.out(words)

    def _print(self, line: Line) -> None:
        container = line.container
        container.newest = max(container.newest, line.stamp)
        out.out(f"{container.prefix}  ", style=container.colour, end="")
        try:
            # As it was written: rich would expand tabs.
            out.file.write(f"{line.text}\n")
            out.file.flush()
        except BrokenPipeError:
            out.on_broken_pipe()

    def _all(self) -> list[Container]:
        return [container for containers in self._pods.values() for container in containers]

    def _streaming(self) -> list[Stream | None]:
        return [container.stream for container in self._all()]

    def _containers_of(self, pod: Object) -> list[Container]:
        """Return the containers of a pod, with its present state in each."""
        uid, name = pod["metadata"]["uid"], pod["metadata"]["name"]
        if uid not in self._pods:
            short, colour = _shortened(name, self._short), next(self._colours)
            self._short.add(short)
            self._pods[uid] = [Container(pod, own, mark, short, colour) for own, mark in _marked(pod)]
        for container in self._pods[uid]:
            container.pod = pod
        return self._pods[uid]


def _shortened(name: str, taken: Collection[str]) -> str:
    """Return the shortest end of a pod's name that no other has."""
    parts = name.split("-")
    ends = ("-".join(parts[-count:]) for count in range(1, len(parts)))
    return next((end for end in ends if end not in taken), name)


def _marked(pod: Object) -> list[tuple[str, str]]:
    """Return the containers of a pod, each with a mark where it is not the service's own."""
    part = components.component(pod).removeprefix(components.WORKER)
    other = f" ({part})" if part != components.APP else ""
    main = main_container(pod)["name"]
    init = [
        (str(one["name"]), SIDE if one.get("restartPolicy") == "Always" else INIT)
        for _, one in entries(pod, "spec", "initContainers")
    ]
    others = [str(one["name"]) for _, one in entries(pod, "spec", "containers") if one["name"] != main]
    return [*init, (main, other), *((name, SIDE) for name in others)]


def _how_it_ended(ended: Mapping[str, Any]) -> str:
    code, reason = ended["exitCode"], ended.get("reason")
    why = reason if reason not in (None, "Error") else ""
    if not why and code > 128:
        with suppress(ValueError):
            why = signal.Signals(code - 128).name
    when = f" {tables.age(tables.moment(ended['finishedAt']))} ago" if ended.get("finishedAt") else ""
    message = f": {' '.join(ended['message'].split())}" if ended.get("message") else ""
    return f"ended{when} with exit code {code}{f' ({why})' if why else ''}{message}"
