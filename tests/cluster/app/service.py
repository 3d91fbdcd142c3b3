"""A service as the chart expects it, with requests that make it misbehave.

GET /health                200, or 503 after /unready or if UNREADY is set
GET /environment           the names of the environment variables, each with 12 digits of its value's sha256
GET /burn?seconds=N        keeps a CPU busy for N seconds, and answers at once
GET /unready               makes /health fail from now on
GET /crash                 exits at once, with exit code 3
GET anything else          the version, the path and the name of the pod
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import socket
import threading
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

PORT = int(os.environ.get("PORT", "8000"))
# The maximum wait for open connections on shutdown: far less than the rest of the grace period.
LINGER_SECONDS = 10
QUIET_SECONDS = 1

unready = threading.Event()
stopping = threading.Event()


class Server(ThreadingHTTPServer):
    """Counts its open connections."""

    request_queue_size = 128
    daemon_threads = True

    def __init__(self) -> None:
        self.counting = threading.Lock()
        self.open = 0
        super().__init__(("", PORT), Handler)

    def process_request(self, request: socket.socket | tuple[bytes, socket.socket], client: object) -> None:
        with self.counting:
            self.open += 1
        super().process_request(request, client)

    def shutdown_request(self, request: socket.socket | tuple[bytes, socket.socket]) -> None:
        super().shutdown_request(request)
        with self.counting:
            self.open -= 1


class Handler(BaseHTTPRequestHandler):
    """Answers the requests in the docstring of this file."""

    protocol_version = "HTTP/1.1"
    # Buffered, so that head and body are sent together: a second write would wait for an acknowledgement.
    wbufsize = -1

    def do_GET(self) -> None:
        """Answer a request."""
        url = urlsplit(self.path)
        match url.path:
            case "/health" if unready.is_set():
                self.answer(HTTPStatus.SERVICE_UNAVAILABLE, {"ready": False})
            case "/health":
                self.answer(HTTPStatus.OK, {"ready": True})
            case "/environment":
                self.answer(HTTPStatus.OK, {name: digest(text) for name, text in os.environ.items()})
            case "/burn":
                seconds = float(parse_qs(url.query)["seconds"][0])
                threading.Thread(target=burn, args=[seconds], daemon=True).start()
                self.answer(HTTPStatus.OK, {"burning": seconds})
            case "/unready":
                unready.set()
                self.answer(HTTPStatus.OK, {"ready": False})
            case "/crash":
                os._exit(3)
            case path:
                version, pod = os.environ["VERSION"], socket.gethostname()
                self.answer(HTTPStatus.OK, {"version": version, "path": path, "pod": pod})

    def answer(self, status: HTTPStatus, content: object) -> None:
        """Send JSON; during shutdown, close the connection after it."""
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if stopping.is_set() or self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Log no request."""


def digest(text: str) -> str:
    """Return a digest by which values can be compared without revealing them."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def burn(seconds: float) -> None:
    """Keep a CPU busy."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass


def wait_for_connections_to_end(server: Server) -> None:
    """Return after QUIET_SECONDS without an open connection, or after LINGER_SECONDS."""
    began = last_open = time.monotonic()
    while (now := time.monotonic()) - began < LINGER_SECONDS and now - last_open < QUIET_SECONDS:
        if server.open:
            last_open = now
        time.sleep(0.05)


def main() -> None:
    """Serve until SIGTERM, and then until the open connections are closed."""
    if os.environ.get("UNREADY"):
        unready.set()
    server = Server()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"version {os.environ['VERSION']} listens on port {PORT}")
    stopping.wait()
    print("got SIGTERM")
    wait_for_connections_to_end(server)
    server.shutdown()
    print(f"ended with {server.open} open connections")


if __name__ == "__main__":
    main()
