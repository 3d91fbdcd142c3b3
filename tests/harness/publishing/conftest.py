"""Somebody who publishes charts and somebody who uses them, each with a Helm of their own."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from ci.base import repository
from ci.base.programs import HELM, find
from ci.charts import catalog, helm
from ci.publishing import packages
from tests.conftest import Repository
from tests.support.servers import PASSWORD, USER, Certificate, certificate


class Helm:
    """Helm as somebody has it on a machine, with configuration and cache of their own."""

    def __init__(self, engine: int, home: Path) -> None:
        self.engine = engine
        self.environment = {f"HELM_{name}_HOME": str(home / name) for name in ("CACHE", "CONFIG", "DATA")}

    def __call__(self, *arguments: str, stdin: str = "") -> str:
        """Return what Helm prints; HelmError where it fails."""
        result = subprocess.run(
            [str(find(HELM[self.engine])), *arguments],
            env={**os.environ, **self.environment},
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        if result.returncode:
            raise helm.HelmError("consumer", result)
        return result.stdout

    def log_in(self, *command: str) -> None:
        self(*command, "--username", USER, "--password-stdin", stdin=PASSWORD)


@pytest.fixture(params=helm.ENGINES, ids="helm {}".format)
def consumer(request: pytest.FixtureRequest, tmp_path: Path) -> Helm:
    """Return the Helm of somebody who installs charts."""
    return Helm(request.param, tmp_path / "consumer")


@pytest.fixture
def publisher(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Helm:
    """Return the Helm in whose configuration those look who publish charts from here."""
    own = Helm(4, tmp_path / "publisher")
    for name, value in own.environment.items():
        monkeypatch.setenv(name, value)
    return own


@pytest.fixture
def tls(tmp_path: Path) -> Certificate:
    return certificate(tmp_path)


@pytest.fixture
def unlinted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave helm lint out: it has tests of its own, and takes longer than all the rest."""
    monkeypatch.setattr(helm, "lint", lambda *_, **__: "")


class Shop(Repository):
    """A repository with a small chart, of which any version can be packaged and published."""

    def version(self, version: str, colour: str = "blue") -> packages.Package:
        """Write another version of the chart, and return its package."""
        self.write(
            "charts/microservice/Chart.yaml", f"{{apiVersion: v2, name: microservice, version: {version}}}"
        )
        self.write("charts/microservice/values.yaml", f"colour: {colour}")
        (package,) = packages.make(self.root / "packages" / f"{version}-{colour}")
        return package


@pytest.fixture
def shop(unlinted: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    root = tmp_path / "shop"
    monkeypatch.setattr("ci.base.repository._ROOT", root)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    shop = Shop(root)
    shop.write("CHANGELOG.md", "## [Unreleased]\n\n- Something.\n")
    shop.write("pyproject.toml", '[project]\nname = "shop"\n')
    shop.write("artifacthub-repo.yml", "ignore: []")
    shop.write("charts/microservice/README.md", "```sh\nhelm install api <chart>\n```\n")
    draft = "http://json-schema.org/draft-07/schema#"
    shop.write("charts/microservice/schema.yaml", f"$schema: {draft}\ntype: object\nproperties: {{}}\n")
    return shop


@pytest.fixture
def real_charts(unlinted: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return packages of the charts themselves; what is published is made of copies without a history."""
    root = tmp_path / "repository"
    shutil.copytree(repository.root() / "charts", root / "charts", ignore=shutil.ignore_patterns("ci"))
    for name in ("CHANGELOG.md", "artifacthub-repo.yml", "pyproject.toml"):
        shutil.copy(repository.root() / name, root)
    monkeypatch.setattr("ci.base.repository._ROOT", root)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    packages.make(root / "packages")
    return root / "packages"


class Key:
    """A key made for a test: its name, and the file that helm verify takes."""

    def __init__(self, name: str, ring: Path) -> None:
        self.name = name
        self.ring = ring


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> Iterator[Key]:
    if not shutil.which("gpg"):
        pytest.skip("GnuPG is not installed")
    # The agent's socket allows for no long path.
    with tempfile.TemporaryDirectory(prefix="gpg-", dir="/tmp") as home:
        monkeypatch.setenv("GNUPGHOME", home)
        name = "charts@example.com"
        try:
            gpg = ["gpg", "--batch", "--quiet"]
            subprocess.run([*gpg, "--passphrase", "", "--quick-gen-key", name, "ed25519", "sign"], check=True)
            ring = Path(home) / "public.gpg"
            subprocess.run([*gpg, "--output", str(ring), "--export", name], check=True)
            yield Key(name, ring)
        finally:
            subprocess.run(["gpgconf", "--kill", "all"], check=True)


@pytest.fixture(scope="session")
def indexed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the packages of our charts and Helm's own index of them; it is read only."""
    folder = tmp_path_factory.mktemp("repository")
    for chart in catalog.charts():
        helm.package(chart.path, folder, engine=4)
    subprocess.run([str(find(HELM[4])), "repo", "index", str(folder)], check=True)
    return folder


@pytest.fixture
def published(indexed: Path, tmp_path: Path) -> Path:
    """Return a copy of the indexed folder that is the test's own."""
    return Path(shutil.copytree(indexed, tmp_path / "published"))
