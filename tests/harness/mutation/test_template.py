"""A template is split into the parts that can be changed, each where it is in the text."""

from __future__ import annotations

import pytest

from ci.charts import catalog
from ci.charts.catalog import Chart
from ci.mutation.sources import Sources
from ci.mutation.template import parse

TEXT = """\
{{- /* if this were read, "nothing }} would be right */ -}}
{{- define "a" -}}
  {{- if and .x (eq .y "}}") | not -}}
    one
  {{- else if (.a).b }}two{{ else }}three
  {{- end }}
{{- end -}}
"""


def test_blocks_are_branches_and_definitions_within_the_file() -> None:
    template = parse(TEXT)
    shown = [(block.keyword, TEXT[block.start : block.end].strip()) for block in template.blocks[2:]]
    assert template.blocks[0].definition.keyword == ""
    assert {block.definition.keyword for block in template.blocks[1:]} == {"define"}
    assert shown == [("if", "one"), ("else if", "two"), ("else", "three")]


def test_an_else_that_is_not_written_is_an_empty_block_at_the_end() -> None:
    blocks = parse("{{ if .a }}one{{ else if .b }}two{{ end }}{{ with .c }}three{{ end }}").blocks[1:]
    assert [block.keyword for block in blocks] == ["if", "else if", "end", "with"]
    assert blocks[2].start == blocks[2].end == blocks[1].end


def test_a_pipeline_has_commands_with_arguments_some_of_which_are_pipelines() -> None:
    action = parse(TEXT).blocks[1].actions[0]
    assert action.pipeline
    first, last = action.pipeline.commands
    assert [TEXT[one.start : one.end] for one in first.operands] == ["and", ".x", '(eq .y "}}")']
    assert last.name == "not"
    assert [TEXT[one.start : one.end] for one in action.pipeline.nested()][1:] == ['eq .y "}}"']


def test_fields_behind_parentheses_belong_to_them() -> None:
    action = parse(TEXT).blocks[1].actions[1]
    assert action.pipeline
    assert [TEXT[one.start : one.end] for one in action.pipeline.commands[0].operands] == ["(.a).b"]


@pytest.mark.parametrize("chart", catalog.charts(), ids=lambda chart: chart.name)
def test_every_part_of_the_charts_is_where_the_text_has_it(chart: Chart) -> None:
    for template in Sources(chart).templates.values():
        for action in (action for block in template.blocks for action in block.actions):
            for pipeline in action.pipeline.nested() if action.pipeline else ():
                assert template.text[action.start : pipeline.start].count("{{") == 1
                for operand in (one for command in pipeline.commands for one in command.operands):
                    text = template.text[operand.start : operand.end]
                    assert text.startswith("(") if operand.inner else text == operand.text
