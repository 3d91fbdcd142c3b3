"""Generates what repeats another file: values.schema.json, metadata in Chart.yaml, parts of documents."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from ci.base import kubernetes_yaml, repository
from ci.base.errors import UserError
from ci.base.files import write_whole
from ci.base.programs import HELM
from ci.base.repository import shown
from ci.charts import catalog
from ci.charts.catalog import Chart
from ci.fuzzing import left_rules, upgrades
from ci.kubernetes.versions import NEWEST, OLDEST
from ci.publishing import chart_yaml
from ci.values import custom_defaults, reference, schema
from ci.values.reference import Table

REMEDY = "invoke docs"

# The page that lists the sections of the chart's README, and the path from it to that README.
_GUIDE = "docs/chart.md"
_GUIDED = "../charts/microservice/README.md"


def write() -> list[Path]:
    """Write each generated file that differs from its sources, atomically; return the paths written.

    Raises UserError, before anything is written, if a source is invalid.
    """
    stale = _stale()
    for path, text in stale.items():
        write_whole(path, text)
    return list(stale)


def check() -> None:
    """Raise UserError with every generated file that differs from its sources, and the command to run."""
    if stale := _stale():
        names = "\n  ".join(map(shown, stale))
        raise UserError(f"these generated files are out of date; write them with: {REMEDY}\n  {names}")


def _stale() -> dict[Path, str]:
    """Return the generated files whose text differs from what is on disk, with the text to write."""
    readme, guide = repository.root() / "README.md", repository.root() / _GUIDE
    expected = {readme: {"supported": _supported()}, guide: {"contents": _contents(guide.parent / _GUIDED)}}
    texts: dict[Path, str] = {}
    for chart in catalog.charts():
        _check_kube_version(chart)
        texts[chart.path / "Chart.yaml"] = chart_yaml.filled(chart)
        source, values = chart.path / "schema.yaml", chart.path / "values.yaml"
        if source.exists():
            texts[chart.path / "values.schema.json"] = schema.build(source)
            schema.check_values(source, values)
            keys = _keys(reference.tables(chart)[0])
            expected[chart.path / "README.md"] = {"supported": _supported(), "values": keys}
            if chart.name == left_rules.CHART:
                texts[chart.path / "defaults.json"] = custom_defaults.build()
                expected[chart.path / "README.md"] |= {"left": _left(), "upgrades": _upgrades()}
    texts |= {path: _filled(path, blocks) for path, blocks in expected.items()}
    for path in (readme, *guide.parent.glob("*.md")):
        texts[path] = _with_versions(texts.get(path) or _read(path))
    return {path: text for path, text in texts.items() if not path.exists() or _read(path) != text}


def _check_kube_version(chart: Chart) -> None:
    """Raise UserError unless Chart.yaml's kubeVersion (https://helm.sh/docs/topics/charts/) fits OLDEST."""
    path, expected = chart.path / "Chart.yaml", f">={OLDEST}.0-0"
    found = kubernetes_yaml.load(_read(path), shown(path)).get("kubeVersion")
    if found != expected:
        raise UserError(
            f"{shown(path)}: kubeVersion is {found!r}; it must be that of ci/kubernetes/versions.py: "
            f'kubeVersion: "{expected}"'
        )


def _with_versions(text: str) -> str:
    """Return the text with the current version of each chart that it names.

    The forms are dist/shop-1.2.3.tgz, charts/shop --version 1.2.3 and charts/shop:1.2.3.
    """
    for chart in catalog.charts():
        path = chart.path / "Chart.yaml"
        version = kubernetes_yaml.load(_read(path), shown(path)).get("version")
        name = re.escape(chart.name)
        named = rf"(dist/{name}-|/{name} --version |/{name}:)\d\S*?(?=\.tgz|\s)"
        text = re.sub(named, rf"\g<1>{version}", text)
    return text


def _supported() -> str:
    helms = " and ".join(f"Helm {major} ({tool.minimum} or newer)" for major, tool in HELM.items())
    return f"Works with Kubernetes {OLDEST} to {NEWEST}, and with {helms}."


def _contents(readme: Path) -> str:
    """Return a list of links to a README's sections (##) and, indented, their subsections (###)."""
    prose = re.sub(r"^ *```.*?^ *```$", "", _read(readme), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^##(#?) (.+)$", prose, re.MULTILINE)
    return "\n".join(
        f"{'  ' if below else ''}- [{title}]({_GUIDED}#{anchor(title)})" for below, title in headings
    )


def anchor(title: str) -> str:
    """Return the anchor that GitHub gives a heading: a-and-b for "A, and B"."""
    return re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")


def _filled(document: Path, blocks: Mapping[str, str]) -> str:
    """Return a document's text with each block between ``<!-- name -->`` and ``<!-- /name -->``."""
    text = _read(document)
    for name, block in blocks.items():
        head, start, rest = text.partition(f"<!-- {name} -->\n")
        _, end, tail = rest.partition(f"<!-- /{name} -->\n")
        if not (start and end):
            raise UserError(
                f"{shown(document)}: missing markers for generated text; add the lines <!-- {name} --> and "
                f"<!-- /{name} -->"
            )
        text = f"{head}{start}\n{block}\n\n{end}{tail}"
    return text


def _left() -> str:
    """Return the rules that are left to the API server as a Markdown table."""
    rows = [[_prose(rule.rule), _prose(rule.reason)] for rule in left_rules.read()]
    return _markdown(["A rule", "Why the chart leaves it"], rows)


def _upgrades() -> str:
    """Return the changes of values that a live release takes otherwise than a new one as a Markdown table."""
    rows = [
        [_prose(text) for text in (one.change, one.happens, one.instead)]
        for one in upgrades.known()
        if one.instead
    ]
    return _markdown(["Changed", "What happens", "Instead"], rows)


def _keys(table: Table) -> str:
    """Return the top-level keys as a Markdown table, with a sentence each; values.yaml explains all keys."""
    rows = [
        [f"`{row.key}`", _prose(re.sub(r"(?<=\.) .*", "", row.text))]
        for row in table.rows
        if not re.search(r"[.\[]", row.key)
    ]
    return _markdown(["Key", "What it is for"], rows)


def _markdown(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _prose(text: str) -> str:
    return re.sub(r"([|<])", r"\\\1", text)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UserError(f"{shown(path)} is missing") from None
