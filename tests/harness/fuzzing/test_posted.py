"""Objects that an API server refuses are found, unless a rule is left to it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ci.charts.catalog import Chart
from ci.fuzzing import left_rules
from ci.fuzzing.left_rules import LeftRule
from ci.fuzzing.posted import Posted


class Server:
    """Refuses a text of more than three characters, and remembers what it was asked about."""

    version = "1.34"

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []

    def refusals(self, one: dict[str, Any]) -> list[str]:
        self.asked.append(one)
        text = one["data"]["text"]
        return ["data.text: Too long"] if len(text) > 3 else []


def test_a_refusal_is_reported_with_the_part_of_the_object(small: Chart, tmp_path: Path) -> None:
    server = Server()
    experiment = Posted(small, tmp_path / "batch", server)
    assert experiment.judge([{"text": "abc"}, {"text": "abcd"}]) == [
        [],
        ['ConfigMap all-part: data.text: Too long: {"text": "abcd"}'],
    ]
    assert experiment.count == len(server.asked) == 2


def test_equal_objects_are_posted_once(small: Chart, tmp_path: Path) -> None:
    server = Server()
    experiment = Posted(small, tmp_path / "batch", server)
    for _ in range(2):
        experiment.judge([{"text": "abc"}, {"text": "abc", "port": 8081}])
    assert experiment.count == 4
    assert len(server.asked) == 1


def test_values_that_the_chart_refuses_are_not_posted(small: Chart, tmp_path: Path) -> None:
    experiment = Posted(small, tmp_path / "batch", Server())
    assert experiment.judge([{"port": 80, "text": "abcd"}]) == [[]]
    assert experiment.count == 0


def test_a_rule_that_is_left_to_the_server_is_no_fault(
    small: Chart, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(left_rules, "read", lambda: (LeftRule("Texts are short", "rare", {}, "Too long"),))
    experiment = Posted(small, tmp_path / "batch", Server())
    assert experiment.judge([{"text": "abcd"}]) == [[]]
    assert experiment.refusals([{"text": "abcd"}]) != [[]]


def test_drawn_values_are_valid(small: Chart, tmp_path: Path) -> None:
    experiment = Posted(small, tmp_path / "batch", Server())
    assert experiment.accepts({"port": 1})
    assert not experiment.accepts({"port": 0})
