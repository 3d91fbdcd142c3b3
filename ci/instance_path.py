"""Where in a document a JSON Schema validator found a fault, with each key as it is written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from jsonschema_rs import ValidationError

InstancePath = tuple[str | int, ...]


def instance_path(error: ValidationError, document: object) -> InstancePath:
    """Return the keys and indices that lead to what is at fault in the ``document`` that was validated.

    jsonschema-rs itself tells a key of digits, such as "0123", as a number, as if it were an index.
    """
    places: list[tuple[InstancePath, Any]] = [((), document)]
    for part in error.instance_path:
        places = [((*path, key), below) for path, node in places for key, below in _entries(node, part)]
    # Two keys of a map can be one number.
    return next((path for path, node in places if node == error.instance), places[0][0])


def _entries(node: Any, part: str | int) -> Iterator[tuple[str | int, Any]]:
    if isinstance(part, int) and isinstance(node, dict):
        digits = re.compile(r"\+?[0-9]+")
        yield from ((key, below) for key, below in node.items() if digits.fullmatch(key) and int(key) == part)
    else:
        yield part, node[part]
