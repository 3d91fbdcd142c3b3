"""Calls of kubectl that are read line by line in the background, and end with their owner."""

from __future__ import annotations

import subprocess
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator

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
            self._process.kill()
        self._thread.join(END_SECONDS)

    @abstractmethod
    def _run(self) -> None:
        """Do what the thread is for."""

    def _lines(self, *arguments: str, stderr: int = subprocess.PIPE) -> Iterator[str]:
        """Yield the lines that a call prints, but for one that is cut off where it fails.

        ``stderr`` is where its standard error goes.
        """
        try:
            self._process = subprocess.Popen(
                [*self._call.command, *arguments],
                env=kubectl.environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=stderr,
            )
        except OSError as error:
            self.exit_code, self.complaint = 1, f"kubectl cannot be run: {reason(error)}"
            return
        with self._process as process:
            if self._closed.is_set():
                process.kill()
            for line in process.stdout or ():
                if line.endswith(b"\n") or process.wait() == 0:
                    yield line.decode("utf-8", "replace").rstrip("\r\n")
            self.complaint = (process.communicate()[1] or b"").decode("utf-8", "replace").strip()
        self.exit_code = process.returncode
