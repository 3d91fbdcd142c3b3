"""Renders, shared by all tests of a process."""

from __future__ import annotations

import functools

import pytest

from ci.base.errors import UserError
from ci.charts import catalog, helm
from ci.charts.catalog import Case
from tests.support.rendering import CaseRenderer, Render


@pytest.fixture(scope="session")
def render() -> Render:
    """Return what renders a case with an engine; the first call renders all cases with both."""

    @functools.cache
    def all_renders() -> dict[tuple[Case, int], str | UserError]:
        return helm.render_all(catalog.cases())

    def render(case: Case, engine: int) -> str:
        rendered = all_renders()[case, engine]
        if isinstance(rendered, UserError):
            pytest.fail(str(rendered), pytrace=False)
        return rendered

    return render


@pytest.fixture(scope="session")
def render_case() -> CaseRenderer:
    """Renders the case of a name."""
    return CaseRenderer()
