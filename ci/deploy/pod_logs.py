"""What a container wrote: its last lines, and its log while it runs."""

from __future__ import annotations

import queue
import subprocess
import threading
from collections.abc import Mapping
from typing import Any

from ci.base.processes import CommandError
from ci.clusters import kubectl
from ci.clusters.kubectl import Kubectl
from ci.kubernetes.manifests import Object
from ci.kubernetes.workloads import dig

LAST_LINES = 15
LONGEST_LINE = 300
ANSWER_SECONDS = 10
# How long a log is waited for that is known to be complete, and before it is asked for again.
END_SECONDS = 3
RETRY_SECONDS = 1


def last_lines(call: Kubectl, pod: Object, status: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the end of a container's log, () where it wrote nothing or its log is gone.

    Where the container runs again or waits for it, it is that of the run before. Long lines are cut.
    """
    before = dig(status, "lastState", "terminated") is not None
    if not status.get("containerID") and not before:
        return ()
    again = before and dig(status, "state", "terminated") is None
    arguments = [pod["metadata"]["name"], f"--container={status['name']}", f"--tail={LAST_LINES}"]
    # A container may have started since its status was read: what runs now has written nothing, then.
    for previous in (again, not again):
        try:
            said = call("logs", *arguments, f"--previous={str(previous).lower()}", seconds=ANSWER_SECONDS)
        except CommandError:
            continue
        # Said in the log's place where the runtime has removed it.
        if said and not said.startswith("unable to retrieve container logs"):
            return tuple(cut(line) for line in said.splitlines())
    return ()


def cut(line: str) -> str:
    """Return a line of a log as it is printed: at most ``LONGEST_LINE`` characters of it."""
    return line if len(line) <= LONGEST_LINE else f"{line[:LONGEST_LINE]}... ({len(line)} characters)"


class Follower:
    """Collects what a container writes, from its start to its end, through connections that are lost."""

    def __init__(self, call: Kubectl, pod: Object, container: str) -> None:
        options = ["--follow", "--timestamps", f"--container={container}"]
        self._command = [*call.command, "logs", pod["metadata"]["name"], *options]
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._newest = ""
        self._closed = threading.Event()
        self._process: subprocess.Popen[str] | None = None
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def take(self) -> list[str]:
        """Return the lines since the last call, cut where they are long."""
        return [self._lines.get() for _ in range(self._lines.qsize())]

    def close(self, *, at_its_end: bool) -> None:
        """Stop collecting; where the container has ended, once its last lines are here."""
        if at_its_end:
            self._thread.join(END_SECONDS)
        self._closed.set()
        if self._process:
            self._process.kill()
        self._thread.join(END_SECONDS)

    def _read(self) -> None:
        while not self._closed.is_set():
            # It is precise to the second, so that lines come twice.
            since = [f"--since-time={self._newest}"] if self._newest else []
            with subprocess.Popen(
                [*self._command, *since],
                env=kubectl.environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                encoding="utf-8",
                errors="replace",
            ) as self._process:
                known = self._newest
                for line in self._process.stdout or ():
                    stamp, _, text = line.rstrip("\n").partition(" ")
                    if stamp > known:  # the kubelet writes nine digits of a second each time
                        self._newest = stamp
                        self._lines.put(cut(text))
            if self._process.returncode == 0:
                return
            self._closed.wait(RETRY_SECONDS)
