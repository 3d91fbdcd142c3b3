"""What the chart renders from its cases can be imported, and then renders the same objects."""

from __future__ import annotations

import pytest

from ci.charts import catalog, helm
from ci.charts.catalog import Case
from tests.harness.importing.conftest import Import

CASES = [case for case in catalog.cases() if case.chart.name == "microservice" and "/" not in case.name]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_case_is_rendered_imported_and_rendered_the_same(case: Case, import_: Import) -> None:
    rendered = helm.render(case, helm.ENGINES[-1])
    imported = import_(rendered, service=case.release, exact=True, secrets=True)
    first, *rest = imported.report.splitlines()
    assert first.startswith("carried over: ")
    assert [line for line in rest if not line.startswith("the Service keeps its name")] == []
