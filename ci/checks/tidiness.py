"""Checks rendered text for trailing whitespace, tabs, empty documents and doubled empty lines."""

from __future__ import annotations

import re

from ci.base import kubernetes_yaml


def untidy(stream: str) -> list[str]:
    """Return what is untidy in a rendered stream, with line numbers; block scalars are not checked."""
    text = kubernetes_yaml.without_block_scalars(stream)
    found = [
        (text[: match.start()].count("\n") + 1, fault)
        for fault, pattern in _UNTIDY.items()
        for match in re.finditer(pattern, text, re.MULTILINE)
    ]
    return [f"line {line}: {fault}" for line, fault in sorted(found)]


_UNTIDY = {
    "whitespace at the end of the line": r"[ \t]+$",
    "a tab": r"\t(?=.*\S)",
    "two empty lines in a row": r"^\n\n",
    "an empty line before the end of a document": r"^\n(?=---|\Z)",
    "an empty document": r"^---\n(#.*\n|[ \t]*\n)*(?=---|\Z)",
    "no line break at the end": r"^.+\Z",
}
