"""Variables in the strings of a Compose file: ${NAME:-default}.

https://github.com/compose-spec/compose-spec/blob/main/12-interpolation.md
"""

from __future__ import annotations

import re
from typing import NamedTuple

# Innermost first: a default can hold another variable.
_VARIABLE = re.compile(
    r"\$\{(?P<braced>[_a-zA-Z]\w*)(?:(?P<operator>:?[-?+])(?P<word>[^${}]*))?\}|\$(?P<plain>[_a-zA-Z]\w*)"
)
_DOLLAR = "\0"


class Text(NamedTuple):
    """A string whose variables are replaced, by their defaults or, those that are unset, by nothing."""

    text: str
    defaults: list[str]
    unset: list[str]


def interpolated(text: str) -> Text:
    """Return a string with the defaults of its variables.

    Neither the environment nor a file .env is asked: an import gives the same everywhere.
    """
    defaults: list[str] = []
    unset: list[str] = []

    def replaced(found: re.Match[str]) -> str:
        name = found["braced"] or found["plain"]
        operator = found["operator"] or ""
        if operator.endswith("-"):
            defaults.append(name)
            return str(found["word"])
        if not operator.endswith("+"):
            unset.append(name)
        return ""

    text = text.replace("$$", _DOLLAR)
    while (found := _VARIABLE.sub(replaced, text)) != text:
        text = found
    return Text(text.replace(_DOLLAR, "$"), defaults, unset)
