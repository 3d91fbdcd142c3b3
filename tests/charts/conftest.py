"""Renders, shared by all tests of a process."""

from __future__ import annotations

import pytest

from ci.base.errors import UserError
from ci.charts import helm
from ci.charts.catalog import Case
from tests.support.rendering import CaseRenderer, Render


@pytest.fixture(scope="session")
def render() -> Render:
    """Return what renders a case with an engine; where that fails, so does the test."""

    def render(case: Case, engine: int) -> str:
        try:
            return helm.render(case, engine)
        except UserError as error:
            pytest.fail(str(error), pytrace=False)

    return render


@pytest.fixture(scope="session")
def render_case() -> CaseRenderer:
    """Renders the case of a name."""
    return CaseRenderer()
