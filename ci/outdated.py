"""Reports which pinned versions are behind the newest release."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import httpx
from invoke.exceptions import Exit
from packaging.version import InvalidVersion, Version
from rich.markup import escape

from ci.base import network, programs
from ci.base.console import out
from ci.base.errors import UserError
from ci.base.repository import root, shown
from ci.clusters import addons
from ci.kubernetes import custom_kinds, versions

BEHIND = 2
TIMEOUT_SECONDS = 15
GO_PROXY = "https://proxy.golang.org"
GITHUB_API = "https://api.github.com"
# A program or project whose Go module has another name.
_MODULES = {
    "kubectl": "k8s.io/kubernetes",
    "github.com/kubernetes-sigs/gateway-api": "sigs.k8s.io/gateway-api",
    "github.com/kubernetes-sigs/metrics-server": "sigs.k8s.io/metrics-server",
}
# The project that publishes an image.
_IMAGES = {
    "ghcr.io/letsencrypt/pebble": "github.com/letsencrypt/pebble",
    "motoserver/moto": "github.com/getmoto/moto",
    "openbao/openbao": "github.com/openbao/openbao",
}
_ACTION = re.compile(r"uses: ([\w.-]+/[\w.-]+)\S*@[0-9a-f]{40} # v(\S+)")
_ADDON = re.compile(r"https://\S*?github\S*?\.com/([^/]+/[^/]+)/(?:releases/download/)?v([\d.]+)/")
_IMAGE = re.compile(r"image: (\S+):v?([\d.]+)$", re.MULTILINE)


class Pin(NamedTuple):
    """A pinned version, without "v", the file or folder that it is in, and where its releases are listed.

    ``modules`` are Go modules, and ``repository`` is one of GitHub's, "" for none, in case they have none.
    """

    what: str
    version: str
    file: str
    modules: tuple[str, ...]
    repository: str = ""


class Unknown(Exception):
    """The newest release of something cannot be looked up, for the reason given."""


def report() -> None:
    """Print each pin on standard output, and the newest release if that is newer.

    Raises Exit with the code ``BEHIND`` if a pin is behind, else UserError if one cannot be looked up.
    """
    found = pins()
    behind = unknown = 0
    with (
        network.client(timeout=TIMEOUT_SECONDS, follow_redirects=True) as client,
        ThreadPoolExecutor(max_workers=8) as pool,
    ):
        for pin, newest in zip(found, pool.map(lambda pin: _newest(client, pin), found), strict=True):
            state, detail = "[green]newest[/green]", ""
            if isinstance(newest, Unknown):
                unknown += 1
                state, detail = "[yellow]unknown  [/yellow]", str(newest)
            elif newest != pin.version:
                behind += 1
                state, detail = "[red]behind   [/red]", f"{newest} is there; pinned in {pin.file}"
            out.print(f"{escape(f'{pin.what} {pin.version}'):56} {state}{escape(detail)}")
    counted = ", ".join([*([f"{behind} behind"] if behind else []), f"{unknown} unknown"])
    if behind:
        raise Exit(f"of {len(found)} pinned versions: {counted}", BEHIND)
    if unknown:
        raise UserError(f"of {len(found)} pinned versions: {counted}")


def pins() -> list[Pin]:
    """Return the pins of programs, the newest Kubernetes version, custom kinds, add-ons and actions."""
    return list(dict.fromkeys([*_programs(), *_custom_kinds(), *_addons(), *_actions()]))


def _programs() -> Iterator[Pin]:
    file = shown(Path(programs.__file__).with_name("programs.toml"))
    for tool in programs.PINNED:
        module = tool.go.module if tool.go else _MODULES[tool.name]
        yield Pin(tool.name, tool.version, file, (module,))
    yield Pin("Kubernetes", versions.NEWEST, shown(Path(versions.__file__)), (_MODULES["kubectl"],))


def _custom_kinds() -> Iterator[Pin]:
    for project, release in custom_kinds.releases():
        yield _project("custom kinds of ", project, release, shown(custom_kinds.FOLDER))


def _addons() -> Iterator[Pin]:
    for file in sorted(addons.FOLDER.rglob("*.yaml")):
        text = file.read_text(encoding="utf-8")
        for repository, version in _ADDON.findall(text):
            yield _project("add-on ", f"github.com/{repository}", version, shown(file))
        for image, version in _IMAGE.findall(text):
            yield _project("add-on ", _IMAGES[image], version, shown(file))


def _project(kind: str, project: str, release: str, file: str) -> Pin:
    version = release.removeprefix("v")
    module = _MODULES.get(project, project)
    major = Version(version).major
    # From major version 2 on, each has a module: https://go.dev/ref/mod#major-version-suffixes
    modules = [module, *(f"{module}/v{number}" for number in (major, major + 1) if number > 1)]
    repository = project.removeprefix("github.com/")
    return Pin(f"{kind}{repository}", version, file, tuple(modules), repository)


def _actions() -> Iterator[Pin]:
    folder = root() / ".github/workflows"
    for file in sorted(folder.glob("*.y*ml")):
        for action, version in _ACTION.findall(file.read_text(encoding="utf-8")):
            yield Pin(f"action {action}", version, shown(folder), (), action)


def _newest(client: httpx.Client, pin: Pin) -> str | Unknown:
    """Return the newest release, cut to as many numbers as the pin has, or why it is not known."""
    known, reasons = [], []
    for module in pin.modules:
        try:
            known += _of_module(client, module)
        except Unknown as reason:
            reasons.append(str(reason))
    # A list that lacks what is pinned is not whole.
    if pin.repository and (not known or max(known) < Version(pin.version)):
        try:
            known += _of_repository(client, pin.repository)
        except Unknown as reason:
            reasons.append(str(reason))
    if not known or max(known) < Version(pin.version):
        return Unknown(reasons[-1] if reasons else f"the newest that is listed is {max(known)}")
    return ".".join(str(max(known)).split(".")[: pin.version.count(".") + 1])


def _of_module(client: httpx.Client, module: str) -> list[Version]:
    """Ask the module proxy (https://go.dev/ref/mod#goproxy-protocol)."""
    proxies = re.split(r"[,|]", os.environ.get("GOPROXY", ""))
    proxy = next((proxy for proxy in proxies if proxy.startswith("http")), GO_PROXY)
    escaped = re.sub(r"[A-Z]", lambda letter: f"!{letter[0].lower()}", module)
    return _releases(_ask(client, f"{proxy.rstrip('/')}/{escaped}/@v/list").text.split())


def _of_repository(client: httpx.Client, repository: str) -> list[Version]:
    """Ask GitHub (https://docs.github.com/en/rest/releases/releases#get-the-latest-release)."""
    api = os.environ.get("GITHUB_API_URL", GITHUB_API)
    token = os.environ.get("GITHUB_TOKEN")
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    answer = _ask(client, f"{api}/repos/{repository}/releases/latest", headers)
    return _releases([answer.json()["tag_name"]])


def _ask(client: httpx.Client, url: str, headers: dict[str, str] | None = None) -> httpx.Response:
    try:
        answer = client.get(url, headers=headers)
    except httpx.HTTPError as error:
        raise Unknown(f"{url}: {error or type(error).__name__}") from None
    if not answer.is_success:
        raise Unknown(f"{url}: HTTP {answer.status_code}")
    return answer


def _releases(tags: Sequence[str]) -> list[Version]:
    found = []
    for tag in tags:
        try:
            found.append(Version(tag.removesuffix("+incompatible")))
        except InvalidVersion:
            continue
    return [version for version in found if not version.is_prerelease]
