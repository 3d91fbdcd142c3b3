"""The web page of a chart repository, beside its index.yaml: one self-contained file."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from jinja2 import Template
from markupsafe import Markup, escape

from ci.base import kubernetes_yaml, page
from ci.base.errors import UserError
from ci.base.files import write_whole
from ci.base.repository import root, shown
from ci.charts.catalog import Chart
from ci.publishing import chart_yaml, index, pyproject
from ci.publishing.index import Entry, Index
from ci.values import reference

_PARTS = Path(__file__).parent / "page"
# Artifact Hub reads it beside index.yaml: https://artifacthub.io/docs/topics/repositories/helm-charts/
ARTIFACT_HUB = "artifacthub-repo.yml"
_CHANGES = "artifacthub.io/changes"


class Version(NamedTuple):
    """A published version; ``link`` and ``provenance`` are "" if missing, ``kilobytes`` is 0 if unknown."""

    version: str
    created: str
    kubernetes: str
    link: str
    kilobytes: int
    sha256: str
    provenance: str
    changes: list[tuple[str, str]]


class Section(NamedTuple):
    """A chart on the page: ``entry`` is its newest release in the index; {} in ``install`` is the chart."""

    name: str
    entry: Entry
    icon: str
    newest: str
    install: str
    versions: list[Version]
    tables: list[reference.Table]


def write(repository: Path) -> Path:
    """Write index.html into the folder ``repository``, which has index.yaml, and return its path.

    Artifact Hub's file about the repository is written too. Each file is written atomically, and the same
    index gives the same bytes. Raises UserError if index.yaml is missing or invalid.
    """
    file = repository / "index.yaml"
    try:
        found = index.load(file.read_text(encoding="utf-8"), shown(file))
    except FileNotFoundError:
        raise UserError(
            f"{shown(file)} is missing: create the chart repository with invoke publish"
        ) from None
    text = render(repository, found)
    written = repository / "index.html"
    write_whole(repository / ARTIFACT_HUB, (root() / ARTIFACT_HUB).read_text(encoding="utf-8"))
    write_whole(written, text)
    return written


def render(repository: Path, found: Index) -> str:
    """Return the page of the folder ``repository`` with an index; raise UserError if that is invalid."""
    style = page.style(_PARTS / "style.css")
    script = (_PARTS / "script.js").read_text(encoding="utf-8")
    return _template().render(
        sections=list(_sections(repository, found)),
        alias=pyproject.name(),
        charts=pyproject.address("Charts"),
        registry=pyproject.address("Registry"),
        source=pyproject.address("Source"),
        style=Markup(style),  # noqa: S704
        script=Markup(script),  # noqa: S704
        style_hash=page.hash_of(style),
        script_hash=page.hash_of(script),
    )


@functools.cache
def _template() -> Template:
    return page.template(_PARTS / "index.html", {"marked": _marked})


def _sections(repository: Path, found: Index) -> Iterator[Section]:
    name = shown(repository / "index.yaml")
    known = chart_yaml.charts()
    # The project's main chart comes first.
    for chart in sorted(found["entries"], key=lambda name: (name != "microservice", name)):
        try:
            yield _section(repository, index.versions(found, chart, name), known.get(chart), chart)
        except (AttributeError, IndexError, TypeError, UserError) as error:
            # An odd entry of another chart is left out: it is not ours to fix.
            if chart in known and isinstance(error, UserError):
                raise
            if chart in known:
                raise UserError(f"{name}: the entry {chart!r} is invalid: {error!r}") from None


def _section(repository: Path, entries: list[Entry], chart: Chart | None, name: str) -> Section:
    """Return the section of a chart, whose newest versions come first in the index."""
    newest = next((entry for entry in entries if not index.parsed(entry["version"]).prerelease), entries[0])
    return Section(
        name=name,
        entry=newest,
        icon=_address(newest.get("icon"), "https:", "data:image/"),
        newest=newest["version"],
        install=_install(chart) if chart else f"helm install {name} {{}}",
        versions=[_version(repository, entry) for entry in entries],
        tables=reference.tables(chart) if chart else [],
    )


def _version(repository: Path, entry: Entry) -> Version:
    link = str(next(iter(entry.get("urls") or ()), ""))
    link = _address(link, "https:", "http:") if urlsplit(link).scheme else link
    package = repository / urlsplit(link).path.rpartition("/")[2]
    here = bool(link) and package.is_file()
    provenance = here and package.with_name(f"{package.name}.prov").is_file()
    return Version(
        version=str(entry["version"]),
        created=str(entry.get("created") or "")[:10],
        kubernetes=str(entry.get("kubeVersion") or "").removesuffix("-0"),
        link=link,
        kilobytes=-(-package.stat().st_size // 1000) if here else 0,
        sha256=str(entry.get("digest") or ""),
        provenance=f"{link}.prov" if provenance else "",
        changes=list(_changes(entry)),
    )


def _changes(entry: Entry) -> Iterator[tuple[str, str]]:
    """Yield kind ("" if it has none) and description of each change, in either form of the annotation.

    https://artifacthub.io/docs/topics/annotations/helm/
    """
    annotation = (entry.get("annotations") or {}).get(_CHANGES, "")
    for change in kubernetes_yaml.load(annotation, _CHANGES) or []:
        if isinstance(change, dict):
            yield str(change.get("kind", "")), str(change.get("description", ""))
        else:
            yield "", str(change)


def _install(chart: Chart) -> str:
    """Return the install command from the chart's README, with {} for the chart."""
    readme = (chart.path / "README.md").read_text(encoding="utf-8")
    found = re.search(r"^```sh\n(helm install .*<chart>.*)\n```$", readme, re.MULTILINE)
    if not found:
        raise UserError(
            f"{shown(chart.path)}/README.md: add a command to install it: helm install NAME <chart>"
        )
    return found[1].replace("<chart>", "{}")


def _address(found: object, *prefixes: str) -> str:
    """Return an address that has one of the prefixes; "" for any other."""
    return str(found) if str(found).startswith(prefixes) else ""


def _marked(text: str) -> Markup:
    """Return a string as HTML, with <code> for what is in backquotes."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))  # noqa: S704
