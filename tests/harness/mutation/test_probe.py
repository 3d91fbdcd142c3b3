"""Many changes are rendered in one Helm process; one that fails costs another process, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ci.charts import helm
from ci.mutation import inputs
from ci.mutation.probe import Input, Probe, Try
from ci.mutation.sources import Sources

FILE = "templates/configmap.yaml"
FAILING = "{{ .Values.text.more }}"


@pytest.fixture
def probe(sources: Sources, tmp_path: Path) -> Probe:
    return Probe(sources, tmp_path / "probe")


@pytest.fixture
def known(sources: Sources, probe: Probe) -> dict[str, Input]:
    """Two inputs of tests that the chart accepts, with what is expected of them."""
    given = next(iter(inputs.of(sources.chart, []).inputs.values()))._replace(sure=())
    both = {"one": given, "two": given}
    outcomes = probe.run([Try("plain", {}, [("one", ()), ("two", ())])], both)["plain"]
    return {one.input: given._replace(expected=one.outcome) for one in outcomes}


def test_an_error_keeps_what_was_found_before_and_ends_nothing_after_it(
    probe: Probe, known: dict[str, Input], monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = []
    template = helm.template

    def counted(*arguments: Any, **options: Any) -> str:
        runs.append(arguments)
        return template(*arguments, **options)

    monkeypatch.setattr(helm, "template", counted)
    both = [("one", ()), ("two", ())]
    other = "other: {{ .Release.Name }}"
    changed = {"first": other, "failing": FAILING, "same": "", "last": other}
    tries = [Try(name, {FILE: text} if text else {}, both) for name, text in changed.items()]
    found = probe.run(tries, known)
    different, error = ("objects",), ("error",)
    assert {name: [(one.input, one.parts) for one in outcomes] for name, outcomes in found.items()} == {
        "first": [("one", different), ("two", different)],
        "failing": [("one", error), ("two", error)],
        "same": [],
        "last": [("one", different), ("two", different)],
    }
    assert len(runs) == 3


def test_only_the_wanted_parts_are_rendered(probe: Probe, known: dict[str, Input]) -> None:
    tries = [
        Try(name, {FILE: FAILING}, [("one", parts)])
        for name, parts in (("problems", ("problems", "notes")), ("manifest", ("configmap.yaml",)))
    ]
    found = probe.run(tries, known)
    assert [one.parts for one in found["problems"]] == []
    assert [one.parts for one in found["manifest"]] == [("error",)]
