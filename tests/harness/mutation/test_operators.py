"""Each change is a small slip: one place of a template, and the rest as it was."""

from __future__ import annotations

import difflib

import pytest

from ci.charts import catalog
from ci.mutation import survivors, verdicts
from ci.mutation.operators import mutants
from ci.mutation.sources import Sources
from ci.mutation.template import parse


def changes(text: str) -> dict[str, str]:
    return {one.change: one.text for one in mutants("a.yaml", parse(text))}


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("{{ if .a }}{{ end }}", ["{{ if true }}{{ end }}", "{{ if false }}{{ end }}"]),
        ("{{ with .a }}{{ end }}", ['{{ with "" }}{{ end }}']),
        ("{{ range $k, $v := .a }}{{ end }}", ["{{ range $k, $v := list }}{{ end }}"]),
        ("{{- $x := or .a .b -}}", ["{{- $x := and .a .b -}}"]),
        ("{{- $x := not .a -}}", ["{{- $x := .a -}}"]),
        ("{{- $x := .a | not -}}", ["{{- $x := .a -}}"]),
        ("{{- $x = .a -}}", ['{{- "" -}}']),
        ('{{- $_ := set .a "b" 1 -}}', ['{{- "" -}}', '{{- $_ := set .a "b" 2 -}}']),
        ("{{ .a }}", ['{{ "" }}']),
        ("{{- $x := gt .a 1 }}", ["{{- $x := ge .a 1 }}", "{{- $x := gt .a 2 }}"]),
        ("{{- $x := ternary .a .b .c }}", ["{{- $x := ternary .b .a .c }}"]),
        ('{{- $x := .a | default "b" }}', ["{{- $x := .a }}", '{{- $x := .a | default "bx" }}']),
        ('{{- $x := dict "a" .b "root" $ }}', ['{{- $x := dict  "root" $ }}']),
        ("a: 1\nb:\n  c", ["\nb:\n  c", "a: 1\n\n  c", "a: 1\nb:\n  "]),
    ],
)
def test_a_place_is_changed_in_each_way_that_a_test_could_miss(text: str, changed: list[str]) -> None:
    assert list(changes(text).values()) == changed


def test_what_is_not_printed_is_not_changed() -> None:
    assert changes('{{/* a comment */}}\n{{- define "a" -}}\n{{- end -}}\n') == {}


def test_a_change_says_what_it_replaces_and_is_unique_in_its_definition() -> None:
    text = '{{- define "a" -}}{{ if .x }}{{ end }}{{ if .x }}{{ end }}{{- end -}}'
    every = list(mutants("a.tpl", parse(text)))
    assert [one.change for one in every] == [
        "condition: .x -> true",
        "condition: .x -> false",
        "condition: .x -> true (2)",
        "condition: .x -> false (2)",
    ]
    assert {one.definition for one in every} == {"a"}


def test_a_change_of_the_charts_is_within_a_line_or_an_action() -> None:
    sources = Sources(catalog.find_case("standard").chart)
    for one in verdicts.every_mutant(sources):
        before = sources.templates[one.file].text
        (edit,) = [
            (i1, i2)
            for tag, i1, i2, _, _ in difflib.SequenceMatcher(
                None, before.splitlines(), one.text.splitlines(), autojunk=False
            ).get_opcodes()
            if tag != "equal"
        ]
        assert edit[0] + 1 == one.line


def test_the_list_of_survivors_has_only_changes_that_can_be_made() -> None:
    possible = [
        survivors.key(chart.name, one)
        for chart in catalog.charts()
        for one in verdicts.every_mutant(Sources(chart))
    ]
    assert len(possible) == len(set(possible))
    assert survivors.stale(possible) == []
