"""The page of a chart repository shows what the index contains, and escapes it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import yaml

from ci.base import repository
from ci.base.errors import UserError
from ci.charts import catalog
from ci.publishing import pyproject, repository_page
from ci.values import reference
from tests.support.indexed import index_charts


class Page(HTMLParser):
    """What a page consists of: its elements with their attributes, its ids, and its text."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def values(self, attribute: str) -> list[str]:
        return [str(found[attribute]) for _, found in self.elements if attribute in found]


@pytest.fixture(scope="module")
def indexed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return index_charts(tmp_path_factory.mktemp("repository"))


@pytest.fixture
def published(indexed: Path, tmp_path: Path) -> Path:
    """Return a chart repository that is the test's own."""
    return Path(shutil.copytree(indexed, tmp_path / "published"))


Edit = Callable[[dict[str, Any]], object]


def edit(folder: Path, change: Edit) -> None:
    """Change the index's entries."""
    path = folder / "index.yaml"
    index = yaml.safe_load(path.read_text(encoding="utf-8"))
    change(index["entries"])
    path.write_text(yaml.safe_dump(index), encoding="utf-8")


def test_every_version_stands_there_with_its_package_and_checksum(published: Path) -> None:
    page = Page(repository_page.write(published))
    index = yaml.safe_load((published / "index.yaml").read_text(encoding="utf-8"))
    for (entry,) in index["entries"].values():
        assert entry["urls"][0] in page.values("href")
        assert entry["digest"] in page.text
        assert entry["description"] in page.text


def test_every_key_of_the_readmes_is_there_and_can_be_linked_to(published: Path) -> None:
    page = Page(repository_page.write(published))
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    for chart in catalog.charts():
        for table in reference.tables(chart):
            above = f"{chart.name}.{table.entry_of}.*." if table.entry_of else f"{chart.name}."
            assert {above + row.key for row in table.rows} <= set(ids)


def test_it_says_how_to_install_each_chart_as_its_readme_does(published: Path) -> None:
    text = Page(repository_page.write(published)).text
    version = charts_version()
    assert f"helm install api microservice-chart/microservice --version {version} --set image.repo" in text
    assert f"helm install staging microservice-chart/namespace --version {version} -n default" in text


def charts_version() -> str:
    return str(yaml.safe_load((repository.root() / "charts/microservice/Chart.yaml").read_text())["version"])


def test_known_addresses_are_shown(published: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = {"Charts": "https://charts.example.com", "Registry": "oci://registry.example.com/charts"}
    monkeypatch.setattr(pyproject, "address", lambda label: known.get(label, ""))
    text = Page(repository_page.write(published)).text
    assert "helm repo add microservice-chart https://charts.example.com\n" in f"{text}\n".replace(" \n", "\n")
    assert "helm install api oci://registry.example.com/charts/microservice --version" in text


def test_what_is_to_be_installed_is_the_newest_that_is_no_prerelease(published: Path) -> None:
    def release_another(entries: dict[str, Any]) -> None:
        (old,) = entries["microservice"]
        entries["microservice"] = [old | {"version": version} for version in ("7.1.0-rc.1", "7.0.0", "6.9.0")]

    edit(published, release_another)
    text = Page(repository_page.write(published)).text
    assert "microservice --version 7.0.0 --set" in text
    assert text.index("7.1.0-rc.1") < text.rindex("6.9.0")


def test_nothing_of_the_index_is_taken_for_html(published: Path) -> None:
    evil = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>"

    def poison(entries: dict[str, Any]) -> None:
        (entry,) = entries["microservice"]
        entry |= {"description": evil, "kubeVersion": evil, "digest": evil, "created": evil, "icon": evil}
        entry["annotations"] = {"artifacthub.io/changes": yaml.safe_dump([evil, {"kind": evil}])}
        entries[evil] = [entry]

    edit(published, poison)
    page = Page(repository_page.write(published))
    assert [tag for tag, _ in page.elements].count("script") == 1
    assert not any(name.startswith("on") for _, attributes in page.elements for name in attributes)


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,<script>alert(1)</script>"])
def test_an_address_that_runs_something_is_no_link(published: Path, url: str) -> None:
    edit(published, lambda entries: entries["microservice"][0].update(urls=[url], icon=url))
    page = Page(repository_page.write(published))
    assert url not in [*page.values("href"), *page.values("src")]


def test_changes_are_shown_in_either_form(published: Path) -> None:
    annotation = yaml.safe_dump(["Plain change", {"kind": "fixed", "description": "Of `image.tag`, too"}])
    edit(
        published,
        lambda entries: entries["namespace"][0].update(annotations={"artifacthub.io/changes": annotation}),
    )
    text = repository_page.write(published).read_text(encoding="utf-8")
    assert "Plain change" in text
    assert '<span class="kind">fixed</span> <span>Of <code>image.tag</code>, too</span>' in text


def test_a_signature_beside_a_package_is_linked(published: Path) -> None:
    package = next(published.glob("namespace-*.tgz"))
    package.with_name(f"{package.name}.prov").write_text("", encoding="utf-8")
    links = Page(repository_page.write(published)).values("href")
    assert [link for link in links if link.endswith(".prov")] == [f"{package.name}.prov"]


def test_a_chart_that_is_no_longer_here_is_listed_all_the_same(published: Path) -> None:
    edit(published, lambda entries: entries.update(former=[entries["namespace"][0] | {"version": "0.0.9"}]))
    assert (
        "helm install former microservice-chart/former --version 0.0.9"
        in Page(repository_page.write(published)).text
    )


def test_the_same_index_gives_the_same_page(published: Path) -> None:
    first = repository_page.write(published).read_bytes()
    assert repository_page.write(published).read_bytes() == first


def test_artifact_hub_finds_its_file_beside_the_index(published: Path) -> None:
    before = {path.name for path in published.iterdir()}
    repository_page.write(published)
    assert {path.name for path in published.iterdir()} - before == {"index.html", "artifacthub-repo.yml"}


def test_a_folder_without_an_index_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"index\.yaml is missing"):
        repository_page.write(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "change",
    [
        lambda entries: entries.update(microservice=[]),
        lambda entries: entries.update(microservice=["text"]),
        lambda entries: entries["microservice"][0].pop("version"),
        lambda entries: entries["microservice"][0].update(version="newest"),
    ],
    ids=["no version", "a string", "without a version", "no SemVer"],
)
def test_a_wrong_entry_is_named_and_the_page_stays_as_it_was(published: Path, change: Edit) -> None:
    page = repository_page.write(published)
    before = page.read_bytes()
    edit(published, change)
    with pytest.raises(UserError, match=r"index\.yaml: the entry 'microservice' is invalid"):
        repository_page.write(published)
    assert page.read_bytes() == before


def test_an_address_of_another_kind_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ci.base.repository._ROOT", tmp_path)
    text = '[project]\nname = "a"\nurls = {Charts = "https://a.example/b/", Registry = "https://a.example"}'
    (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")
    assert pyproject.address("Charts") == "https://a.example/b"
    assert pyproject.address("Source") == ""
    with pytest.raises(UserError, match=re.escape("[project.urls] Registry is 'https://a.example'")):
        pyproject.address("Registry")
