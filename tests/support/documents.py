"""The documents of this repository, and the examples in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from typing import NamedTuple

from ci.base.repository import root

DOCUMENTS = [
    *(root() / "README.md", root() / "CONTRIBUTING.md"),
    *sorted(root().glob("docs/*.md")),
    *sorted(root().glob("charts/*/README.md")),
]
# The first lines of blocks that are those files, and no values of a chart.
ENVIRONMENTS = "# values/environments.yaml\n"
HOOKS = "# .pre-commit-config.yaml\n"


class Session(NamedTuple):
    """A command, and the lines that it prints."""

    command: str
    output: list[str]


class Fence(NamedTuple):
    """A fenced block of a document, with its language ("" for none) and the line that it begins in."""

    document: Path
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.document.relative_to(root())}:{self.line}"

    @property
    def session(self) -> Session:
        """What a console block shows: one command after "$ ", then its output."""
        first, *output = self.text.splitlines()
        assert first.startswith("$ "), self
        return Session(first.removeprefix("$ "), output)

    @property
    def is_manifest(self) -> bool:
        """Whether this is YAML of Kubernetes objects, and no values of a chart."""
        return self.language == "yaml" and self.text.startswith("apiVersion: ")

    @property
    def is_values(self) -> bool:
        """Whether this is YAML of a chart's values."""
        others = (ENVIRONMENTS, HOOKS)
        return self.language == "yaml" and not self.is_manifest and not self.text.startswith(others)


def fences(document: Path) -> Iterator[Fence]:
    """Find the fenced blocks of a document."""
    text = document.read_text(encoding="utf-8")
    for block in re.finditer(r"^[ ]*```(\w*)\n(.*?)^[ ]*```$", text, re.MULTILINE | re.DOTALL):
        yield Fence(document, text.count("\n", 0, block.start()) + 1, block[1], dedent(block[2]))
