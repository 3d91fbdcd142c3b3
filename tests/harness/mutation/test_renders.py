"""What a change makes different is seen in the renders that run its place, and no others are tried."""

from __future__ import annotations

from pathlib import Path

import pytest

from ci.charts import catalog
from ci.mutation import inputs
from ci.mutation.probe import Probe, Try
from ci.mutation.renders import Renders
from ci.mutation.sources import Sources
from tests.support.repository import Repository
from tests.support.small_chart import change

EVERY = (0, None)
SILENT = 'condition: eq (toString .Values.port) "80" -> false'
NOTES = "text dropped: has"
LOUD = "condition: .loud -> false"
LAZY = "number in default 1: 1 -> 2"
FAILING = 'field dropped: "text" .Values.text'
UNREACHED = "text dropped: never: true"


@pytest.fixture
def renders(sources: Sources, tmp_path: Path) -> Renders:
    return Renders(sources, inputs.of(sources.chart, []).inputs, tmp_path / "renders")


def test_each_change_is_judged_by_what_it_makes_different(sources: Sources, renders: Renders) -> None:
    extra, refused = renders.inputs
    changes = [change(sources, one) for one in (SILENT, NOTES, LOUD, LAZY, FAILING, UNREACHED)]
    assert [renders.reaching(one) for one in changes] == [
        [refused],
        [extra],
        [extra],
        [extra],
        [extra],
        [],
    ]
    found = {
        one.change: [(each.input, each.parts) for each in outcomes]
        for one, outcomes in renders.differences(changes, EVERY)
    }
    assert found == {
        SILENT: [(refused, ("problems",))],
        NOTES: [],
        LOUD: [(extra, ("objects",))],
        LAZY: [(extra, ("objects",))],
        FAILING: [(extra, ("error",))],
        UNREACHED: [],
    }


def test_a_condition_is_changed_only_for_values_with_which_it_is_otherwise(
    sources: Sources, renders: Renders
) -> None:
    extra, refused = renders.inputs
    assert renders.reaching(change(sources, LOUD.replace("false", "true"))) == []
    assert renders.reaching(change(sources, SILENT.replace("false", "true"))) == [extra]
    assert renders.reaching(change(sources, SILENT)) == [refused]


def test_what_a_manifest_keeps_for_another_one_is_found_there(
    repository: Repository, sources: Sources, tmp_path: Path
) -> None:
    # Helm begins with the last name.
    repository.write("charts/small/templates/z.yaml", '{{- $_ := set . "kept" "b" }}')
    repository.write("charts/small/templates/a.yaml", "kept: {{ .kept }}")
    sources = Sources(sources.chart)
    renders = Renders(sources, inputs.of(sources.chart, []).inputs, tmp_path / "kept")
    mutant = change(sources, 'set dropped: {{- $_ := set . "kept" "b" }} -> {{- "" }}')
    ((_, outcomes),) = renders.differences([mutant], EVERY)
    assert [one.parts for one in outcomes] == [("objects",)]


def test_what_a_test_renders_is_left_to_that_test(sources: Sources, tmp_path: Path) -> None:
    values = inputs.of(sources.chart, []).inputs
    renders = Renders(
        sources, {name: one._replace(sure=()) for name, one in values.items()}, tmp_path / "tests"
    )
    for text, part in ((LOUD, "objects"), (NOTES, "notes")):
        ((outcome,),) = [outcomes for _, outcomes in renders.differences([change(sources, text)], EVERY)]
        assert outcome.parts == (part,)
        assert not renders.settles(outcome)


def test_notes_that_no_test_reads_are_not_rendered(sources: Sources, tmp_path: Path) -> None:
    values = inputs.of(sources.chart, []).inputs
    unread = {name: one._replace(sure=(), notes=False) for name, one in values.items()}
    renders = Renders(sources, unread, tmp_path / "unread")
    assert renders.reaching(change(sources, NOTES)) == []


def test_of_values_whose_test_compares_problems_alone_nothing_else_is_rendered(
    sources: Sources, tmp_path: Path
) -> None:
    values = inputs.of(sources.chart, []).inputs
    rows = {name: one._replace(sure=("problems",)) for name, one in values.items()}
    renders = Renders(sources, rows, tmp_path / "rows")
    changes = [change(sources, one) for one in (SILENT, LOUD, FAILING)]
    found = {
        one.change: [each.parts for each in outcomes] for one, outcomes in renders.differences(changes, EVERY)
    }
    assert found == {SILENT: [("problems",)], LOUD: [], FAILING: []}


def test_a_difference_in_spaces_is_none(sources: Sources, renders: Renders) -> None:
    mutant = change(sources, LOUD)
    template = sources.templates["templates/configmap.yaml"]
    spaced = mutant._replace(file="templates/configmap.yaml", text=template.text.replace("data:", "data:   "))
    assert [outcomes for _, outcomes in renders.differences([spaced], EVERY)] == [[]]


@pytest.mark.parametrize("chart", catalog.charts(), ids=lambda chart: chart.name)
def test_noting_the_blocks_and_rendering_each_part_apart_changes_nothing(
    chart: catalog.Chart, tmp_path: Path
) -> None:
    sources = Sources(chart)
    cases = {name: one._replace(sure=()) for name, one in list(inputs.of(chart, []).inputs.items())[::4]}
    whole = Try("plain", {}, [(name, ()) for name in cases], len(cases) + 1)
    noting = Probe(sources, tmp_path / "noting", notes_blocks=True)
    noted = noting.run([whole._replace(fresh=True)], cases)["plain"]
    plain = Probe(sources, tmp_path / "plain").run([whole], cases)["plain"]
    assert [one.outcome for one in noted] == [one.outcome for one in plain]
    assert len(plain) == len(cases)
    assert not any(one.parts == ("error",) for one in plain)
    assert all(len(frozenset().union(*one.blocks.values())) > 10 for one in noted)
