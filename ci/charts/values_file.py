"""Reads values files, and merges values, as Helm does."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

from ci.base import kubernetes_yaml
from ci.base.errors import UserError
from ci.base.repository import shown


@functools.cache
def read_values(file: Path) -> dict[str, Any]:
    """Return the values of a file, as Helm reads them. The result is cached: do not change it.

    Raise UserError for a file that Helm would refuse, and for one of which it would silently ignore a part: a
    duplicate key, a second document. It is Malformed where the file can be read but not what is in it.
    """
    name = shown(file)
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UserError(f"{name}: there is no such values file") from None
    except UnicodeDecodeError as error:
        raise UserError(f"{name}: byte {error.start + 1} is not UTF-8; a values file is YAML text") from None
    except OSError as error:
        raise UserError(f"{name}: cannot be read: {error.strerror}; a values file is YAML text") from None
    values = kubernetes_yaml.load(text, name)
    if values is None:
        return {}
    if not isinstance(values, dict):
        problem = "expected a map of the chart's keys, such as `replicaCount: 2`"
        raise kubernetes_yaml.Malformed(f"{name}, line 1, column 1", 1, 1, problem)
    return values


def merged(defaults: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    """Return values merged into a chart's defaults as Helm does it: maps are merged, null removes a key."""
    result = {**defaults, **values}
    for key, value in values.items():
        if isinstance(value, dict) and isinstance(defaults.get(key), dict):
            result[key] = merged(defaults[key], value)
    return {key: value for key, value in result.items() if value is not None}


def laid(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Return values of files laid over each other as Helm does it; a null stays, to remove a default."""
    both = {
        key
        for key in below.keys() & above.keys()
        if isinstance(below[key], dict) and isinstance(above[key], dict)
    }
    return below | above | {key: laid(below[key], above[key]) for key in both}
