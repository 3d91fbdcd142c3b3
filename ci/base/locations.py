"""Paths of keys and items in a document: all of them, as text, and those of a validator's errors."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from jsonschema_rs import ValidationError

InstancePath = tuple[str | int, ...]

_NUMBER = re.compile(r"\+?[0-9]+")


def path_text(parts: Iterable[str | int]) -> str:
    """Return a path for messages: ``spec.containers[0].image``, ``metadata.annotations["a.b/c"]``."""
    text = ""
    for part in parts:
        if isinstance(part, int):
            text += f"[{part}]"
        elif re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]*", part):
            text += f".{part}"
        else:
            text += f"[{json.dumps(part, ensure_ascii=False)}]"
    return text.removeprefix(".")


def walk(document: object, path: InstancePath = ()) -> Iterator[tuple[InstancePath, Any]]:
    """Yield the path and value of every key and item of a document, a parent before its children."""
    inner: Iterable[tuple[str | int, Any]] = ()
    if isinstance(document, dict):
        inner = document.items()
    elif isinstance(document, list):
        inner = enumerate(document)
    for name, value in inner:
        yield (*path, name), value
        yield from walk(value, (*path, name))


def instance_path(error: ValidationError, document: object) -> InstancePath:
    """Return the keys and indices that lead to the invalid value in the validated ``document``.

    jsonschema-rs reports a key of digits ("0123") as a number, like an index, and omits an empty key.
    """
    places = list(_places(document, error.instance_path))
    # Several paths can be reported as one; an infinite number is reported as null.
    return next((path for path, found in places if found == error.instance), places[0][0])


def _places(node: Any, reported: Sequence[str | int]) -> Iterator[tuple[InstancePath, Any]]:
    """Yield each path from ``node`` on that the reported one can stand for, and the value there."""
    if not reported:
        yield (), node
    elif isinstance(node, list):
        yield from _below(reported[0], node[int(reported[0])], reported[1:])
    elif isinstance(node, dict):
        for key in [key for key in node if _stands_for(reported[0], key)]:
            yield from _below(key, node[key], reported[1:])
    if isinstance(node, dict) and "" in node:
        yield from _below("", node[""], reported)


def _below(key: str | int, node: Any, reported: Sequence[str | int]) -> Iterator[tuple[InstancePath, Any]]:
    for path, found in _places(node, reported):
        yield (key, *path), found


def _stands_for(part: str | int, key: str) -> bool:
    return part == key if isinstance(part, str) else bool(_NUMBER.fullmatch(key)) and int(key) == part
