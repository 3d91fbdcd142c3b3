"""Chart.yaml: the charts' names, and its generated part: addresses, icon and Artifact Hub's annotations."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from semver import Version

from ci.base import kubernetes_yaml
from ci.base.errors import UserError
from ci.base.repository import root, shown
from ci.charts import catalog
from ci.charts.catalog import Chart
from ci.charts.values_file import read_values
from ci.publishing import changelog, pyproject

MARK = "# What follows is written by invoke docs.\n"

# The chart that an entry of CHANGELOG.md is about if it names none.
_MAIN = "microservice"
# The headings of https://keepachangelog.com are Artifact Hub's kinds. One more is not about the charts.
_KINDS = ("Added", "Changed", "Deprecated", "Removed", "Fixed", "Security")
_INSIDE = "Harness"
# An entry's head ends with the first sentence, or before its details; "`key`: description" stays together.
_HEAD = re.compile(r"\.(?:\s(?=[A-Z`])|$)|;\s|(?<!`):\s")


def charts() -> dict[str, Chart]:
    """Return the charts by their names, which need not be those of their folders."""
    found = {}
    for chart in catalog.charts():
        file = chart.path / "Chart.yaml"
        metadata = kubernetes_yaml.load(file.read_text(encoding="utf-8"), shown(file))
        found[str(metadata["name"])] = chart
    return found


def filled(chart: Chart) -> str:
    """Return Chart.yaml's text with the generated part renewed, which is everything from ``MARK`` on.

    https://helm.sh/docs/topics/charts/#the-chartyaml-file, https://artifacthub.io/docs/topics/annotations/helm/.
    Raises UserError for an unknown heading in CHANGELOG.md.
    """
    path = chart.path / "Chart.yaml"
    head = path.read_text(encoding="utf-8").partition(MARK)[0]
    version = str(kubernetes_yaml.load(head, shown(path)).get("version", ""))
    sections = changelog.read(root())
    # Reports an unknown heading before the release.
    list(_changes(sections, changelog.UNRELEASED, chart.name))
    others = [heading for heading in sections if Version.is_valid(heading) and heading != version]
    values = chart.path / "values.yaml"
    annotations = {
        # The first release has no changes.
        "changes": list(_changes(sections, version, chart.name)) if others else [],
        "images": list(_images(read_values(values))) if values.exists() else [],
        "license": pyproject.license(),
        "links": _links(),
    }
    generated = {
        "home": pyproject.address("Homepage"),
        "sources": [source] if (source := pyproject.address("Source")) else [],
        "icon": _icon(chart),
        "annotations": {
            f"artifacthub.io/{key}": value if isinstance(value, str) else _dump(value)
            for key, value in annotations.items()
            if value
        },
    }
    return head + MARK + _dump({key: value for key, value in generated.items() if value})


def _changes(sections: Mapping[str, str], version: str, chart: str) -> Iterator[dict[str, str]]:
    """Yield kind and description of each change of a chart in a version, which may have no section.

    An entry is about the chart that it begins with (``**namespace**: ...``), else about the main one; its
    description is its head. Raises UserError for an unknown heading.
    """
    for heading, entries in changelog.entries(sections.get(version, "")).items():
        if heading not in (*_KINDS, _INSIDE):
            raise UserError(
                f"{changelog.FILE}: {heading!r} in [{version}] is no kind of change; use "
                f"{', '.join(_KINDS)}, or {_INSIDE} for what the charts do not show"
            )
        for entry in entries if heading != _INSIDE else ():
            named = re.match(r"\*\*(\S+)\*\*: ", entry)
            if (named[1] if named else _MAIN) == chart:
                text = entry[named.end() :] if named else entry
                yield {"kind": heading.lower(), "description": _HEAD.split(text)[0]}


def _images(values: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """Yield the images that the chart has defaults for, anywhere in its values."""
    for value in values.values():
        if isinstance(value, dict):
            if value.get("repository") and value.get("tag"):
                name = value["repository"].rpartition("/")[2]
                parts = filter(None, (value.get("registry"), value["repository"]))
                yield {"name": name, "image": f"{'/'.join(parts)}:{value['tag']}"}
            yield from _images(value)


def _links() -> list[dict[str, str]]:
    # Artifact Hub shows a link named "support" prominently.
    links = {"changelog": pyproject.address("Changelog"), "support": pyproject.address("Issues")}
    return [{"name": name, "url": url} for name, url in links.items() if url]


def _icon(chart: Chart) -> str:
    """Return icon.svg as a data: URL, which needs no server and which helm lint and Artifact Hub accept."""
    file = chart.path / "icon.svg"
    if not file.exists():
        return ""
    return "data:image/svg+xml," + quote(file.read_text(encoding="utf-8").strip(), safe="/:=,()'")


def _dump(value: object) -> str:
    return kubernetes_yaml.dump([value]).removeprefix("---\n")
