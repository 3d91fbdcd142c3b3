"""A way to a server that can be lost: a proxy on 127.0.0.1 that refuses connections for a while."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Proxy:
    """Passes on what comes to ``port``; while it is cut, nothing is passed on and nobody is let in."""

    def __init__(self, host: str, port: int) -> None:
        self._server = (host, port)
        self._pairs: set[tuple[socket.socket, socket.socket]] = set()
        self._door = self._open(0)
        self.port: int = self._door.getsockname()[1]

    @contextmanager
    def cut(self) -> Iterator[None]:
        """Have the connections be lost, and new ones be refused, during the block."""
        self.close()
        yield
        self._door = self._open(self.port)

    def close(self) -> None:
        """End all connections, and let nobody in."""
        _close(self._door)
        for pair in list(self._pairs):
            for end in pair:
                _close(end)

    def _open(self, port: int) -> socket.socket:
        door = socket.create_server(("127.0.0.1", port))
        threading.Thread(target=self._let_in, args=[door], daemon=True).start()
        return door

    def _let_in(self, door: socket.socket) -> None:
        with suppress(OSError):  # the door is closed
            while True:
                client, _ = door.accept()
                server = socket.create_connection(self._server)
                self._pairs.add((client, server))
                for pair in ((client, server), (server, client)):
                    threading.Thread(target=_pass_on, args=pair, daemon=True).start()


def _pass_on(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    _close(source)
    _close(sink)


def _close(end: socket.socket) -> None:
    with suppress(OSError):
        # Wakes up who waits for it, which closing alone does not.
        end.shutdown(socket.SHUT_RDWR)
    end.close()
