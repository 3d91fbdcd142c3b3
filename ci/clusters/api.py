"""Requests to an API server through one `kubectl proxy`, which keeps the connection and the login.

A deploy asks some hundred times. Each start of kubectl would connect anew, and run what a kubeconfig names to
log in, which takes a second where that is a cloud's program.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from ci.base import processes
from ci.base.processes import CommandError
from ci.clusters import kubectl
from ci.clusters.kubectl import Kubectl

# Less than kubectl tries by itself where a connection is lost.
ANSWER_SECONDS = 10
START_SECONDS = 15
_ENDING_SECONDS = 5
# Of answers without a Status, as of a server in between; the API server has none for what it does not serve.
_REASONS = {401: "Unauthorized", 403: "Forbidden", 404: "NotFound"}
_JSON = "application/json"
_MERGE = "application/merge-patch+json"
_APPLY = "application/apply-patch+yaml"


class RefusalError(CommandError):
    """An API server refused a request with ``http_code``.

    ``status`` is its Status, {} for what it does not serve, and where something in between answered.
    """

    def __init__(self, method: str, path: str, code: int, told: str) -> None:
        self.http_code = code
        self.status: dict[str, Any] = {}
        with suppress(ValueError):
            answer = json.loads(told)
            self.status = answer if isinstance(answer, dict) else {}
        doing = f"{method} {path.partition('?')[0]}"
        super().__init__(doing, ["kubectl"], f"got the answer {code}", _words(code, told, self.status))


class Api:
    """The API server of a kubeconfig's current context; ``path`` is where the proxy's socket will be.

    The folder of ``path`` has to be the user's alone: who reaches the socket is the user to the cluster.
    The proxy starts with the first request, anew after one without an answer, and ends with ``close`` or with
    this process. Requests from several threads are fine.
    """

    def __init__(self, call: Kubectl, path: Path) -> None:
        self._call = call
        self._path = path
        self._proxy: subprocess.Popen[bytes] | None = None
        self._starting = threading.Lock()

    def get(self, path: str, **query: str) -> Any:
        """Return what is at a path ("/api/v1/namespaces/stage"); raise CommandError as ``send`` does."""
        return self.send("GET", f"{path}?{urlencode(query)}" if query else path)

    def find(self, path: str) -> Any | None:
        """Return what is at a path, None where nothing is; raise CommandError as ``send`` does."""
        try:
            return self.get(path)
        except CommandError as error:
            if "NotFound" in error.output:
                return None
            raise

    def list(self, path: str, **query: str) -> list[dict[str, Any]]:
        """Return the objects of a list, each with its kind; raise CommandError as ``send`` does."""
        found = self.get(path, **query)
        kind = found["kind"].removesuffix("List")
        return [{"apiVersion": found["apiVersion"], "kind": kind, **one} for one in found["items"]]

    def send(self, method: str, path: str, body: Mapping[str, Any] | str | None = None) -> Any:
        """Return the answer to a request; a PATCH is a JSON merge patch, and a string as its body is applied.

        Raise RefusalError for a refusal, in kubectl's words ("Error from server (NotFound): ..."), and
        CommandError where there is no answer.
        """
        proxy = self._started()
        connection = _Connection(self._path)
        # http.client encodes a string as Latin-1.
        content = (body if isinstance(body, str) else json.dumps(body)).encode() if body else None
        kind = _APPLY if isinstance(body, str) else _MERGE if method == "PATCH" else _JSON
        try:
            connection.request(method, path, content, {"Content-Type": kind} if content else {})
            response = connection.getresponse()
            told = response.read().decode("utf-8", errors="replace")
        except (OSError, http.client.HTTPException) as error:
            # It may hold on to a connection that is dead.
            self._end(proxy)
            why = f"did not finish within {ANSWER_SECONDS} s" if isinstance(error, TimeoutError) else "failed"
            doing, lost = f"{method} {path.partition('?')[0]}", f"Unable to connect to the server: {error}"
            raise CommandError(doing, ["kubectl"], why, lost) from None
        finally:
            connection.close()
        if response.status >= http.client.BAD_REQUEST:
            raise RefusalError(method, path, response.status, told)
        return json.loads(told)

    def close(self) -> None:
        """End the proxy."""
        if self._proxy:
            self._end(self._proxy)

    def _started(self) -> subprocess.Popen[bytes]:
        with self._starting:
            if self._proxy is None:
                self._proxy = self._start()
            return self._proxy

    def _start(self) -> subprocess.Popen[bytes]:
        with tempfile.TemporaryFile("w+", encoding="utf-8") as output:
            command = [*self._call.command, "proxy", f"--unix-socket={self._path}", "--append-server-path"]
            proxy = processes.start_until_input_ends(command, output, env=kubectl.environment())
            end = time.monotonic() + START_SECONDS
            while not self._is_listening():
                if proxy.poll() is not None or time.monotonic() > end:
                    _stop(proxy)
                    output.seek(0)
                    raise CommandError("connecting to the cluster", command, "proxy failed", output.read())
                time.sleep(0.01)
        return proxy

    def _is_listening(self) -> bool:
        connection = _Connection(self._path)
        try:
            connection.connect()
        except OSError:
            return False
        finally:
            connection.close()
        return True

    def _end(self, proxy: subprocess.Popen[bytes]) -> None:
        with self._starting:
            if self._proxy is proxy:
                self._proxy = None
                _stop(proxy)
                self._path.unlink(missing_ok=True)


class _Connection(http.client.HTTPConnection):
    """HTTP by a Unix socket; httpx could, but takes longer to import than all requests of a deploy."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=ANSWER_SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def _stop(proxy: subprocess.Popen[bytes]) -> None:
    try:
        # It closes the input.
        proxy.communicate(timeout=_ENDING_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(proxy.pid, signal.SIGKILL)
        proxy.wait()


def _words(code: int, told: str, status: Mapping[str, Any]) -> str:
    """Return a refusal as kubectl prints it; the proxy writes plain text where it gets no answer itself."""
    if status.keys() >= {"reason", "message"}:
        return f"Error from server ({status['reason']}): {status['message']}"
    if code in _REASONS:
        return f"Error from server ({_REASONS[code]}): {told.strip()}"
    return f"Unable to connect to the server: {told.strip()}"
