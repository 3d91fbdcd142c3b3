"""A values file with the position of each of its keys, and a mistake at one of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import yaml

from ci.base import kubernetes_yaml
from ci.base.locations import InstancePath, path_text
from ci.base.repository import shown

# Who finds a mistake: the parser or what it changes, and the chart's schema.
YAML = "yaml"
SCHEMA = "schema"


class Fault(NamedTuple):
    """A mistake at ``path`` of a values file; ``line`` and ``column`` count from 1.

    ``rule`` says who finds it: YAML, SCHEMA, or another check. A ``warning`` is no reason to refuse the file.
    """

    file: Path
    line: int
    column: int
    path: str
    message: str
    rule: str = SCHEMA
    warning: bool = False

    def __str__(self) -> str:
        place = f"{shown(self.file)}, line {self.line}, column {self.column}"
        return f"{place}: {'warning: ' if self.warning else ''}{self.text}"

    @property
    def text(self) -> str:
        """The message, after the key unless it begins with that."""
        named = not self.path or re.match(rf"{re.escape(self.path)}(?!\w)", self.message)
        return self.message if named else f"{self.path}: {self.message}"


class Document:
    """A values file with the position of each of its keys and values."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._nodes: dict[InstancePath, tuple[yaml.Node, yaml.Node]] = {}
        root = kubernetes_yaml.compose(file.read_text(encoding="utf-8"))
        if root is not None:
            self._add((), root, root)

    def value(self, path: InstancePath) -> yaml.Node | None:
        """Return the value at a path, None if there is none."""
        return self._nodes[path][1] if path in self._nodes else None

    def key_nodes(self) -> Iterator[tuple[InstancePath, yaml.ScalarNode]]:
        """Yield the path of each value in a map, and its key."""
        for path, (key, node) in self._nodes.items():
            if key is not node and isinstance(key, yaml.ScalarNode):
                yield path, key

    def scalars(self) -> Iterator[tuple[InstancePath, yaml.ScalarNode]]:
        """Yield the path of each value that is neither a map nor a list, and the value."""
        for path, (_, node) in self._nodes.items():
            if isinstance(node, yaml.ScalarNode):
                yield path, node

    def fault(self, path: InstancePath, message: str, rule: str = SCHEMA) -> Fault:
        """Return a fault at a path; its position is that of the alias or <<, if the path comes from one."""
        above = (path[:length] for length in range(len(path), -1, -1))
        known = next((self._nodes[place] for place in above if place in self._nodes), None)
        # An empty file has not even a root.
        line, column = (known[0].start_mark.line, known[0].start_mark.column) if known else (0, 0)
        return Fault(self.file, line + 1, column + 1, path_text(path), message, rule)

    def _add(self, path: InstancePath, key: yaml.Node, node: yaml.Node) -> None:
        self._nodes[path] = (key, node)
        if isinstance(node, yaml.MappingNode):
            for name, value in node.value:
                self._add((*path, _key(name)), name, value)
        elif isinstance(node, yaml.SequenceNode):
            for index, item in enumerate(node.value):
                self._add((*path, index), item, item)


def _key(node: yaml.Node) -> str:
    """Return a key as Helm reads it: a plain ON is "true"."""
    plain = isinstance(node, yaml.ScalarNode) and not node.style and not node.tag.endswith(":merge")
    return str(next(iter(kubernetes_yaml.load(f"{node.value}: 0", "a key")))) if plain else str(node.value)
