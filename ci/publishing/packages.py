"""Packages of the charts, reproducible: the same bytes from the same commit."""

from __future__ import annotations

import hashlib
import os
import tarfile
import tempfile
import zlib
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ci.base import git, kubernetes_yaml, repository
from ci.base.console import out, step
from ci.base.errors import UserError
from ci.base.files import write_whole
from ci.charts import catalog, helm
from ci.charts.catalog import Chart
from ci.publishing import archive, committed, versions

# If there is neither a commit nor SOURCE_DATE_EPOCH: 1980, the first year of every archive format.
_NO_DATE = 315532800

_LAST = ("templates/NOTES.txt", "values.yaml", "README.md", "values.schema.json")

# How each chart is installed if its name alone is not enough; {} is the package.
_INSTALL = {
    "microservice": "api {} --set image.repository=myrepo/api --set-string image.tag=1.2.3",
    "namespace": "staging {} --namespace default",
}


@dataclass(frozen=True)
class Package:
    """A packaged chart: its file, the chart, the content of Chart.yaml, its date in seconds since 1970."""

    path: Path
    chart: Chart
    metadata: dict[str, Any]
    time: int

    @property
    def name(self) -> str:
        """The chart's name."""
        return str(self.metadata["name"])

    @property
    def version(self) -> str:
        """The chart's version."""
        return str(self.metadata["version"])

    @cached_property
    def content(self) -> bytes:
        """The bytes of the file."""
        return self.path.read_bytes()

    @cached_property
    def sha256(self) -> str:
        """The checksum of the file, in hexadecimal."""
        return hashlib.sha256(self.content).hexdigest()

    @property
    def provenance(self) -> Path:
        """The provenance file beside the package, which exists once it is signed."""
        return self.path.with_name(f"{self.path.name}.prov")

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


def dist() -> Path:
    """Return the folder for the packages of invoke package."""
    return repository.root() / "dist"


def other_bytes(package: Package, where: str) -> UserError:
    """Return the error for a version that is published with other content than the package has."""
    return UserError(
        f"{package} is already published in {where} with other content: "
        "raise the version in Chart.yaml, or package the commit that it was published from"
    )


def package_all() -> None:
    """Package every chart into dist/ and print size, sha256 and how to install it; raise as ``make`` does."""
    packages = make(dist())
    for package in packages:
        shown = repository.shown(package.path)
        out.out(f"{shown}  {len(package.content)} bytes  sha256:{package.sha256}")
        out.out("  helm install", _INSTALL.get(package.name, f"{package.name} {{}}").format(shown))
    for doubt in doubts(packages):
        step(f"cannot be published: {doubt}")


def make(folder: Path) -> list[Package]:
    """Package every chart into ``folder/<name>-<version>.tgz``, each written atomically.

    Raises UserError, before the first is written, unless helm lint and ``versions.check`` pass for all.
    """
    time = versions.date()
    if time is None:
        time = _NO_DATE
    packages = []
    for chart, metadata in [(chart, _metadata(chart)) for chart in catalog.charts()]:
        step(f"packaging {chart.name}")
        package = Package(folder / f"{metadata['name']}-{metadata['version']}.tgz", chart, metadata, time)
        write_whole(package.path, pack(chart, time, engine=helm.ENGINES[-1]))
        # helm push copies the file's time into the artifact, whose digest depends on it.
        os.utime(package.path, (time, time))
        packages.append(package)
    return packages


def doubts(packages: list[Package]) -> list[str]:
    """Return why others could not reproduce packages made now, each reason with its remedy."""
    found = [doubt for package in packages for doubt in versions.doubts(package.version)]
    if git.head(repository.root()):
        files = {path: content for package in packages for path, content in _sources(package).items()}
        found.append(committed.doubt(files))
    return [doubt for doubt in dict.fromkeys(found) if doubt]


def pack(chart: Chart, time: int, *, engine: int) -> bytes:
    """Return the package of a chart, dated ``time`` (seconds since 1970); raise HelmError if Helm refuses it.

    Helm selects the files, by .helmignore; their content is the chart's, as Helm would reorder Chart.yaml and
    unpack the archives of dependencies.
    """
    with tempfile.TemporaryDirectory() as temporary:
        by_helm = archive.unpack(helm.package(chart.path, Path(temporary), engine=engine).read_bytes())
    files = {name: chart.path / name.partition("/")[2] for name in by_helm}
    files |= _archives(chart, by_helm)
    names = sorted((name for name, file in files.items() if file.is_file()), key=_order)
    return archive.pack({name: files[name].read_bytes() for name in names}, time)


def _archives(chart: Chart, by_helm: Collection[str]) -> dict[str, Path]:
    """Return the archives of dependencies that Helm unpacked into a package, by their paths in it."""
    top = next(iter(by_helm)).partition("/")[0]
    found = {}
    for file in chart.path.rglob("charts/*.tgz"):
        folder = f"{top}/{file.parent.relative_to(chart.path).as_posix()}"
        if f"{folder}/{_name(file)}/Chart.yaml" in by_helm:
            found[f"{folder}/{file.name}"] = file
    return found


def _name(dependency: Path) -> str:
    """Return the name of the chart in an archive; "" for a file that is none, as .helmignore may allow."""
    try:
        files = archive.unpack(dependency.read_bytes())
    except (OSError, EOFError, tarfile.TarError, zlib.error):
        return ""
    for path, content in files.items():
        if path.partition("/")[2] == "Chart.yaml":
            return str(kubernetes_yaml.load(content.decode("utf-8"), repository.shown(dependency))["name"])
    return ""


def _sources(package: Package) -> dict[str, bytes]:
    """Return what a package was made of: its files and .helmignore, by path from the repository's root."""
    folder = package.chart.path.relative_to(repository.root()).as_posix()
    packed = archive.unpack(package.content)
    files = {f"{folder}/{name.partition('/')[2]}": content for name, content in packed.items()}
    ignore = package.chart.path / ".helmignore"
    return files | ({f"{folder}/{ignore.name}": ignore.read_bytes()} if ignore.is_file() else {})


def _order(name: str) -> tuple[int, bool, bool, str]:
    """Put files side by side that repeat one another's words: the compressor looks back 32 KB at most."""
    file = name.partition("/")[2]
    place = _LAST.index(file) if file in _LAST else -1
    return place, name.endswith(".tpl"), "/checks/" in name, name


def _metadata(chart: Chart) -> dict[str, Any]:
    """Return the content of Chart.yaml; raise UserError unless all checks of the chart pass."""
    for engine in helm.ENGINES:
        helm.lint(chart.path, engine=engine, strict=True)
    file = chart.path / "Chart.yaml"
    metadata: dict[str, Any] = kubernetes_yaml.load(file.read_text(encoding="utf-8"), repository.shown(file))
    versions.check(str(metadata["version"]), repository.shown(file))
    return metadata
