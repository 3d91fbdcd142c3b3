"""Servers on this machine to which tests publish charts, real ones if possible."""

from __future__ import annotations

import base64
import functools
import re
import shutil
import ssl
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

import filelock
import pytest
import yaml

from ci.base.programs import cache_folder

USER, PASSWORD = "publisher", "open-sesame"
# The output of htpasswd -nbB for them.
HTPASSWD = f"{USER}:$2y$05$AYQxVPYD.4gY/xTyNnrGFOui4DxPJTQdqqKflrtNoynq.7kU3IM9C\n"


class Certificate(NamedTuple):
    """A self-signed certificate for 127.0.0.1, and its key."""

    file: Path
    key: Path


def certificate(folder: Path) -> Certificate:
    """Create a certificate; skip the test if openssl is missing."""
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed")
    made = Certificate(folder / "ca.pem", folder / "ca.key")
    command = ["openssl", "req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    about = ["-days", "2", "-subj", "/CN=Test", "-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-keyout", str(made.key), "-out", str(made.file)]
    subprocess.run([*command, *about, *files], check=True, capture_output=True)
    return made


def is_logged_in(request: BaseHTTPRequestHandler) -> bool:
    """Return whether a request has the right login; if not, answer it with 401."""
    expected = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    if request.headers["Authorization"] == f"Basic {expected}":
        return True
    request.send_response(401)
    request.send_header("WWW-Authenticate", "Basic")
    request.send_header("Content-Length", "0")
    request.end_headers()
    return False


class _Files(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *arguments: object) -> None:
        pass


class _GuardedFiles(_Files):
    def do_GET(self) -> None:
        if is_logged_in(self):
            super().do_GET()


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler], tls: Certificate | None = None) -> Iterator[str]:
    """Serve HTTP, or HTTPS with ``tls``, with a handler; yield the address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tls.file, tls.key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http{'s' if tls else ''}://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def web_server(folder: Path, *, guarded: bool = False, tls: Certificate | None = None) -> Iterator[str]:
    """Serve a folder, only with the right login if ``guarded``; yield the address."""
    handler = functools.partial(_GuardedFiles if guarded else _Files, directory=str(folder))
    with serving(handler, tls) as url:  # type: ignore[arg-type]
        yield url


@contextmanager
def docker_registry(folder: Path, *, guarded: bool = False, tls: Certificate | None = None) -> Iterator[str]:
    """Run Debian's docker-registry with its storage in a folder; yield host and port."""
    http: dict[str, object] = {"addr": "127.0.0.1:0"}
    if tls:
        http["tls"] = {"certificate": str(tls.file), "key": str(tls.key)}
    settings: dict[str, object] = {
        "version": "0.1",
        "storage": {"filesystem": {"rootdirectory": str(folder / "storage")}},
        "http": http,
    }
    if guarded:
        (folder / "htpasswd").write_text(HTPASSWD)
        settings["auth"] = {"htpasswd": {"realm": "charts", "path": str(folder / "htpasswd")}}
    (folder / "registry.yaml").write_text(yaml.safe_dump(settings))
    command = [str(_docker_registry()), "serve", str(folder / "registry.yaml")]
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout
        lines = []
        for line in process.stdout:
            lines.append(line)
            if listening := re.search(r"listening on (127\.0\.0\.1:\d+)", line):
                break
        else:
            pytest.fail("".join(lines))
        # Otherwise the registry would block when the pipe is full.
        reader = threading.Thread(target=process.stdout.read)
        reader.start()
        try:
            yield listening[1]
        finally:
            process.kill()
            reader.join()


def _docker_registry() -> Path:
    """Return the installed program, or unpack Debian's package, which then starts no service."""
    if installed := shutil.which("docker-registry"):
        return Path(installed)
    folder = cache_folder() / "tools" / "docker-registry"
    folder.parent.mkdir(parents=True, exist_ok=True)
    program = folder / "usr" / "bin" / "docker-registry"
    with filelock.FileLock(f"{folder}.lock"), tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
        if not program.exists():
            try:
                fetch = ["apt-get", "download", "-qq", "docker-registry"]
                subprocess.run(fetch, cwd=temporary, check=True, capture_output=True, timeout=120)
                (package,) = Path(temporary).glob("*.deb")
                unpacked = Path(temporary) / "unpacked"
                subprocess.run(["dpkg-deb", "--extract", package, unpacked], check=True, capture_output=True)
                unpacked.rename(folder)
            except (OSError, subprocess.SubprocessError):
                pytest.skip("docker-registry is not installed, and apt-get download docker-registry failed")
    return program
