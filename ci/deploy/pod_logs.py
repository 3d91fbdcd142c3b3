"""What a container wrote: its last lines, and its log while it runs."""

from __future__ import annotations

import queue
import re
from collections.abc import Mapping
from typing import Any

from ci.base.processes import CommandError
from ci.clusters.kubectl import Kubectl
from ci.deploy.background import END_SECONDS, Background
from ci.kubernetes.manifests import Object
from ci.kubernetes.workloads import dig

LAST_LINES = 15
LONGEST_LINE = 300
ANSWER_SECONDS = 10
RETRY_SECONDS = 1
_STAMP = re.compile(r"\d{4}-\d\d-\d\dT")


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


def stamped(line: str) -> tuple[str, str]:
    """Return when a line was written (RFC 3339, in UTC), "" for words of the kubelet's, and its text."""
    stamp, _, text = line.partition(" ")
    return (stamp, text) if _STAMP.match(stamp) else ("", line)


class Follower(Background):
    """Collects what a container writes, from its start to its end, through connections that are lost."""

    def __init__(self, call: Kubectl, pod: Object, container: str) -> None:
        options = ("--follow", "--timestamps", f"--container={container}")
        self._arguments = ("logs", pod["metadata"]["name"], *options)
        self._collected: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._newest = ""
        super().__init__(call)

    def take(self) -> list[str]:
        """Return the lines since the last call, cut where they are long."""
        return [self._collected.get() for _ in range(self._collected.qsize())]

    def close(self, *, at_its_end: bool = False) -> None:
        """Stop collecting; where the container has ended, once its last lines are here."""
        if at_its_end:
            self._thread.join(END_SECONDS)
        super().close()

    def _run(self) -> None:
        while not self._closed.is_set():
            # It is precise to the second, so that lines come twice.
            since = [f"--since-time={self._newest}"] if self._newest else []
            known = self._newest
            for line in self._lines(*self._arguments, *since):
                stamp, text = stamped(line)
                # The kubelet writes nine digits of a second each time.
                if not stamp or stamp > known:
                    self._newest = stamp or self._newest
                    self._collected.put(cut(text))
            if self.exit_code == 0:
                return
            self._closed.wait(RETRY_SECONDS)
