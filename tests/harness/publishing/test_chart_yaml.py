"""The generated part of Chart.yaml comes from CHANGELOG.md, pyproject.toml, the values and the icon."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import yaml

from ci.base.errors import UserError
from ci.charts import catalog
from ci.charts.catalog import Chart
from ci.publishing import chart_yaml

CHANGELOG = """# Changelog

## [Unreleased]

### Fixed

- Not released yet.

## [1.2.0] - 2026-01-02

### Added

- `image.tag`: which version to run; a second clause
  of the same entry. And a sentence.
- **namespace**: quotas: many of them.
- Checks of everything: this and that.

### Security

- Nothing runs as root, e.g.
  no process.

### Harness

- Faster.

## [1.1.0] - 2026-01-01

### Added

- Old.
"""
PYPROJECT = """[project]
name = "all"
license = "MIT"
[project.urls]
Source = "https://example.com/source/"
Issues = "https://example.com/issues"
"""


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("ci.base.repository._ROOT", tmp_path)
    for name, text in {
        "CHANGELOG.md": CHANGELOG,
        "pyproject.toml": PYPROJECT,
        "charts/microservice/Chart.yaml": "name: microservice\nversion: 1.2.0\n",
        "charts/namespace/Chart.yaml": "name: namespace\nversion: 1.2.0\n",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


def filled(repository: Path, name: str = "microservice") -> dict[str, Any]:
    chart = Chart(name, repository / "charts" / name)
    read: dict[str, Any] = yaml.safe_load(chart_yaml.filled(chart))
    return read


def changes(repository: Path, name: str) -> list[tuple[str, str]]:
    found = yaml.safe_load(filled(repository, name)["annotations"]["artifacthub.io/changes"])
    return [(change["kind"], change["description"]) for change in found]


def test_the_changes_are_the_heads_of_what_the_changelog_says_of_that_version(repository: Path) -> None:
    assert changes(repository, "microservice") == [
        ("added", "`image.tag`: which version to run"),
        ("added", "Checks of everything"),
        ("security", "Nothing runs as root, e.g. no process"),
    ]


def test_an_entry_that_names_a_chart_is_a_change_of_that_chart_only(repository: Path) -> None:
    assert changes(repository, "namespace") == [("added", "quotas")]


def test_the_first_version_has_no_changes(repository: Path) -> None:
    changelog = repository / "CHANGELOG.md"
    first = changelog.read_text(encoding="utf-8").partition("## [1.1.0]")[0]
    changelog.write_text(first, encoding="utf-8")
    assert "artifacthub.io/changes" not in filled(repository)["annotations"]


def test_a_version_without_a_section_has_no_changes(repository: Path) -> None:
    path = repository / "charts/microservice/Chart.yaml"
    path.write_text("name: microservice\nversion: 2.0.0\n", encoding="utf-8")
    assert "artifacthub.io/changes" not in filled(repository)["annotations"]


@pytest.mark.parametrize(
    ("old", "new"), [("### Security", "### Improved"), ("### Fixed", "### Bugs")], ids=["released", "not yet"]
)
def test_an_unknown_heading_is_refused(repository: Path, old: str, new: str) -> None:
    path = repository / "CHANGELOG.md"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    heading = new.removeprefix("### ")
    with pytest.raises(UserError, match=rf"CHANGELOG\.md: '{heading}' in .* is no kind of change; use "):
        filled(repository)


def test_addresses_come_from_the_project(repository: Path) -> None:
    metadata = filled(repository)
    assert metadata["sources"] == ["https://example.com/source"]
    assert yaml.safe_load(metadata["annotations"]["artifacthub.io/links"]) == [
        {"name": "support", "url": "https://example.com/issues"}
    ]
    assert metadata["annotations"]["artifacthub.io/license"] == "MIT"
    assert "home" not in metadata


def test_images_that_the_chart_brings_are_listed_wherever_they_stand(repository: Path) -> None:
    (repository / "charts/microservice/values.yaml").write_text(
        "image: {repository: '', tag: ''}\n"
        "tests: {image: {registry: r.example.com:5000, repository: a/busybox, tag: '1.37'}}\n",
        encoding="utf-8",
    )
    assert yaml.safe_load(filled(repository)["annotations"]["artifacthub.io/images"]) == [
        {"name": "busybox", "image": "r.example.com:5000/a/busybox:1.37"}
    ]


def test_what_a_person_wrote_stays_and_the_rest_is_written_anew(repository: Path) -> None:
    path = repository / "charts/microservice/Chart.yaml"
    path.write_text(f"# Mine\nname: a\nversion: 1.2.0\n{chart_yaml.MARK}home: wrong\n", encoding="utf-8")
    text = chart_yaml.filled(Chart("microservice", path.parent))
    assert text.startswith(f"# Mine\nname: a\nversion: 1.2.0\n{chart_yaml.MARK}sources:\n")
    assert "wrong" not in text


@pytest.mark.parametrize("chart", catalog.charts(), ids=lambda chart: chart.name)
def test_the_icon_is_an_address_that_artifact_hub_reads(chart: Chart) -> None:
    icon = yaml.safe_load((chart.path / "Chart.yaml").read_text(encoding="utf-8"))["icon"]
    head, _, data = icon.partition(",")
    assert head == "data:image/svg+xml"
    # What its reader of data: addresses refuses unescaped: RFC 2396, 2.4.3.
    assert not re.search(r"[\s<>#\"{}|\\^\[\]`]", data)
    assert unquote(data) == (chart.path / "icon.svg").read_text(encoding="utf-8").strip()
