"""Packages are reproducible and contain what a consumer needs."""

from __future__ import annotations

import functools
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from ci.base import git, repository
from ci.base.errors import UserError
from ci.charts import catalog, helm
from ci.charts.catalog import Chart
from ci.charts.helm import HelmError
from ci.publishing import archive, packages
from tests.support.git_repository import GitRepository
from tests.support.repository import Repository

every_chart = pytest.mark.parametrize("chart", catalog.charts(), ids=lambda chart: chart.name)


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a git repository with one commit of what lies here."""
    origin = GitRepository(tmp_path_factory.mktemp("origin"))
    for name in ("charts", "ci", "tasks.py", "CHANGELOG.md", ".gitattributes", ".gitignore"):
        source = repository.root() / name
        if source.is_dir():
            shutil.copytree(source, origin.root / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, origin.root / name)
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("GIT_COMMITTER_DATE", "1700000000 +0900")
        origin.commit()
    return origin.root


def packaged(clone: Path, umask: int, **environment: str) -> dict[str, bytes]:
    """Run invoke package in a clone and return what is in its dist/ then."""
    made = subprocess.run(
        [sys.executable, "-m", "invoke", "package"],
        cwd=clone,
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"} | environment,
        umask=umask,
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    assert "not to be published" not in made.stderr
    return {file.name: file.read_bytes() for file in (clone / "dist").iterdir()}


def test_two_clones_give_the_same_bytes(origin: Path, tmp_path: Path) -> None:
    """They differ in path, time, umask, time zone, language, line ends and the order of files."""
    here, there = tmp_path / "here", tmp_path / "some" / "where else"
    git.run(tmp_path, "clone", "--quiet", str(origin), str(here))
    git.run(tmp_path, "clone", "--quiet", "--config", "core.autocrlf=true", str(origin), str(there))
    for number, file in enumerate(sorted((there / "charts").rglob("*"), reverse=True)):
        file.chmod(0o700 if file.is_dir() else 0o600)
        os.utime(file, (number, number))
    one = packaged(here, 0o022, TZ="UTC", LC_ALL="C")
    other = packaged(there, 0o077, TZ="Pacific/Kiritimati", LC_ALL="C.UTF-8", PYTHONHASHSEED="7")
    assert len(one) == len(catalog.charts())
    assert one == other


@functools.cache
def packed(chart: Chart, engine: int) -> bytes:
    """The package of one of our charts."""
    return packages.pack(chart, 1700000000, engine=engine)


@every_chart
def test_both_helms_give_the_same_bytes(chart: Chart) -> None:
    one, other = (packed(chart, engine) for engine in helm.ENGINES)
    assert one == other


@every_chart
def test_a_package_has_what_a_consumer_needs_and_nothing_else(chart: Chart) -> None:
    files = archive.unpack(packed(chart, 4))
    top = {name.split("/")[1] for name in files}
    of_all = {"Chart.yaml", "README.md", "templates", "values.schema.json", "values.yaml"}
    read_by_templates = {"checks", "defaults.json", "lazy"} if chart.name == "microservice" else set()
    assert top == of_all | read_by_templates
    assert files[f"{chart.name}/Chart.yaml"] == (chart.path / "Chart.yaml").read_bytes()


@every_chart
@pytest.mark.parametrize("engine", helm.ENGINES)
def test_helm_reads_a_package_as_it_reads_its_chart(chart: Chart, engine: int, tmp_path: Path) -> None:
    path = tmp_path / "packed.tgz"
    path.write_bytes(packed(chart, engine))
    case = next(case for case in catalog.cases() if case.chart == chart)
    came = helm.template(path, case.values, engine=engine, release=case.release, namespace=case.namespace)
    assert came == helm.render(case, engine)


@pytest.fixture
def dist(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    repository.write("CHANGELOG.md", "## [1.2.3]\n\n- Something.\n")
    return packages.dist()


def test_size_and_checksum_are_printed(dist: Path, capsys: pytest.CaptureFixture[str]) -> None:
    packages.package_all()
    content = (dist / "microservice-1.2.3.tgz").read_bytes()
    captured = capsys.readouterr().out.splitlines()
    checksum = hashlib.sha256(content).hexdigest()
    assert captured[0] == f"dist/microservice-1.2.3.tgz  {len(content)} bytes  sha256:{checksum}"
    assert "helm install api dist/microservice-1.2.3.tgz" in captured[1]


def test_the_file_has_the_date_of_what_it_was_made_of(dist: Path) -> None:
    (package,) = packages.make(dist)
    assert (package.time, package.path.stat().st_mtime) == (1700000000, 1700000000)


def test_the_first_second_of_1970_is_a_date_as_any_other(dist: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    (package,) = packages.make(dist)
    with tarfile.open(package.path) as files:
        assert {file.mtime for file in files} == {0}
    assert (package.time, package.path.stat().st_mtime) == (0, 0)


def test_a_chart_may_have_another_name_than_its_folder(dist: Path, repository: Repository) -> None:
    repository.write("charts/microservice/Chart.yaml", "{apiVersion: v2, name: shop, version: 1.2.3}")
    (package,) = packages.make(dist)
    assert package.path.name == "shop-1.2.3.tgz"
    assert set(archive.unpack(package.content)) == {"shop/Chart.yaml", "shop/templates/configmap.yaml"}


@pytest.mark.parametrize("engine", helm.ENGINES)
def test_an_archive_of_a_dependency_is_packaged_as_it_is(
    engine: int, dist: Path, repository: Repository, tmp_path: Path
) -> None:
    """Beside it lies one that Chart.yaml does not name, and in an unpacked dependency another."""
    for name in ("cache", "queue", "topics"):
        repository.write(f"{name}/Chart.yaml", f"{{apiVersion: v2, name: {name}, version: 0.1.0}}")
        repository.write(
            f"{name}/templates/{name}.yaml", "{apiVersion: v1, kind: Secret, metadata: {name: a}}"
        )
    folder = repository.chart / "charts"
    cache = helm.package(tmp_path / "cache", folder, engine=engine).replace(folder / "vendored.tgz")
    shutil.move(tmp_path / "queue", folder)
    topics = helm.package(tmp_path / "topics", folder / "queue/charts", engine=engine)
    named = "dependencies: [{name: cache, version: 0.1.0, repository: ''}]"
    repository.write(
        "charts/microservice/Chart.yaml", f"apiVersion: v2\nname: shop\nversion: 1.2.3\n{named}\n"
    )
    repository.write("charts/microservice/.helmignore", "draft.tgz\n.helmignore\n")
    repository.write("charts/microservice/charts/draft.tgz", "no archive")
    chart = Chart("microservice", repository.chart)
    packed = tmp_path / "packed.tgz"
    packed.write_bytes(packages.pack(chart, 0, engine=engine))
    files = archive.unpack(packed.read_bytes())
    assert files.pop("shop/charts/vendored.tgz") == cache.read_bytes()
    assert files.pop("shop/charts/queue/charts/topics-0.1.0.tgz") == topics.read_bytes()
    assert set(files) == {
        "shop/Chart.yaml",
        "shop/templates/configmap.yaml",
        "shop/charts/queue/Chart.yaml",
        "shop/charts/queue/templates/queue.yaml",
    }
    assert helm.template(packed, engine=engine) == helm.template(chart.path, engine=engine)


@every_chart
def test_what_editors_leave_is_neither_rendered_nor_packaged(chart: Chart, tmp_path: Path) -> None:
    copy = Chart(chart.name, shutil.copytree(chart.path, tmp_path / "charts" / chart.name))
    for name in (
        "service.yaml~",
        ".service.yaml.swp",
        "service.yaml.orig",
        "service.yaml.bak",
        "#service.yaml#",
    ):
        (copy.path / "templates" / name).write_text("{{ fail .Template.Name }}")
    (copy.path / ".idea").mkdir()
    (copy.path / ".idea" / "workspace.xml").touch()
    assert packages.pack(copy, 1700000000, engine=4) == packed(chart, 4)


def test_a_chart_that_helm_finds_fault_with_is_not_packed(dist: Path, repository: Repository) -> None:
    repository.write("charts/other/Chart.yaml", "{apiVersion: v2, name: another, version: 1.2.3}")
    with pytest.raises(HelmError, match="charts/other: helm lint failed"):
        packages.package_all()
    assert not dist.exists()


def test_a_chart_whose_version_is_not_in_the_changelog_is_not_packaged(
    dist: Path, repository: Repository
) -> None:
    repository.write("charts/other/Chart.yaml", "{apiVersion: v2, name: other, version: 1.3.0}")
    repository.write("charts/other/templates/NOTES.txt", "Installed.")
    with pytest.raises(UserError, match=r"CHANGELOG\.md has nothing about 1\.3\.0"):
        packages.package_all()
    assert not dist.exists()
