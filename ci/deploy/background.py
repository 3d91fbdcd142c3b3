"""Calls of kubectl that are read line by line in the background, and end with their owner, killed or not."""

from __future__ import annotations

import signal
import subprocess
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator

from ci.base import processes
from ci.base.errors import reason
from ci.clusters import kubectl
from ci.clusters.kubectl import Kubectl

END_SECONDS = 3


class Background(ABC):
    """A thread that reads calls of kubectl, one after the other, until it is closed.

    ``exit_code`` and ``complaint``, its standard error, are those of the last call that has ended.
    """

    def __init__(self, call: Kubectl) -> None:
        self.exit_code = 0
        self.complaint = ""
        self._call = call
        self._closed = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End it, and the kubectl that it runs."""
        self._closed.set()
        if self._process:
            _end(self._process)
        self._thread.join(END_SECONDS)

    @abstractmethod
    def _run(self) -> None:
        """Do what the thread is for."""

    def _lines(self, *arguments: str, stderr: int = subprocess.PIPE) -> Iterator[str]:
        """Yield the lines that a call prints, but for one that is cut off where it fails.

        ``stderr`` is where its standard error goes.
        """
        try:
            self._process = processes.start_until_input_ends(
                [*self._call.command, *arguments],
                subprocess.PIPE,
                env=kubectl.environment(),
                errors=stderr,
                ended_by=signal.SIGKILL,
            )
        except OSError as error:
            self.exit_code, self.complaint = 1, f"kubectl cannot be run: {reason(error)}"
            return
        with self._process as process:
            if self._closed.is_set():
                _end(process)
            for line in process.stdout or ():
                if line.endswith(b"\n") or process.wait() == 0:
                    yield line.decode("utf-8", "replace").rstrip("\r\n")
            complaint = process.stderr.read() if process.stderr else b""
        self.complaint = complaint.decode("utf-8", "replace").strip()
        self.exit_code = process.returncode


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.stdin:
        process.stdin.close()
