"""Keeps true what is written down twice: values.schema.json, metadata of charts, tables in the READMEs."""

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
from ci.kubernetes.versions import NEWEST, OLDEST
from ci.publishing import chart_yaml
from ci.values import reference, schema
from ci.values.reference import Table

REMEDY = "invoke docs"


def write() -> list[Path]:
    """Write each file that is not as its sources say, whole or not at all; return the paths of those.

    Raises UserError, before anything is written, where a source is wrong.
    """
    stale = _stale()
    for path, text in stale.items():
        write_whole(path, text)
    return list(stale)


def check() -> None:
    """Raise UserError, naming every file that is not as its sources say, and what writes it."""
    if stale := _stale():
        names = "\n  ".join(map(shown, stale))
        raise UserError(f"these files are not what their sources say; write them with: {REMEDY}\n  {names}")


def _stale() -> dict[Path, str]:
    """Return the files to be written with their text, where that differs from what is there."""
    expected = {repository.root() / "README.md": {"supported": _supported()}}
    texts: dict[Path, str] = {}
    for chart in catalog.charts():
        _check_kube_version(chart)
        texts[chart.path / "Chart.yaml"] = chart_yaml.filled(chart)
        source, values = chart.path / "schema.yaml", chart.path / "values.yaml"
        if source.exists():
            texts[chart.path / "values.schema.json"] = schema.build(source)
            schema.check_values(source, values)
            keys = _markdown(reference.tables(chart)[0])
            expected[chart.path / "README.md"] = {"supported": _supported(), "values": keys}
    texts |= {path: _filled(path, blocks) for path, blocks in expected.items()}
    root = repository.root() / "README.md"
    texts[root] = _with_versions(texts[root])
    return {path: text for path, text in texts.items() if not path.exists() or _read(path) != text}


def _check_kube_version(chart: Chart) -> None:
    """Chart.yaml says from which Kubernetes on the chart installs (https://helm.sh/docs/topics/charts/)."""
    path, expected = chart.path / "Chart.yaml", f">={OLDEST}.0-0"
    found = kubernetes_yaml.load(_read(path), shown(path)).get("kubeVersion")
    if found != expected:
        raise UserError(
            f"{shown(path)}: kubeVersion is {found!r}; ci/kubernetes/versions.py says {OLDEST}, so write "
            f'kubeVersion: "{expected}"'
        )


def _with_versions(text: str) -> str:
    """Return a text that names each chart (dist/shop-1.2.3.tgz, shop --version 1.2.3) by its own version."""
    for chart in catalog.charts():
        path = chart.path / "Chart.yaml"
        version = kubernetes_yaml.load(_read(path), shown(path)).get("version")
        named = rf"((?:dist/{re.escape(chart.name)}-|/{re.escape(chart.name)} --version ))\d\S*?(?=\.tgz|\s)"
        text = re.sub(named, rf"\g<1>{version}", text)
    return text


def _supported() -> str:
    helms = " and ".join(f"Helm {major} ({tool.minimum} or newer)" for major, tool in HELM.items())
    return f"Works with Kubernetes {OLDEST} to {NEWEST}, and with {helms}."


def _filled(readme: Path, blocks: Mapping[str, str]) -> str:
    """Return the text of a README with each block put between ``<!-- name -->`` and ``<!-- /name -->``."""
    text = _read(readme)
    for name, block in blocks.items():
        head, start, rest = text.partition(f"<!-- {name} -->\n")
        _, end, tail = rest.partition(f"<!-- /{name} -->\n")
        if not (start and end):
            raise UserError(
                f"{shown(readme)}: generated text has no place; write the lines <!-- {name} --> and "
                f"<!-- /{name} --> where it belongs"
            )
        text = f"{head}{start}\n{block}\n\n{end}{tail}"
    return text


def _markdown(table: Table) -> str:
    """Return the keys of the first level as Markdown; those below are told in the values and on the page."""
    lines = [["Key", "What it is for"], ["---", "---"]]
    lines += [[f"`{row.key}`", _prose(row.text)] for row in table.rows if not re.search(r"[.\[]", row.key)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _prose(text: str) -> str:
    return re.sub(r"([|<])", r"\\\1", text)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UserError(f"{shown(path)} is missing") from None
