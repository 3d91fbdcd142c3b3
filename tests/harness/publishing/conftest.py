"""A publisher's repository, keys and Helm, and a consumer's Helm."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from ci.base import repository
from ci.charts import helm
from ci.charts.catalog import Chart
from ci.publishing import packages
from ci.values import reference
from tests.support.publishers import Helm, Key, Shop
from tests.support.servers import Certificate, certificate


@pytest.fixture(params=helm.ENGINES, ids="helm {}".format)
def consumer(request: pytest.FixtureRequest, tmp_path: Path) -> Helm:
    """Return the Helm of a user who releases charts."""
    return Helm(request.param, tmp_path / "consumer")


@pytest.fixture
def publisher(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Helm:
    """Return the Helm whose configuration the harness publishes with."""
    own = Helm(4, tmp_path / "publisher")
    for name, value in own.environment.items():
        monkeypatch.setenv(name, value)
    return own


@pytest.fixture
def tls(tmp_path: Path) -> Certificate:
    return certificate(tmp_path)


_packed: dict[object, bytes] = {}


@pytest.fixture
def packed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pack the same files once for all tests: test_packages.py tests how that is done."""
    pack = packages.pack

    def packed(chart: Chart, time: int, *, engine: int) -> bytes:
        files = [file for file in sorted(chart.path.rglob("*")) if file.is_file()]
        content = tuple((str(file.relative_to(chart.path)), file.read_bytes()) for file in files)
        key = (chart.path.name, content, time, engine)
        if key not in _packed:
            _packed[key] = pack(chart, time, engine=engine)
        return _packed[key]

    monkeypatch.setattr(packages, "pack", packed)


_tables: dict[object, list[reference.Table]] = {}


@pytest.fixture(autouse=True)
def tabled_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read the same keys once for all pages: tests/harness/values tests how that is done."""
    read = reference.tables

    def tables(chart: Chart) -> list[reference.Table]:
        sources = [chart.path / "schema.yaml", chart.path / "values.yaml"]
        content = tuple(source.read_bytes() for source in sources if source.exists())
        if content not in _tables:
            _tables[content] = read(chart)
        return _tables[content]

    monkeypatch.setattr(reference, "tables", tables)


@pytest.fixture
def unlinted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Skip helm lint, which has its own tests and takes longer than everything else."""
    monkeypatch.setattr(helm, "lint", lambda *_, **__: "")


@pytest.fixture
def shop(unlinted: None, packed_once: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
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
def real_charts(unlinted: None, packed_once: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return packages of our charts; they are made and published from a copy without a history."""
    root = tmp_path / "repository"
    shutil.copytree(repository.root() / "charts", root / "charts", ignore=shutil.ignore_patterns("ci"))
    for name in ("CHANGELOG.md", "artifacthub-repo.yml", "pyproject.toml"):
        shutil.copy(repository.root() / name, root)
    monkeypatch.setattr("ci.base.repository._ROOT", root)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    packages.make(root / "packages")
    return root / "packages"


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
