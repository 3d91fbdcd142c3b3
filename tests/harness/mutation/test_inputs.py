"""The values of cases and tests become inputs, each once, as each Helm would have them."""

from __future__ import annotations

from typing import Any

import pytest

from ci.mutation import inputs
from ci.mutation.sources import Sources

DEFAULTS = {"text": "a", "loud": False, "port": 81}


def recorded(
    *layers: dict[str, Any], engine: int = 4, batch: bool = False, test: str = "a.py::b", notes: bool = False
) -> dict[str, Any]:
    options = {"release": "api", "namespace": "default", "upgrade": False, "notes": notes}
    return {"chart": "small", "layers": layers, "engine": engine, "batch": batch, "test": test, **options}


def of_tests(sources: Sources, *renders: dict[str, Any]) -> dict[str, Any]:
    every = inputs.of(sources.chart, renders).inputs
    return {name: one for name, one in every.items() if not name.startswith("case")}


@pytest.mark.parametrize(
    ("engine", "values"),
    [(4, {"loud": False, "list": [None]}), (3, {"loud": False, "new": None, "list": [None]})],
)
def test_null_removes_a_default_and_helm_3_keeps_the_others(
    sources: Sources, engine: int, values: dict[str, Any]
) -> None:
    layers = ({"text": 1, "port": 2}, {"text": None, "port": None, "new": None, "list": [None]})
    (one,) = of_tests(sources, recorded(*layers, engine=engine)).values()
    assert one.values == values


def test_the_same_values_are_one_input_of_several_tests(sources: Sources) -> None:
    renders = [recorded({"port": 1}), recorded({"port": 1}, test="a.py::c"), recorded({"port": 1}, engine=3)]
    found = inputs.of(sources.chart, renders)
    (name,) = of_tests(sources, *renders)
    assert found.inputs[name].values == {**DEFAULTS, "port": 1}
    assert found.tests[name] == ["a.py::b", "a.py::c"]


def test_what_a_table_of_problems_has_is_sure(sources: Sources) -> None:
    (one,) = of_tests(sources, recorded({"port": 1}), recorded({"port": 1}, batch=True)).values()
    assert one.sure == ("problems",)


def test_notes_are_of_the_values_with_which_a_test_reads_them(sources: Sources) -> None:
    renders = [
        recorded({"port": 1}),
        recorded({"port": 2}),
        recorded({"port": 1}, test="a.py::c", notes=True),
    ]
    found = of_tests(sources, *renders).values()
    assert [(one.values["port"], one.notes) for one in found] == [(1, True), (2, False)]


def test_notes_of_both_helms_are_two_inputs(sources: Sources) -> None:
    renders = [recorded({"port": 1}, engine=engine, notes=True) for engine in (4, 3)]
    assert [one.helm for one in of_tests(sources, *renders).values()] == ["v4.0.0", "v3.0.0"]


def test_another_charts_renders_are_left_out(sources: Sources) -> None:
    assert of_tests(sources, recorded({"port": 1}) | {"chart": "other"}) == {}
