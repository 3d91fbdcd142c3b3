"""A repository of an OCI registry, for what Helm's own client cannot do.

https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
from collections.abc import Generator
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from ci.base import network, processes
from ci.base.errors import UserError
from ci.charts import helm

# The name under which a login is kept, where it is not that of the host.
_LOGINS = {"registry-1.docker.io": "https://index.docker.io/v1/"}
# The user of a login that is a token, as credential helpers say it.
_ANY_USER = "<token>"
_BLOB = "application/octet-stream"
_MANIFEST = "application/vnd.oci.image.manifest.v1+json"


class Part(NamedTuple):
    """A part of an artifact: its media type, its content, and the name of the file that it is, or ""."""

    type: str
    content: bytes
    file: str = ""


class Repository:
    """The repository ``path`` of the registry ``host``, with Helm's login, or Docker's if Helm has none.

    ``ca_file`` is a CA certificate, "" for those of the system; ``plain_http`` is for a registry without TLS.
    Requests raise UserError if the registry cannot be reached, or refuses one.
    """

    def __init__(self, host: str, path: str, ca_file: str, plain_http: bool) -> None:
        self._name = f"{host}/{path}"
        self._url = httpx.URL(f"http{'' if plain_http else 's'}://{host}/v2/{path}/")
        scope = f"repository:{path}:pull,push"
        self._client = network.client(ca_file=ca_file, timeout=60, auth=_Auth(_login(host), scope))

    def manifest(self, tag: str) -> bytes | None:
        """Return the manifest of a tag, None if the repository or the tag is missing."""
        answer = self._ask("GET", f"manifests/{tag}", headers={"Accept": _MANIFEST}, accepted=404)
        return None if answer.status_code == 404 else answer.content

    def push(self, tag: str, config: Part, layer: Part) -> None:
        """Push an artifact of one layer under a tag, which afterwards stands for it alone."""
        for part in (config, layer):
            digest = _described(part)["digest"]
            begun = self._ask("POST", "blobs/uploads/")
            place = str(_place(begun).copy_merge_params({"digest": digest}))
            self._ask("PUT", place, content=part.content, headers={"Content-Type": _BLOB})
        headers = {"Content-Type": _MANIFEST}
        self._ask("PUT", f"manifests/{tag}", content=_manifest(config, layer), headers=headers)

    def holds(self, tag: str, config: Part, layer: Part) -> bool:
        """Return whether a tag stands for such an artifact, pushed by ``push``."""
        return self.manifest(tag) == _manifest(config, layer)

    def _ask(self, method: str, path: str, accepted: int = 200, **request: Any) -> httpx.Response:
        try:
            answer = self._client.request(method, self._url.join(path), **request)
        except httpx.HTTPError as error:
            raise UserError(f"{self._name}: {error or type(error).__name__}") from None
        if answer.is_success or answer.status_code == accepted:
            return answer
        raise UserError(
            f"{self._name} answers {answer.status_code} {answer.reason_phrase}: {answer.text[:200].strip()}"
        )


class _Auth(httpx.Auth):
    """Answers a registry's challenge: https://distribution.github.io/distribution/spec/auth/token/.

    ``scope`` asks for the rights to pull and to push at once, since some registries, such as Quay, hide a
    repository that is not there from who only wants to pull.
    """

    requires_response_body = True

    def __init__(self, login: _Login | None, scope: str) -> None:
        self._login = login
        self._scope = scope
        self._header = ""

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        if self._header:
            request.headers["Authorization"] = self._header
        answer = yield request
        scheme, _, rest = answer.headers.get("WWW-Authenticate", "").partition(" ")
        if answer.status_code != 401:
            return
        if scheme.lower() == "basic" and self._login:
            self._header = self._login.basic
        elif scheme.lower() == "bearer":
            # If this fails it is the answer.
            answer = yield self._wanted_token(dict(re.findall(r'(\w+)="([^"]*)"', rest)))
            if not answer.is_success:
                return
            tokens = answer.json()
            self._header = f"Bearer {tokens.get('token') or tokens.get('access_token')}"
        else:
            return
        request.headers["Authorization"] = self._header
        yield request

    def _wanted_token(self, challenge: dict[str, str]) -> httpx.Request:
        asked = {"service": challenge.get("service", ""), "scope": self._scope}
        realm = challenge.get("realm", "")
        if self._login and self._login.is_token:
            form = {"grant_type": "refresh_token", "client_id": "helm", "refresh_token": self._login.password}
            return httpx.Request("POST", realm, data={**asked, **form})
        headers = {"Authorization": self._login.basic} if self._login else {}
        return httpx.Request("GET", realm, params=asked, headers=headers)


class _Login(NamedTuple):
    user: str
    password: str

    @property
    def is_token(self) -> bool:
        """Whether the password is a token that stands for the user."""
        return self.user == _ANY_USER

    @property
    def basic(self) -> str:
        return f"Basic {base64.b64encode(f'{self.user}:{self.password}'.encode()).decode()}"


def _login(host: str) -> _Login | None:
    """Return the login of helm registry login, else of docker login, None if there is none.

    Both use one format: https://github.com/docker/cli/blob/v29.0.0/docs/reference/commandline/login.md
    """
    docker = Path(os.environ.get("DOCKER_CONFIG") or f"{os.environ.get('HOME', '')}/.docker") / "config.json"
    for file in (helm.configuration("HELM_REGISTRY_CONFIG"), docker):
        try:
            login = _stored(file, _LOGINS.get(host, host)) if file.exists() else None
        except ValueError as error:
            raise UserError(f"{file} does not hold logins: {error}") from None
        if login:
            return login
    return None


def _stored(file: Path, host: str) -> _Login | None:
    stored = json.loads(file.read_text(encoding="utf-8"))
    if helper := stored.get("credHelpers", {}).get(host) or stored.get("credsStore"):
        try:
            given = json.loads(
                processes.run([f"docker-credential-{helper}", "get"], "asking for a login", stdin=host)
            )
        except processes.CommandError:
            return None
        return _Login(given["Username"], given["Secret"])
    entry = stored.get("auths", {}).get(host, {})
    if entry.get("identitytoken"):
        return _Login(_ANY_USER, entry["identitytoken"])
    if entry.get("auth"):
        user, _, password = base64.b64decode(entry["auth"]).decode().partition(":")
        return _Login(user, password)
    return None


def _place(begun: httpx.Response) -> httpx.URL:
    return begun.url.join(begun.headers["Location"])


def _manifest(config: Part, layer: Part) -> bytes:
    manifest = {
        "schemaVersion": 2,
        "mediaType": _MANIFEST,
        "config": _described(config),
        "layers": [_described(layer)],
    }
    return json.dumps(manifest, separators=(",", ":")).encode()


def _described(part: Part) -> dict[str, Any]:
    described: dict[str, Any] = {
        "mediaType": part.type,
        "digest": f"sha256:{hashlib.sha256(part.content).hexdigest()}",
        "size": len(part.content),
    }
    if part.file:
        described["annotations"] = {"org.opencontainers.image.title": part.file}
    return described
