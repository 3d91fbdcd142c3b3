"""The experiments find the faults of a small chart, in a batch and outside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ci.charts.catalog import Chart
from ci.fuzzing.experiments import Accepted, Refused


def test_faulty_values_are_found_among_others(small: Chart, tmp_path: Path) -> None:
    values: list[dict[str, Any]] = [
        {"text": "fine: {{ }}"},
        {"text": "a\nb"},
        {"port": 80},
        {"port": 81},
        {"text": 'a", more: "'},
    ]
    fine, spoilt, refused, failed, injected = Accepted(small, tmp_path / "batch").judge(values)
    assert fine == refused == []
    assert any(": data.text: 'a b', but 'a\\nb' with placeholders" in fault for fault in spoilt)
    assert failed[0].startswith("Helm 3: ")
    assert "value missing" in failed[0]
    assert injected


def test_the_render_outside_the_batch_is_compared_too(small: Chart, tmp_path: Path) -> None:
    accepted = Accepted(small, tmp_path / "batch")
    (small.path / "templates" / "configmap.yaml").write_text("", encoding="utf-8")
    assert accepted.judge([{}]) == [["renders other objects outside the batch than in it"]]
    (small.path / "templates" / "configmap.yaml").write_text('{{ fail "no" }}', encoding="utf-8")
    ((fault,),) = accepted.judge([{}])
    assert fault.startswith("refused for other reasons outside the batch: ")
    assert accepted.judge([{"port": 80}]) == [[]]


def test_nothing_is_found_if_helm_and_the_validator_refuse_the_same_places(
    small: Chart, tmp_path: Path
) -> None:
    refused = Refused(small, tmp_path)
    values: list[dict[str, Any]] = [
        {"port": 0, "text": 1},
        {},
        {"more": None},
        {"text": None},
        {"port": "é", "é": 1},
        {"a/b~c": {}},
    ]
    assert refused.judge(values) == [[]] * len(values)


def test_a_place_that_only_helm_or_the_validator_refuses_is_found(
    small: Chart, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = Refused(small, tmp_path)
    monkeypatch.setattr(
        refused, "_refused_places", lambda engine: {"v0": {"/port"}} if engine == 3 else {"v1": {""}}
    )
    assert refused.judge([{"port": 0}, {}]) == [
        ["Helm 4 refuses [], the validator ['/port']"],
        ["Helm 4 refuses [''], the validator []"],
    ]


def test_only_the_experiment_with_accepted_values_needs_valid_ones(small: Chart, tmp_path: Path) -> None:
    accepted, refused = Accepted(small, tmp_path / "batch"), Refused(small, tmp_path / "many")
    assert accepted.accepts({"port": 1})
    assert not accepted.accepts({"port": 0})
    assert refused.accepts({"port": 0})
