"""A small valid schema.yaml, which tests change."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

SOURCE = """
$schema: http://json-schema.org/draft-07/schema#
type: object
patternProperties: {^x-: {description: Yours.}}
properties:
  replicas: {type: integer, minimum: 0, description: How many.}
  port: {$ref: "#/definitions/port", description: Where.}
  kind: {enum: [A, B], description: Which.}
  hosts: {type: array, items: {$ref: "#/definitions/name"}, description: Hosts.}
  owner: {$ref: "#/definitions/name", description: Whose.}
  block:
    type: object
    description: A block.
    properties:
      enabled: {type: boolean, description: Whether.}
      image: {const: "not a key here: write kind"}
      rest:
        type: object
        description: Whatever.
        additionalProperties: true
        properties: {a: {type: string}}
  entries:
    type: object
    description: By name.
    patternProperties: {"^[a-z]+$": {$ref: "#/definitions/port"}}
    additionalProperties: false
definitions:
  port: {type: [integer, string], maximum: 65535}
  name: {type: string, pattern: "^[a-z]*$"}
"""


@pytest.fixture
def source(tmp_path: Path) -> Callable[[str, str], Path]:
    """Writes a valid schema.yaml with one passage replaced, and returns its path."""

    def write(old: str = "", new: str = "") -> Path:
        assert old in SOURCE
        path = tmp_path / "schema.yaml"
        path.write_text(SOURCE.replace(old, new, 1), encoding="utf-8")
        return path

    return write
