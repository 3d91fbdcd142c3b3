"""Servers on this machine to which tests publish charts, real ones if possible."""

from __future__ import annotations

import base64
import functools
import json
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
from typing import ClassVar, NamedTuple
from urllib.parse import parse_qs, urlsplit

import filelock
import httpx
import pytest
import yaml

from ci.base import go_build
from ci.base.errors import Unavailable
from ci.base.go_build import GoModule
from ci.base.programs import cache_folder

USER, PASSWORD = "publisher", "open-sesame"
# The output of htpasswd -nbB for them.
HTPASSWD = f"{USER}:$2y$05$AYQxVPYD.4gY/xTyNnrGFOui4DxPJTQdqqKflrtNoynq.7kU3IM9C\n"
REFRESH_TOKEN = "stands-for-the-publisher"
LOGIN = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()

GO_REGISTRY_VERSION = "0.22.1"
GO_REGISTRY = GoModule(
    module="github.com/google/go-containerregistry",
    sum="h1:RZuuSYhTvlDvtsK+NkutoCZ//C0X2ebLK8X8l3ULs84=",
    package="./cmd/registry",
)


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
    if request.headers["Authorization"] == f"Basic {LOGIN}":
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
def caddy(folder: Path, data: Path) -> Iterator[str]:
    """Serve a folder with Caddy, whose own data goes to the folder ``data``; yield the address."""
    command = [_from_debian("caddy"), "file-server", "--listen", "127.0.0.1:0", "--root", str(folder)]
    with _listening(["env", f"XDG_DATA_HOME={data}", *command], r'"actual_address":"([^"]+)"') as host:
        yield f"http://{host}"


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
    command = [_from_debian("docker-registry"), "serve", str(folder / "registry.yaml")]
    with _listening(command, r"listening on (127\.0\.0\.1:\d+)") as host:
        yield host


@contextmanager
def go_registry() -> Iterator[str]:
    """Run the registry of go-containerregistry, which keeps everything in memory; yield host and port."""
    with _listening([str(_go_registry()), "-port=0"], r"serving on port (\d+)") as port:
        yield f"localhost:{port}"


@contextmanager
def _listening(command: list[str], pattern: str) -> Iterator[str]:
    """Run a server until the end of the block; yield what ``pattern`` finds in its log."""
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout
        lines = []
        for line in process.stdout:
            lines.append(line)
            if listening := re.search(pattern, line):
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


def _from_debian(name: str) -> str:
    """Return the installed program, or unpack Debian's package of its name, which then starts no service."""
    if installed := shutil.which(name):
        return installed
    folder = cache_folder() / "tools" / name
    folder.parent.mkdir(parents=True, exist_ok=True)
    program = folder / "usr" / "bin" / name
    with filelock.FileLock(f"{folder}.lock"), tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
        if not program.exists():
            try:
                fetch = ["apt-get", "download", "-qq", name]
                subprocess.run(fetch, cwd=temporary, check=True, capture_output=True, timeout=120)
                (package,) = Path(temporary).glob("*.deb")
                unpacked = Path(temporary) / "unpacked"
                subprocess.run(["dpkg-deb", "--extract", package, unpacked], check=True, capture_output=True)
                unpacked.rename(folder)
            except (OSError, subprocess.SubprocessError):
                pytest.skip(f"{name} is not installed, and apt-get download {name} failed")
    return str(program)


def _go_registry() -> Path:
    folder = cache_folder() / "tools" / f"go-registry-{GO_REGISTRY_VERSION}"
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "registry"
    with filelock.FileLock(f"{folder}.lock"), tempfile.TemporaryDirectory(dir=folder) as temporary:
        if not program.exists():
            try:
                go_build.from_source(GO_REGISTRY, GO_REGISTRY_VERSION, Path(temporary)).rename(program)
            except Unavailable as reason:
                pytest.skip(f"the registry of go-containerregistry cannot be built: {reason}")
    return program


class _Hiding(BaseHTTPRequestHandler):
    """Answers for a registry, but 401 for a repository that is not there, as Quay and Docker Hub do.

    A login is exchanged for a token with the rights that are asked for, which names them:
    https://distribution.github.io/distribution/spec/auth/token/. Whoever logs in may push, and so create it;
    the right to pull is given for what is there, or together with the right to push.
    """

    registry: ClassVar[str]

    def answer(self) -> None:
        if self.path.startswith("/token"):
            return self.grant()
        content = self.rfile.read(int(self.headers["Content-Length"] or 0))
        rights = base64.b64decode((self.headers["Authorization"] or "").removeprefix("Bearer ")).split(b",")
        needed = b"pull" if self.command in ("GET", "HEAD") else b"push"
        if needed not in rights and not (self.path == "/v2/" and b"login" in rights):
            challenge = f'Bearer realm="http://{self.headers["Host"]}/token",service="hiding"'
            return self.send(401, b'{"errors":[{"code":"UNAUTHORIZED"}]}', {"WWW-Authenticate": challenge})
        asked = {name: value for name, value in self.headers.items() if name != "Authorization"}
        url = f"{self.registry}{self.path}"
        answer = httpx.request(self.command, url, content=content, headers=asked, trust_env=False)
        kept = ("content-length", "content-type", "docker-content-digest", "location", "range")
        self.send(
            answer.status_code,
            answer.content,
            {name: answer.headers[name] for name in kept if name in answer.headers},
        )

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = answer

    def grant(self) -> None:
        asked = parse_qs(urlsplit(self.path).query)
        is_known = self.headers["Authorization"] == f"Basic {LOGIN}"
        if self.command == "POST":
            asked = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            is_known = asked["refresh_token"] == [REFRESH_TOKEN]
        if not is_known:
            return self.send(401, b"{}", {})
        _, name, rights = asked.get("scope", ["::login"])[0].split(":")
        tags = f"{self.registry}/v2/{name}/tags/list"
        if rights == "pull" and not httpx.get(tags, trust_env=False).is_success:
            rights = "none"
        token = base64.b64encode(rights.encode()).decode()
        self.send(200, json.dumps({"token": token, "access_token": token}).encode(), {})

    def send(self, status: int, content: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"content-length": str(len(content)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, format: str, *arguments: object) -> None:
        pass


@contextmanager
def hiding(host: str) -> Iterator[str]:
    """Put a server before a registry that hides which repositories are not there; yield host and port."""
    handler = type("Hiding", (_Hiding,), {"registry": f"http://{host}"})
    with serving(handler) as url:
        yield url.removeprefix("http://")
