"""What Chart.yaml tells people and Artifact Hub: made from what says it already."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from ci.base import kubernetes_yaml
from ci.base.errors import UserError
from ci.base.repository import shown
from ci.charts.catalog import Chart, read_values
from ci.publishing import pyproject, versions

MARK = "# What follows is written by invoke docs.\n"

# The chart that an entry of CHANGELOG.md is about where it names none.
_MAIN = "microservice"
# The headings of https://keepachangelog.com are Artifact Hub's kinds; one more is for what charts don't show.
_KINDS = ("Added", "Changed", "Deprecated", "Removed", "Fixed", "Security")
_INSIDE = "Harness"
# An entry's head ends with its sentence, or where that goes into detail; a key and what it does are one.
_HEAD = re.compile(r"\.(?:\s(?=[A-Z`])|$)|;\s|(?<!`):\s")


def filled(chart: Chart) -> str:
    """Return Chart.yaml's text with all that is made put after ``MARK``, or at the end.

    https://helm.sh/docs/topics/charts/#the-chartyaml-file, https://artifacthub.io/docs/topics/annotations/helm/.
    Raises UserError where CHANGELOG.md has a heading that says no kind of change.
    """
    path = chart.path / "Chart.yaml"
    head = path.read_text(encoding="utf-8").partition(MARK)[0]
    version = str(kubernetes_yaml.load(head, shown(path)).get("version", ""))
    # What is not released yet is looked at too, so that no release meets a surprise.
    list(changes("Unreleased", chart.name))
    values = chart.path / "values.yaml"
    annotations = {
        # A first release changes nothing.
        "changes": list(changes(version, chart.name)) if set(versions.told()) - {version} else [],
        "images": list(_images(read_values(values))) if values.exists() else [],
        "license": pyproject.license(),
        "links": _links(),
    }
    made = {
        "home": pyproject.address("Homepage"),
        "sources": [source] if (source := pyproject.address("Source")) else [],
        "icon": _icon(chart),
        "annotations": {
            f"artifacthub.io/{key}": value if isinstance(value, str) else _dump(value)
            for key, value in annotations.items()
            if value
        },
    }
    return head + MARK + _dump({key: value for key, value in made.items() if value})


def changes(version: str, chart: str) -> Iterator[dict[str, str]]:
    """Yield kind and description of what CHANGELOG.md says of a version of a chart.

    An entry is about the chart that it begins with (``**namespace**: ...``), else about the main one. The
    head of each is told. Raises UserError for a heading that says no kind of change.
    """
    for block in re.split(r"^### ", versions.section(version), flags=re.MULTILINE):
        heading, _, text = block.partition("\n")
        if heading not in (*_KINDS, _INSIDE, ""):
            raise UserError(
                f"CHANGELOG.md: {heading!r} in [{version}] is no kind of change; write one of "
                f"{', '.join(_KINDS)}, or {_INSIDE} for what the charts don't show"
            )
        for entry in re.split(r"^- ", text, flags=re.MULTILINE)[1:]:
            words = " ".join(entry.split())
            named = re.match(r"\*\*(\S+)\*\*: ", words)
            if heading != _INSIDE and (named[1] if named else _MAIN) == chart:
                told = words[named.end() :] if named else words
                yield {"kind": heading.lower(), "description": _HEAD.split(told)[0]}


def _images(values: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """Yield the images that the chart itself brings, wherever they stand in its values."""
    for value in values.values():
        if isinstance(value, dict):
            if value.get("repository") and value.get("tag"):
                name = value["repository"].rpartition("/")[2]
                parts = filter(None, (value.get("registry"), value["repository"]))
                yield {"name": name, "image": f"{'/'.join(parts)}:{value['tag']}"}
            yield from _images(value)


def _links() -> list[dict[str, str]]:
    # A link named "support" is shown prominently.
    known = {"changelog": pyproject.address("Changelog"), "support": pyproject.address("Issues")}
    return [{"name": name, "url": url} for name, url in known.items() if url]


def _icon(chart: Chart) -> str:
    """Return icon.svg as a data: address, which needs no server; helm lint and Artifact Hub take it."""
    file = chart.path / "icon.svg"
    if not file.exists():
        return ""
    return "data:image/svg+xml," + quote(file.read_text(encoding="utf-8").strip(), safe="/:=,()'")


def _dump(value: object) -> str:
    return kubernetes_yaml.dump([value]).removeprefix("---\n")
