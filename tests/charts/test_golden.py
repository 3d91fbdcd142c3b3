"""Every case renders what was accepted for it."""

from __future__ import annotations

import pytest

from ci.base import repository
from ci.base.errors import UserError
from ci.charts.catalog import Case
from ci.charts.helm import ENGINES
from ci.checks import golden
from tests.support.rendering import Render, every_case


@every_case
def test_a_case_renders_its_golden(case: Case, render: Render) -> None:
    try:
        differences = golden.check(case, render(case, ENGINES[-1]))
    except UserError as error:
        raise pytest.fail.Exception(str(error), pytrace=False) from None
    if differences:
        pytest.fail(golden.report(case, differences), pytrace=False)


def test_every_golden_belongs_to_a_case() -> None:
    orphans = [repository.shown(path) for path in golden.orphans()]
    assert not orphans, f"no case renders these; clear them away with: {golden.ACCEPT}"
