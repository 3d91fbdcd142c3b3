"""A service with metrics, on the ports of its arguments: counts requests at any path but those of metrics."""

import signal
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

METRICS = ("/metrics", "/stats")
served = 0


class Handler(BaseHTTPRequestHandler):
    """Answers every request."""

    def do_GET(self) -> None:
        """Answer a request."""
        global served
        if self.path in METRICS:
            body = f"# TYPE http_requests_total counter\nhttp_requests_total {served}\n"
        else:
            # Probes are not load.
            served += self.path != "/health"
            body = '{"version": "1"}'
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *args: object) -> None:
        """Log no request."""


signal.signal(signal.SIGTERM, lambda *_: sys.exit())
for port in sys.argv[1:]:
    server = ThreadingHTTPServer(("", int(port)), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
signal.pause()
