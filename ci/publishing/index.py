"""The index of a chart repository: https://helm.sh/docs/topics/chart_repository/#the-index-file."""

from __future__ import annotations

import re
from typing import Any

import semver

from ci.base import kubernetes_yaml
from ci.base.errors import UserError

Index = dict[str, Any]
Entry = dict[str, Any]


def load(text: str, source: str) -> Index:
    """Return the index in a YAML string, its ``entries`` a dict.

    Raises UserError, which names ``source``, for anything else.
    """
    index = kubernetes_yaml.load(text, source)
    if not isinstance(index, dict) or not isinstance(index.get("entries", []), dict | None):
        raise UserError(f"{source} is not the index of a chart repository: fix it, or move it away")
    return {**index, "entries": index["entries"] or {}}


def versions(index: Index, chart: str, source: str) -> list[Entry]:
    """Return the entries of a chart, in their order; raise UserError, with ``source``, for an invalid one.

    Like Helm it passes over null.
    """
    found = index["entries"].get(chart) or []
    try:
        entries = [entry for entry in found if entry is not None]
        for entry in entries:
            parsed(entry["version"])
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(f"{source}: the entry {chart!r} is invalid: {error!r}") from None
    return entries


def parsed(version: str) -> semver.Version:
    """Return a version to compare with; raise ValueError or TypeError if it is none.

    Helm reads v1.2.3 and 1.2 too, and repositories from before hold dates such as 2024.01.02.
    """
    strict = re.sub(r"(^|\.)0+(?=\d)", r"\1", version.removeprefix("v"))
    return semver.Version.parse(strict, optional_minor_and_patch=True)
