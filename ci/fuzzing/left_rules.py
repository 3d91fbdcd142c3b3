"""The rules of Kubernetes that are left to the API server: the chart does not refuse what breaks them."""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import Any, NamedTuple

from ci.base import kubernetes_yaml

FILE = Path(__file__).parent / "left_rules.yaml"
# The chart whose values break them.
CHART = "microservice"


class LeftRule(NamedTuple):
    """A rule, why it is left, the smallest values that break it, and a pattern for the API server's words."""

    rule: str
    reason: str
    values: dict[str, Any]
    words: str

    def covers(self, refusal: str) -> bool:
        """Tell whether a sentence of the API server is about this rule."""
        return bool(re.search(self.words, refusal))


@functools.cache
def read() -> tuple[LeftRule, ...]:
    """Return the rules of ``FILE``, in its order; the result is shared and must not be changed."""
    rows = kubernetes_yaml.load(FILE.read_text(encoding="utf-8"), FILE.name)
    return tuple(LeftRule(**row) for row in rows)


def covers(refusal: str) -> bool:
    """Tell whether a sentence of the API server is about a rule that is left to it."""
    return any(rule.covers(refusal) for rule in read())
