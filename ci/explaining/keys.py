"""The keys that a values schema allows, found by the names that people write."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator
from typing import NamedTuple

from ci.base.errors import UserError
from ci.charts.catalog import Chart, service_chart
from ci.kubernetes import definitions
from ci.kubernetes.versions import NEWEST
from ci.values import schema_walk
from ci.values.schema import NOT_NULL
from ci.values.schema_walk import Schema

# In a key: any entry of a map, and any item of a list.
ENTRY = "<name>"
ITEM = "[]"

_MOST_SUGGESTED = 5
# What --set, YAML, Go templates and habit put around a key.
_AROUND = re.compile(r"^(\$?\.?Values\.|--set[= ]|\.)|[.:]$|\s*[=:]\s.*$|=.*$")
# A name in quotes, an index, a name in brackets, or a plain name, in which a backslash keeps a dot.
_PART = re.compile(
    r"""\s*(?:"([^"]*)"|'([^']*)'|\[["']([^"']*)["']\]|(\[\d*\]|\[\*\])|((?:\\.|[^.\[\\])+))\.?"""
)


class Key(NamedTuple):
    """A key: the names that lead to it, ENTRY and ITEM among them, and its part of the schema, resolved."""

    path: tuple[str, ...]
    part: Schema

    def __str__(self) -> str:
        return ".".join(self.path).replace(f".{ITEM}", ITEM)


class Keys:
    """The keys of a chart."""

    def __init__(self, chart: Chart) -> None:
        self._all = "invoke explain" if chart == service_chart() else f"invoke explain {chart.name}/"
        self.schema: Schema = json.loads((chart.path / "values.schema.json").read_text(encoding="utf-8"))

    def find(self, text: str) -> Key:
        """Return the key that a user means: ``ingress.hosts[].host``, ``workers.mailer.command``, ``env.A``.

        A name in a map is as good as <name>; [], [0] and * may be left out, and case does not matter. Raises
        UserError for an unknown key, with near ones, or with what the schema says to write instead.
        """
        text = _AROUND.sub("", text.strip())
        names = [_name(*found) for found in _PART.findall(text)]
        key = Key((), self.schema)
        while names:
            key, names = self._below(key, names, text)
        if not key.path:
            raise UserError("which key? Name one, such as image.tag; without a name, all are listed")
        return key

    def described(self, key: Key | None = None) -> Iterator[Key]:
        """Yield the keys below one, or all, that the chart describes itself, each before those below it."""
        yield from self._described(key or Key((), self.schema), frozenset())

    def below(self, key: Key) -> Iterator[Key]:
        """Yield the keys directly below one, or those of its entries, that the chart describes itself."""
        for found in self.described(key):
            between = found.path[len(key.path) : -1]
            if set(between) <= {ENTRY, ITEM}:
                yield found

    def description(self, key: Key) -> str:
        """Return what the chart, or else Kubernetes, says about a key; "" if it has no description."""
        if "description" in key.part:
            return str(key.part["description"])
        *above, name = key.path
        part: Schema = self.schema
        for step in above:
            part = self._step(part, step)
        if name in (ENTRY, ITEM):
            holder = Key(tuple(above), schema_walk.resolved(self.schema, part))
            return f"One of {holder}: {self.description(holder)}"
        definition_of = schema_walk.target(part).removesuffix(NOT_NULL)
        for full, definition in definitions.read(NEWEST).items() if definition_of else ():
            if full.endswith(f".{definition_of}") and (found := definition.get("properties", {}).get(name)):
                return str(found.get("description", ""))
        return ""

    def _described(self, key: Key, within: frozenset[str]) -> Iterator[Key]:
        for name, part in key.part.get("properties", {}).items():
            below = Key((*key.path, name), schema_walk.resolved(self.schema, part))
            if "const" not in part and "description" in below.part:
                yield below
                yield from self._described(below, within)
        for step in (ENTRY, ITEM):
            part = self._step(key.part, step)
            target = schema_walk.target(part)
            if part and target not in within:
                entry = Key((*key.path, step), schema_walk.resolved(self.schema, part))
                yield from self._described(entry, within | ({target} if target else set()))

    def _below(self, key: Key, names: list[str], text: str) -> tuple[Key, list[str]]:
        """Return the key one step below another, for the first of the names, and the names that are left."""
        first, *rest = names
        properties = key.part.get("properties", {})
        known = [name for name, part in properties.items() if "const" not in part]
        if first in properties and "const" in properties[first]:
            raise UserError(f"{self._named(key, first)}: {properties[first]['const']}")
        alike = [name for name in known if name.lower() == first.lower()]
        for name in alike[:1]:
            return Key((*key.path, name), schema_walk.resolved(self.schema, properties[name])), rest
        for step in (ITEM, ENTRY):
            if part := self._step(key.part, step):
                inner = schema_walk.resolved(self.schema, part)
                below = Key((*key.path, step), inner)
                left_out = step == ITEM and first != ITEM
                if step == ENTRY and first != ENTRY:
                    # A name may have dots in it, and one that is left out is a key of the entry.
                    inside = first in inner.get("properties", {})
                    return below, names if inside else [] if not _has_keys(self.schema, inner) else rest
                return below, names if left_out else rest
        raise UserError(self._unknown(key, first, known, text))

    def _step(self, part: Schema, step: str) -> Schema:
        """Return the part below another, unresolved; {} if there is none, or any value is allowed."""
        part = schema_walk.resolved(self.schema, part)
        if step == ITEM:
            found = [part.get("items")]
        elif step == ENTRY:
            patterns = [inner for name, inner in part.get("patternProperties", {}).items() if name != "^x-"]
            found = [*patterns, part.get("additionalProperties")]
        else:
            found = [part.get("properties", {}).get(step)]
        parts = (inner for inner in found if isinstance(inner, dict) and inner)
        return next((inner for inner in parts if "const" not in schema_walk.resolved(self.schema, inner)), {})

    def _unknown(self, key: Key, name: str, known: list[str], text: str) -> str:
        every = {str(found): found.path[-1] for found in self.described()}
        last = re.split(r"[.\[]", text)[-1].strip("]") or name
        near = [full for full, end in every.items() if end.lower() == last.lower()]
        if not near:
            near = [self._named(key, found) for found in difflib.get_close_matches(name, known, n=2)]
            others = [full for full in every if not text.startswith(f"{full}.")]
            near += difflib.get_close_matches(text, others, n=2, cutoff=0.75)
        if near := list(dict.fromkeys(near))[:_MOST_SUGGESTED]:
            return f"there is no key {self._named(key, name)}; did you mean {' or '.join(near)}?"
        below = f"{key} has no keys" if not known else f"the keys of {key} are {', '.join(known)}"
        return f"there is no key {self._named(key, name)}; " + (
            below if key.path else f"{self._all} lists all"
        )

    def _named(self, key: Key, name: str) -> str:
        return str(Key((*key.path, name), {}))


def _name(*found: str) -> str:
    quoted, single, bracketed, index, plain = found
    if index:
        return ITEM
    if plain in ("*", "<name>"):
        return ENTRY
    return quoted or single or bracketed or plain.replace("\\", "").strip()


def _has_keys(schema: Schema, part: Schema) -> bool:
    return "properties" in part or bool(schema_walk.entries(schema, part))
