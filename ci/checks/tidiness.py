"""Checks that rendered text is tidy: no trailing blanks, tabs, empty documents or doubled empty lines."""

from __future__ import annotations

import re

from ci.base import kubernetes_yaml


def untidy(stream: str) -> list[str]:
    """Return what a reader of a rendered stream stumbles over, with lines; block scalars are as they are."""
    text = kubernetes_yaml.without_block_scalars(stream)
    found = [
        (text.count("\n", 0, match.start()) + 1, fault)
        for fault, pattern in _UNTIDY.items()
        for match in re.finditer(pattern, text, re.MULTILINE)
    ]
    return [f"line {line}: {fault}" for line, fault in sorted(found)]


_UNTIDY = {
    "a blank at the end of the line": r"[ \t]+$",
    "a tab": r"\t(?=.*\S)",
    "two empty lines in a row": r"^\n\n",
    "an empty line before the end of a document": r"^\n(?=---|\Z)",
    "an empty document": r"^---\n(#.*\n|[ \t]*\n)*(?=---|\Z)",
    "no line break at the end": r"^.+\Z",
}
