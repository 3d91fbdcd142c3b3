"""Varies valid values where Kubernetes has rules that a schema can't say, or that one may forget to write.

A key is added or dropped, a list is emptied, an entry stands twice, a word is replaced by another, a number
goes to its bounds, a name becomes that of something else or too long.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ci.base.locations import InstancePath, walk
from ci.fuzzing import generator
from ci.values import schema_walk
from ci.values.schema import validator
from ci.values.schema_walk import Schema

Values = dict[str, Any]
Draw = Callable[[SearchStrategy[Any]], Any]

_MOST = 3
_DROPPED = object()
# At the bounds of ports, percentages, file modes, names, and of the types themselves.
_NUMBERS = (-1, 0, 1, 2, 100, 101, 511, 512, 65535, 65536, 2**31 - 1, 2**53 - 1)
_STRINGS = (
    *("", "a", "A", "a.b", "a_b", "a/b", "a b", "-", "/", "..", "a" * 63, "a" * 64, "a" * 253, "a" * 254),
    *("0", "1", "-1", "1.5", "1m", "0.5Gi", "1Gi", "100%", "101%", "10.0.0.1", "10.0.0.1/8", "*"),
)


def varied(schema: Schema, values: SearchStrategy[Values]) -> SearchStrategy[Values]:
    """Return a strategy for variations of values; a built schema accepts them all, as it does the values."""
    valid = validator(schema).is_valid

    @st.composite
    def drawn(draw: Draw) -> Values:
        found: Values = draw(values)
        for _ in range(draw(st.integers(0, _MOST))):
            places = [(path, value) for path, value in walk(found) if path[0] != "image"]
            if not places:
                return found
            path, value = draw(st.sampled_from(places))
            kinds = [kind for kind in _changes(schema, found, path, value) if kind]
            change = draw(st.sampled_from(draw(st.sampled_from(kinds))))
            changed = _changed(found, path, draw(change) if isinstance(change, SearchStrategy) else change)
            found = changed if valid(changed) else found
        return found

    return drawn()


def _changes(schema: Schema, values: Values, path: InstancePath, value: Any) -> Iterator[list[Any]]:
    """Yield kinds of changes of a value at a path: lists of new values, or of strategies for one."""
    part = schema_walk.part_for(schema, path)
    yield [_DROPPED]
    if "enum" in part:
        yield [word for word in part["enum"] if word not in (value, None)]
    elif isinstance(value, str):
        yield [text for text in _STRINGS if text != value]
        yield [text for text in _texts(values) if text != value]
    elif isinstance(value, int) and not isinstance(value, bool):
        least, most = part.get("minimum", 0), part.get("maximum", 0)
        yield [*_NUMBERS, least - 1, least, most, most + 1]
    elif isinstance(value, bool):
        yield [not value]
    elif isinstance(value, list):
        yield [[]]
        yield [[*value, value[0]]] if value else []
        yield [value * 40] if value else []
    elif isinstance(value, dict):
        yield [{}]
        yield [
            st.builds(_with, st.just(value), st.just(key), generator.value(schema, inner, key))
            for key, inner in part.get("properties", {}).items()
            if key not in value and generator.can_draw(schema, inner)
        ]


def _with(value: Values, key: str, new: Any) -> Values:
    return {**value, key: new}


def _texts(values: Values) -> list[str]:
    """Return the strings of values, and the keys, which may be names of something."""
    found = [key for path, _ in walk(values) for key in path[-1:] if isinstance(key, str)]
    return list(dict.fromkeys([*found, *(text for _, text in walk(values) if isinstance(text, str))]))


def _changed(values: Values, path: InstancePath, value: Any) -> Values:
    values = copy.deepcopy(values)
    holder: Any = values
    for part in path[:-1]:
        holder = holder[part]
    if value is _DROPPED:
        del holder[path[-1]]
    else:
        holder[path[-1]] = copy.deepcopy(value)
    return values
