"""Keeps true what is written down twice: values.schema.json, and tables and versions in the READMEs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from ci import charts, kubernetes_yaml, values_schema
from ci.charts import Chart, read_values, shown
from ci.errors import UserError
from ci.files import write_whole
from ci.kubernetes_definitions import Schema
from ci.kubernetes_versions import NEWEST, OLDEST
from ci.tools import HELM

REMEDY = "invoke docs"

_TYPES = {
    "array": "list",
    "boolean": "true or false",
    "integer": "whole number",
    "number": "number",
    "object": "map",
    "string": "text",
}


class Row(NamedTuple):
    """A line of a table; ``default`` is Markdown, and empty where there is none."""

    key: str
    part: Schema
    default: str


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
    expected = {charts.ROOT / "README.md": {"supported": _supported()}}
    texts: dict[Path, str] = {}
    for chart in charts.charts():
        _check_kube_version(chart)
        source, values = chart.path / "schema.yaml", chart.path / "values.yaml"
        if source.exists():
            texts[chart.path / "values.schema.json"] = values_schema.build(source)
            values_schema.check_values(source, values)
            tables = _tables(values_schema.read(source), read_values(values))
            expected[chart.path / "README.md"] = {"supported": _supported(), "values": tables}
    texts |= {path: _filled(path, blocks) for path, blocks in expected.items()}
    return {path: text for path, text in texts.items() if not path.exists() or _read(path) != text}


def _check_kube_version(chart: Chart) -> None:
    """Chart.yaml says from which Kubernetes on the chart installs (https://helm.sh/docs/topics/charts/)."""
    path, expected = chart.path / "Chart.yaml", f">={OLDEST}.0-0"
    found = kubernetes_yaml.load(_read(path), shown(path)).get("kubeVersion")
    if found != expected:
        raise UserError(
            f"{shown(path)}: kubeVersion is {found!r}; ci/kubernetes_versions.py says {OLDEST}, so write "
            f'kubeVersion: "{expected}"'
        )


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


def _tables(schema: Schema, values: Mapping[str, Any]) -> str:
    """Return the table of all keys, then one for each kind of entry whose keys are explained."""
    rows = list(_rows(schema["properties"], values))
    tables = [_table(schema, rows)]
    for key, part, _ in rows:
        for entry in _entries(schema, part):
            inner = list(_rows(entry.get("properties", {}), {}))
            if inner:
                tables += [f"An entry of `{key}`:", _table(schema, inner)]
    return "\n\n".join(tables)


def _entries(schema: Schema, part: Schema) -> list[Schema]:
    """Return the forms of a map's or a list's entries that have a definition of their own."""
    described = values_schema.definition(schema, part)
    entries = [*described.get("patternProperties", {}).values(), described.get("items", {})]
    return [values_schema.definition(schema, entry) for entry in entries if "$ref" in entry]


def _rows(properties: Mapping[str, Schema], defaults: Mapping[str, Any], prefix: str = "") -> Iterator[Row]:
    """Yield a row for each key, and for each key below it that is not in a definition.

    A key without a description is Kubernetes' own, and explained there.
    """
    for name, part in properties.items():
        if "description" not in part:
            continue
        key = prefix + name
        below = [
            *_rows(part.get("properties", {}), defaults.get(name) or {}, f"{key}."),
            *_rows(part.get("items", {}).get("properties", {}), {}, f"{key}[]."),
        ]
        told_below = below and defaults.get(name)
        yield Row(key, part, "" if told_below or name not in defaults else _code(defaults[name]))
        yield from below


def _table(schema: Schema, rows: Sequence[Row]) -> str:
    """Return the rows as a Markdown table; with a column of defaults where there is any."""
    titles = ["Key", "Type", "Default", "What it does"]
    lines = [titles, ["---"] * len(titles)]
    lines += [
        [f"`{key}`", _type(schema, part), default, _prose(part.get("description", ""))]
        for key, part, default in rows
    ]
    if not any(row.default for row in rows):
        lines = [[key, type_, text] for key, type_, _, text in lines]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _type(schema: Schema, part: Schema) -> str:
    described = values_schema.definition(schema, part)
    if "enum" in described:
        return ", ".join(f"`{choice}`" for choice in described["enum"] if choice)
    types = described["type"] if isinstance(described["type"], list) else [described["type"]]
    # A list that takes no items is there for those who wrote an empty one for want of anything to say.
    told = [name for name in types if name != "array" or "const" not in described["items"]]
    return " or ".join(_TYPES[name] for name in told)


def _code(value: object) -> str:
    """Return a value as YAML on one line, in backquotes."""
    if isinstance(value, (dict, list)):
        return f"`{yaml.safe_dump(value, default_flow_style=True, sort_keys=False, width=2**20).strip()}`"
    return f"`{json.dumps(value)}`"


def _prose(text: str) -> str:
    return re.sub(r"([|<])", r"\\\1", text)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UserError(f"{shown(path)} is missing") from None
