"""The tables of a chart's values have each key that has a description, with its type and its default."""

from __future__ import annotations

from pathlib import Path

import pytest

from ci.charts.catalog import Chart
from ci.values import reference
from ci.values.reference import Row, Table

SCHEMA = """
$schema: http://json-schema.org/draft-07/schema#
type: object
properties:
  replicas: {type: integer, description: How many.}
  owner: {$ref: "#/definitions/name", description: Whose.}
  kind: {enum: ["", A, B, null], description: Which.}
  port: {type: [integer, string], description: Where.}
  block:
    type: object
    description: A block.
    properties:
      enabled: {type: boolean, description: Whether.}
      share: {type: number, description: How much.}
      rest: {type: object, description: More., properties: {deep: {type: string}}}
  spare:
    type: object
    description: Empty by default.
    properties: {size: {type: string, description: How large.}}
  absent:
    type: object
    description: Null by default.
    properties: {size: {type: string, description: How large.}}
  rules:
    type: array
    description: Rules.
    items: {type: object, properties: {host: {type: string, description: For whom.}}}
  args: {type: array, items: {type: string}, description: Words.}
  jobs:
    type: [object, array]
    items: {const: "not a list: write a map"}
    description: Jobs, by name.
    additionalProperties: {$ref: "#/definitions/job"}
  plain: {type: object, additionalProperties: {$ref: "#/definitions/name"}, description: Free keys.}
definitions:
  name: {type: string}
  job:
    type: object
    properties:
      internal: {type: string}
      schedule: {type: string, description: When.}
      owner: {$ref: "#/definitions/name", description: Whose.}
"""
VALUES = """
replicas: 1
owner: "me"
kind: null
port: http
block: {enabled: false}
spare: {}
absent: null
rules: []
args: [a, {b: 1, a: c}]
jobs: {}
"""


@pytest.fixture
def chart(tmp_path: Path) -> Chart:
    (tmp_path / "schema.yaml").write_text(SCHEMA, encoding="utf-8")
    (tmp_path / "values.yaml").write_text(VALUES, encoding="utf-8")
    return Chart("small", tmp_path)


def test_each_key_has_a_row_with_its_type_its_default_and_its_description(chart: Chart) -> None:
    table = reference.tables(chart)[0]
    assert table == Table(
        "",
        [
            Row("replicas", "whole number", "1", "How many."),
            Row("owner", "string", '"me"', "Whose."),
            Row("kind", "`A`, `B`", "null", "Which."),
            Row("port", "whole number or string", '"http"', "Where."),
            Row("block", "map", "", "A block."),
            Row("block.enabled", "true or false", "false", "Whether."),
            Row("block.share", "number", "", "How much."),
            Row("block.rest", "map", "", "More."),
            Row("spare", "map", "{}", "Empty by default."),
            Row("spare.size", "string", "", "How large."),
            Row("absent", "map", "null", "Null by default."),
            Row("absent.size", "string", "", "How large."),
            Row("rules", "list", "[]", "Rules."),
            Row("rules[].host", "string", "", "For whom."),
            Row("args", "list", "[a, {b: 1, a: c}]", "Words."),
            Row("jobs", "map", "{}", "Jobs, by name."),
            Row("plain", "map", "", "Free keys."),
        ],
    )


def test_entries_whose_keys_have_descriptions_have_a_table_of_their_own(chart: Chart) -> None:
    rows = [Row("schedule", "string", "", "When."), Row("owner", "string", "", "Whose.")]
    assert reference.tables(chart)[1:] == [Table("jobs", rows)]


def test_a_long_default_stays_on_one_line(chart: Chart) -> None:
    words = " ".join(["word"] * 60)
    (chart.path / "values.yaml").write_text(f"args: [{words}]", encoding="utf-8")
    rows = {row.key: row.default for row in reference.tables(chart)[0].rows}
    assert rows["args"] == f"[{words}]"
