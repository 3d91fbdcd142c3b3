"""Every case renders what was accepted for it."""

from __future__ import annotations

import pytest

from ci import charts, golden
from ci.charts import Case
from ci.errors import UserError
from ci.helm import ENGINES
from tests.conftest import Render, every_case


@every_case
def test_a_case_renders_its_golden(case: Case, render: Render) -> None:
    try:
        differences = golden.check(case, render(case, ENGINES[-1]))
    except UserError as error:
        raise pytest.fail.Exception(str(error), pytrace=False) from None
    if differences:
        pytest.fail(golden.report(case, differences), pytrace=False)


def test_every_golden_belongs_to_a_case() -> None:
    orphans = [charts.shown(path) for path in golden.orphans()]
    assert not orphans, f"no case renders these; clear them away with: {golden.ACCEPT}"
