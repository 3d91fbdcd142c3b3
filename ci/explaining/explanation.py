"""``invoke explain``: what a key is for, its type and default, and what it does."""

from __future__ import annotations

import functools
import json
import re
import tempfile
import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from ci.base import kubernetes_yaml, repository
from ci.base.console import out
from ci.base.errors import UserError
from ci.base.locations import InstancePath
from ci.charts import catalog
from ci.charts.catalog import Chart
from ci.explaining import reach
from ci.explaining.keys import ITEM, Key, Keys
from ci.explaining.messages import watching
from ci.explaining.reach import Field, Reach, Renderer
from ci.kubernetes import fields, immutable
from ci.kubernetes.definitions import names_of_kinds, read
from ci.kubernetes.versions import NEWEST, OLDEST, SUPPORTED
from ci.values import schema_walk
from ci.values.document import Document
from ci.values.reference import TYPE_NAMES

_WIDTH = 110
_MOST_OBJECTS = 3
# Kubernetes describes some fields on a page.
_MOST_TEXT = 500


class Explanation(NamedTuple):
    """What there is to say about a key.

    ``default`` is None without one. ``example`` are values that set it. ``reaches`` are the fields that
    differ in the ``case`` of that name, none where the key changes no object. ``fixed`` are those of them
    that can't change on a live object, each with what a change needs. ``since`` is the first Kubernetes
    version that has them. ``line`` is that of values.yaml, 0 if it does not name the key. ``keys`` are those
    below, each with its description.
    """

    key: str
    type: str
    description: str
    default: Any
    example: Any
    case: str
    reaches: list[Field]
    fixed: dict[str, str]
    checks: list[str]
    guardrails: list[tuple[str, str]]
    since: str
    line: int
    keys: dict[str, str]


def run(name: str = "", as_json: bool = False) -> None:
    """Print what there is to say about a key, or a line about each; UserError for an unknown one.

    Keys are those of the service's chart; "namespace/" before them, or alone, stands for another one's.
    """
    chart, name = _chart_of(name)
    keys = Keys(chart)
    if not name:
        _list(keys, as_json)
        return
    key = _found(name, chart, keys)
    with tempfile.TemporaryDirectory() as folder:
        found = explain(key, keys, Renderer(chart, Path(folder)))
    if as_json:
        reaches = [field._asdict() for field in found.reaches]
        rules = [{"rule": rule, "message": message} for rule, message in found.guardrails]
        whole = {**found._asdict(), "reaches": reaches, "guardrails": rules}
        out.out(json.dumps(whole, indent=2, ensure_ascii=False))
    else:
        out.out("\n".join(_text(found, chart)))


def _chart_of(name: str) -> tuple[Chart, str]:
    for chart in catalog.charts():
        if name.startswith(f"{chart.name}/"):
            return chart, name.removeprefix(f"{chart.name}/")
    return catalog.service_chart(), name


def _found(name: str, chart: Chart, keys: Keys) -> Key:
    try:
        return keys.find(name)
    except UserError as unknown:
        for other in catalog.charts():
            if other != chart and _has(other, name):
                message = f"{unknown}\nThe chart {other.name} has it: invoke explain {other.name}/{name}"
                raise UserError(message) from None
        raise


def _has(chart: Chart, name: str) -> bool:
    try:
        Keys(chart).find(name)
    except UserError:
        return False
    return True


def explain(key: Key, keys: Keys, renderer: Renderer) -> Explanation:
    """Return what there is to say about a key; what it reaches is rendered."""
    chart = renderer.chart
    shown = reach.reach(key, keys.schema, renderer)
    checks, risks = watching(key, chart)
    place = _default_place(key.path)
    examples = key.part.get("examples")
    concrete: InstancePath = shown.place if shown else place
    value = examples[0] if examples else shown.value if shown else None
    return Explanation(
        key=str(key),
        type=type_of(key.part),
        description=keys.description(key) or (_of_kubernetes(shown) if shown else ""),
        default=reach.at(renderer.defaults, place),
        example=None if value is None else _nested(concrete, value),
        case=shown.case.name if shown else "",
        reaches=shown.fields if shown else [],
        fixed=_fixed(shown.fields) if shown else {},
        checks=checks,
        guardrails=risks,
        since=_since(shown) if shown else OLDEST,
        line=_line(chart, place),
        keys={str(below): keys.description(below) for below in keys.below(key)},
    )


def type_of(part: schema_walk.Schema) -> str:
    """Return what a part of the schema accepts, in words: "whole number, from 1 to 65535"."""
    if "enum" in part:
        return " or ".join(str(choice) for choice in part["enum"] if choice not in (None, ""))
    types = [name for name in schema_walk.types(part) if name != "null"]
    if "const" in part.get("items", {}):
        types.remove("array")
    described = " or ".join(TYPE_NAMES[name] for name in types) or "anything"
    if "title" in part:
        return f"{described}: {part['title']}"
    limits = {**part, **part.get("if", {})}
    # Those of an int32 are no news.
    most = limits.get("maximum", 2**31 - 1)
    least = limits.get("minimum", -(2**31))
    bounds = [f"from {least}"] if least > -(2**31) else []
    bounds += [f"to {most}"] if most < 2**31 - 1 else []
    return f"{described}, {' '.join(bounds)}" if bounds else described


def _list(keys: Keys, as_json: bool) -> None:
    every = {str(key): (key, keys.description(key)) for key in keys.described()}
    if as_json:
        out.out(json.dumps({name: text for name, (_, text) in every.items()}, indent=2, ensure_ascii=False))
        return
    for key, text in every.values():
        above = [str(Key(key.path[:end], {})) for end in range(1, len(key.path))]
        indent = "  " * sum(name in every for name in above)
        nearest = next((name for name in reversed(above) if name in every), "")
        name = str(key).removeprefix(nearest).removeprefix(".")
        out.out(indent + textwrap.shorten(f"{name}: {text}", _WIDTH - len(indent), placeholder=" ..."))


def _text(found: Explanation, chart: Chart) -> Iterator[str]:
    yield f"{found.key}: {found.type}"
    yield from _wrapped(textwrap.shorten(found.description, _MOST_TEXT, placeholder=" ..."), "  ")
    if found.default is not None:
        yield f"\nDefault: {kubernetes_yaml.dump_flow(found.default)}"
    if found.example is not None:
        yield "\nExample:"
        example = kubernetes_yaml.dump([found.example], flow=True).removeprefix("---")
        yield textwrap.indent(example.strip(), "  ")
    yield ""
    if found.reaches:
        yield f"Reaches, in the case {found.case}:"
        yield from (f"  {line}" for line in _reached(found.reaches))
    else:
        yield "Changes no object by itself."
    if found.fixed:
        yield "\nCan't change on a live release:"
        for path, instead in found.fixed.items():
            yield from _wrapped(f"{path}; instead, {instead}", "  - ")
    if found.since != OLDEST:
        yield f"\nNeeds Kubernetes {found.since}."
    if found.checks:
        yield "\nRefused:"
        for message in found.checks:
            yield from _wrapped(message, "  - ")
    if found.guardrails:
        yield "\nGuardrails:"
        for rule, message in found.guardrails:
            yield from _wrapped(f"{rule}: {message}", "  - ")
    if found.keys:
        yield "\nKeys:"
        for name, text in found.keys.items():
            yield "  " + textwrap.shorten(f"{name}: {text}", _WIDTH - 2, placeholder=" ...")
    if found.line:
        yield f"\nSee {repository.shown(chart.path / 'values.yaml')}, line {found.line}."


def _reached(reaches: Iterable[Field]) -> Iterator[str]:
    """Yield a line for each path, with the objects that have it."""
    objects: dict[str, list[str]] = {}
    for field in reaches:
        objects.setdefault(field.path, []).append(f"{field.kind} {field.name}")
    for path, names in objects.items():
        more = len(names) - _MOST_OBJECTS
        which = ", ".join(names if more <= 1 else [*names[:_MOST_OBJECTS], f"{more} more"])
        yield f"{which}: {path}" if path else f"{which}: the whole object"


def _fixed(reaches: Iterable[Field]) -> dict[str, str]:
    """Return the fields that Kubernetes does not let change, each with what a change needs."""
    rules = {f"{field.kind} {field.path}": immutable.rule_of(field.kind, field.path) for field in reaches}
    return {path: rule.instead for path, rule in rules.items() if rule}


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(
        text, _WIDTH, initial_indent=indent, subsequent_indent=" " * len(indent), break_on_hyphens=False
    )


def _nested(place: InstancePath, value: Any) -> Any:
    for name in reversed(place):
        value = [value] if isinstance(name, int) else {name: value}
    return value


def _default_place(path: tuple[str, ...]) -> InstancePath:
    return tuple(0 if name == ITEM else name for name in path)


def _line(chart: Chart, place: InstancePath) -> int:
    document = _document(chart.path / "values.yaml")
    return document.fault(place, "").line if document.value(place[:1]) is not None else 0


@functools.cache
def _document(file: Path) -> Document:
    return Document(file)


def _of_kubernetes(shown: Reach) -> str:
    """Return how Kubernetes describes the first field that a key reaches, "" for a custom kind."""
    field = shown.fields[0]
    kinds = {
        made["kind"]: names_of_kinds(NEWEST).get((made["apiVersion"], made["kind"]), "")
        for made in shown.objects
    }
    part: dict[str, Any] = {"$ref": kinds.get(field.kind, "")}
    for name in re.findall(r"[^.\[\]]+", field.path):
        while "items" in part:
            part = part["items"]
        definition = read(NEWEST).get(part.get("$ref", "").rpartition("/")[2], {})
        part = definition.get("properties", {}).get(name, {})
    return str(part.get("description", ""))


def _since(shown: Reach) -> str:
    """Return the first Kubernetes version that has the fields that a key reaches."""
    found = OLDEST
    reached = {(field.kind, field.name, field.path) for field in shown.fields}
    names = {(kind, name) for kind, name, _ in reached}
    for made in shown.objects:
        if (made["kind"], made["metadata"]["name"]) not in names:
            continue
        for late in fields.newer(made):
            path = re.sub(r"\[\d+\]", "[]", late.path)
            for kind, name, at in reached:
                if (kind, name) == (late.key.kind, late.key.name) and (
                    at == path or at.startswith(f"{path}.")
                ):
                    found = max(found, late.since, key=SUPPORTED.index)
    return found
