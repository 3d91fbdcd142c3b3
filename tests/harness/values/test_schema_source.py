"""Every mistake in a schema.yaml is refused, and its place named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ci.base.errors import UserError
from ci.kubernetes.versions import NEWEST
from ci.values import schema_source

Source = Callable[..., Path]

REPLICAS = "replicas: {type: integer, minimum: 0, description: How many.}"


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("#/definitions/port", "#/definitions/prot", "properties.port: $ref leads to #/definitions/prot, "),
        ("#/definitions/port", "k8s.json#/Port", "properties.port: $ref leads to k8s.json#/Port, "),
        ('"#/definitions/port"', "port", "properties.port: $ref leads to port, "),
        ("definitions:\n", "definitions:\n  spare: {type: string}\n", "definitions.spare: nothing uses it"),
        (
            "definitions:\n",
            'definitions:\n  loop: {type: array, items: {$ref: "#/definitions/loop"}}\n',
            "definitions.loop: nothing uses it",
        ),
        (
            "name: {type: string",
            'name: {$ref: "#/definitions/port"',
            "definitions.name: a definition can't be",
        ),
        ("#/definitions/port", "kubernetes:v1.Prt", f"Kubernetes {NEWEST} has no definition v1.Prt"),
        ("minimum: 0", "minimun: 0", "properties.replicas.minimun: no keyword"),
        ("pattern: ", "format: hostname, pattern: ", "definitions.name.format: no keyword"),
        (
            "pattern: ",
            "otherwise: a name, if: {minLength: 1}, pattern: ",
            "definitions.name: has room for only one of otherwise, if",
        ),
        (
            "description: Where.",
            "description: Where., minimum: 1",
            "properties.port.minimum: draft-07 ignores",
        ),
        (", description: How many.", "", "properties.replicas: has no description"),
        (", description: Whether.", "", "properties.block.properties.enabled: has no description"),
        ("type: integer", "type: whole", "properties.replicas.type: "),
        ("{^x-: {description: Yours.}}", "[x-]", "patternProperties: "),
        ("draft-07", "draft-04", "$schema: has to be"),
        ("enum: [A, B]", "enum: [A, B", ", line 8, column "),
        ("kind:", "port:", "duplicate key 'port'"),
    ],
)
def test_a_mistake_in_the_source_is_refused_and_its_place_named(
    old: str, new: str, problem: str, source: Source
) -> None:
    with pytest.raises(UserError) as refused:
        schema_source.read(source(old, new))
    assert "schema.yaml" in str(refused.value)
    assert problem in str(refused.value)


def test_all_mistakes_in_the_source_are_reported_at_once(source: Source) -> None:
    with pytest.raises(UserError) as refused:
        schema_source.read(source(REPLICAS, "replicas: {minimun: 0}"))
    assert len(str(refused.value).splitlines()) == 3


def test_a_source_that_is_no_map_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "schema.yaml"
    path.write_text("[]", encoding="utf-8")
    with pytest.raises(UserError, match=r"schema\.yaml is not right:\n  \$schema: has to be"):
        schema_source.read(path)
