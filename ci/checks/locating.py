"""Finds the line of values files that a problem with all of them, or with their render, is about."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ci.base.locations import InstancePath, path_text, walk
from ci.charts.overlays import File
from ci.charts.values_file import read_values
from ci.values.document import Document, Fault

# A key of the values as messages write it: ports.http.containerPort, extraContainers[0].name.
_KEY = re.compile(r"[A-Za-z][\w-]*(?:\.[\w/-]+|\[\d+\])*")


class Locator:
    """The files of one service, the lowest first, in which ``keys`` are the keys at the top."""

    def __init__(self, files: Sequence[File], keys: frozenset[str]) -> None:
        self._files = files
        self._keys = keys

    def of_message(self, message: str, rule: str, warning: bool = False) -> Fault:
        """Return a fault at the first key that the message names and a file sets, else at the first key."""
        named = [
            found[0] for found in _KEY.finditer(message) if re.split(r"[.\[]", found[0])[0] in self._keys
        ]
        for key in named:
            for file, values in self._from_the_top():
                path, rest = _longest(key, values)
                if path and not rest:
                    return _fault(file, path, key, message, rule, warning)
        for key in named[:1]:
            for file, values in self._from_the_top():
                path, _ = _longest(key, values)
                if path:
                    return _fault(file, path, key, message, rule, warning)
        return _fault(self._files[-1], (), next(iter(named), ""), message, rule, warning)

    def of_field(self, made: object, path: str, message: str, rule: str) -> Fault:
        """Return a fault at the key that probably gave a field of an object, else at the first file's top.

        It is the one whose path ends like the field's; if only the last part is alike, their values are too.
        """
        fields = ((at, value) for at, value in walk(made) if path_text(at) == path)
        field, value = next(fields, ((), made))
        best: tuple[tuple[int, bool], File, InstancePath] | None = None
        for file, values in self._from_the_top():
            for at, other in walk(values):
                like = (_common_end(at, field), other == value)
                if (like[0] > 1 or like == (1, True)) and (best is None or like > best[0]):
                    best = (like, file, at)
        if best is None:
            return _fault(self._files[0], (), "", message, rule)
        return _fault(best[1], best[2], path_text(best[2]), message, rule)

    def _from_the_top(self) -> Iterator[tuple[File, Any]]:
        for file in reversed(self._files):
            yield file, read_values(file.path)


def _fault(file: File, path: InstancePath, key: str, message: str, rule: str, warning: bool = False) -> Fault:
    found = Document(file.written).fault((*file.within, *path), message, rule)
    return found._replace(file=Path(file.name), path=key, warning=warning)


def _longest(key: str, values: Any) -> tuple[InstancePath, str]:
    """Return the path of as much of a written key as the values have, and the rest of it."""
    rest = key
    path: InstancePath = ()
    while rest:
        names = values if isinstance(values, dict) else ()
        inner = {name: rest.removeprefix(name) for name in names if rest.startswith(name)}
        inner = {name: left for name, left in inner.items() if left[:1] in ("", ".", "[")}
        number = re.match(r"\[(\d+)\]", rest)
        if inner:
            name: Any = max(inner, key=len)
            rest = inner[name].removeprefix(".")
        elif number and isinstance(values, list) and int(number[1]) < len(values):
            name, rest = int(number[1]), rest[number.end() :].removeprefix(".")
        else:
            break
        path, values = (*path, name), values[name]
    return path, rest


def _common_end(one: InstancePath, other: InstancePath) -> int:
    length = 0
    for left, right in zip(reversed(one), reversed(other), strict=False):
        if left != right:
            break
        length += 1
    return length
