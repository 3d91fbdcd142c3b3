"""The fields that Kubernetes does not let change on a live object, and what is needed instead."""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import NamedTuple

from ci.base import kubernetes_yaml

_FILE = Path(__file__).parent / "immutable.yaml"


class Rule(NamedTuple):
    """Fields of ``kinds`` by a pattern for their path, what a change needs, and Kubernetes' function."""

    kinds: tuple[str, ...]
    path: str
    instead: str
    source: str


@functools.cache
def rules() -> tuple[Rule, ...]:
    """Return the rules, in the order of their file."""
    rows = kubernetes_yaml.load(_FILE.read_text(encoding="utf-8"), _FILE.name)
    return tuple(Rule(tuple(row.pop("kinds")), **row) for row in rows)


def rule_of(kind: str, path: str) -> Rule | None:
    """Return the rule for a field ("Deployment", "spec.selector.matchLabels.app"); None if it may change.

    A path above such a field, as of a whole spec that differs, is none.
    """
    return next((rule for rule in rules() if kind in rule.kinds and re.match(rule.path, path)), None)
