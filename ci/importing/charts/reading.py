"""Reads the values of another chart as the objects that it makes of them, and accounts for each key."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ci.base import kubernetes_yaml
from ci.base.errors import UserError
from ci.base.locations import InstancePath, path_text, walk
from ci.base.suggestions import did_you_mean
from ci.charts.values_file import laid, merged, read_values
from ci.importing.charts import app_template, bitnami, helm_create, onechart, stakater
from ci.importing.draft import Values
from ci.importing.source import Source
from ci.kubernetes.manifests import Key, Object, key_of

CHARTS: Mapping[str, Callable[[Values, str, dict[str, str]], list[Object]]] = {
    "helm-create": helm_create.objects,
    "onechart": onechart.objects,
    "stakater": stakater.objects,
    "app-template": app_template.objects,
    "bitnami-nginx-like": bitnami.objects,
}
_STANDARD_INPUT = Path("/dev/stdin")
_RELEASE = re.compile(r"\{\{-? *\$?\.Release\.Name *-?\}\}")
_MISREAD = (AttributeError, LookupError, TypeError, ValueError)


class _Chart(NamedTuple):
    """What <chart>.yaml beside this file says about the values of a chart.

    ``defaults`` are its own, ``implied`` those of keys at any place. ``items`` are the names of keys in maps
    that have no defaults, by the path of such a map or of a list of them; "*" is any name. ``left`` says why
    what is below a path is not carried over. With ``templates`` strings are templates. ``unknown`` is what to
    do about a key that the chart does not know.
    """

    defaults: Values
    implied: Mapping[str, Any] = {}
    items: Mapping[str, Sequence[str]] = {}
    left: Mapping[str, str] = {}
    templates: bool = False
    unknown: str = ""


class _Map(dict[str, Any]):
    """A map of values as templates see it: a key that is not there is null."""

    def __missing__(self, key: str) -> None:
        return None


def read(chart: str, files: Sequence[str], release: str) -> Source:
    """Return what a chart makes of values files, each laid over those before it; "-" is standard input.

    Every key of them is in the objects, or in a line of the result, or says what is the chart's default.
    Raises UserError for files that cannot be read, and for values that the chart could not read either.
    """
    if not release:
        raise UserError("values do not say what their release is called: add --service NAME")
    written: Values = {}
    for file in files:
        overlay = read_values(_STANDARD_INPUT if file == "-" else Path(file))
        written = laid(written, overlay)
    description = Path(__file__).with_name(f"{chart}.yaml")
    known = _Chart(**kubernetes_yaml.load(description.read_text(encoding="utf-8"), description.name))
    if known.templates:
        written = _with_release(written, release)
    return _Reading(chart, known, written, release).source()


class _Reading:
    def __init__(self, chart: str, known: _Chart, written: Values, release: str) -> None:
        self._chart = chart
        self._known = known
        self._written = written
        self._release = release
        self._notes: dict[str, str] = {}
        self._left: list[str] = []
        self._unneeded: list[str] = []

    def source(self) -> Source:
        try:
            self._objects = self._made(self._written)
        except _MISREAD:
            raise self._misread() from None
        self._left += [f"{path}: {reason}" for path, reason in self._notes.items()]
        for key, value in self._written.items():
            self._judge((key,), value)
        objects: dict[Key, Object] = {}
        for made in self._objects:
            found = key_of(made)
            if found is None or found in objects:
                self._left.append(f"{found or made.get('kind')}: an object needs a name of its own")
            else:
                objects[found] = made
        return Source(objects, self._left, self._unneeded)

    def _made(self, written: Values) -> list[Object]:
        self._notes = {}
        values = _as_seen(merged(self._known.defaults, written))
        made: list[Object] = _plain(CHARTS[self._chart](values, self._release, self._notes))
        return made

    def _judge(self, path: InstancePath, value: Any) -> None:
        """Say what becomes of a key: it has an effect, or is the default, or gets a line."""
        names = ".".join(part for part in path if isinstance(part, str))
        default = self._default(path)
        if names in self._known.left:
            if value != default:
                self._left.append(f"{path_text(path)}: {self._known.left[names]}")
        elif self._has_effect(path):
            self._judge_below(path, value)
            texts = value if isinstance(value, list) else [value]
            if self._known.templates and any("{{" in text for text in texts if isinstance(text, str)):
                self._left.append(f"{path_text(path)}: a template of {self._chart}: write what it gives")
        elif (known := self._names_beside(path)) and path[-1] not in known:
            near = did_you_mean(str(path[-1]), known) or (self._known.unknown and f"; {self._known.unknown}")
            self._left.append(f"{path_text(path)}: {self._chart} has no such key{near}")
        elif isinstance(value, dict) and isinstance(default, dict) and value and default:
            self._judge_below(path, value)
        elif value not in (default, self._known.implied.get(str(path[-1]))):
            self._unneeded.append(f"{path_text(path)}: changes nothing in {self._chart} with these values")

    def _judge_below(self, path: InstancePath, value: Any) -> None:
        if isinstance(value, dict):
            for key, below in value.items():
                self._judge((*path, key), below)
        elif isinstance(value, list):
            for index, item in enumerate(value):
                if isinstance(item, dict):
                    self._judge_below((*path, index), item)

    def _has_effect(self, path: InstancePath) -> bool:
        notes = self._notes
        try:
            return self._made(_without(self._written, path)) != self._objects
        except _MISREAD:
            return True
        finally:
            self._notes = notes

    def _default(self, path: InstancePath) -> Any:
        node: Any = self._known.defaults
        for part in path:
            node = node.get(part) if isinstance(node, dict) else None
        return node

    def _names_beside(self, path: InstancePath) -> set[str]:
        """Return the names that the chart knows in the map of a key; none where any name will do."""
        above = path[:-1]
        default = self._default(above)
        names = [part for part in above if isinstance(part, str)]
        listed = next((found for key, found in self._known.items.items() if _matches(key, names)), ())
        return {*listed, *(default if isinstance(default, dict) else ())}

    def _misread(self) -> UserError:
        """Return the error for values that cannot be read; it names the key without which they can be."""
        found: list[InstancePath] = []
        for path, _ in walk(self._written):
            try:
                self._made(_without(self._written, path))
            except _MISREAD:
                continue
            found.append(path)
        where = f"{path_text(sorted(found, key=len)[-1])}: " if found else ""
        return UserError(f"{where}{self._chart} expects something else there")


def _matches(pattern: str, names: Sequence[str]) -> bool:
    parts = pattern.split(".") if pattern else []
    same = len(parts) == len(names)
    return same and all(part in ("*", name) for part, name in zip(parts, names, strict=True))


def _without(written: Values, path: InstancePath) -> Values:
    copied = copy.deepcopy(written)
    node: Any = copied
    for part in path[:-1]:
        node = node[part]
    del node[path[-1]]
    return copied


def _with_release(node: Any, release: str) -> Any:
    """Return values with the release's name in place of the template for it."""
    if isinstance(node, dict):
        return {key: _with_release(value, release) for key, value in node.items()}
    if isinstance(node, list):
        return [_with_release(item, release) for item in node]
    return _RELEASE.sub(release, node) if isinstance(node, str) else node


def _as_seen(node: Any) -> Any:
    if isinstance(node, dict):
        return _Map({key: _as_seen(value) for key, value in node.items()})
    return [_as_seen(item) for item in node] if isinstance(node, list) else node


def _plain(node: Any) -> Any:
    """Return a copy of objects made of plain maps, without nulls."""
    if isinstance(node, dict):
        return {key: _plain(value) for key, value in node.items() if value is not None}
    return [_plain(item) for item in node if item is not None] if isinstance(node, list) else node
