"""The chart microservice, rendered with values of a test's own."""

from __future__ import annotations

import pytest

from ci.charts import catalog
from tests.support.notes import Notes
from tests.support.rendering import ChartRenderer


@pytest.fixture(scope="session")
def render_chart(tmp_path_factory: pytest.TempPathFactory) -> ChartRenderer:
    """Renders the chart with values; the image is there already, which is all that it needs."""
    defaults = catalog.find_case("defaults")
    return ChartRenderer(defaults.chart.path, tmp_path_factory.mktemp("values"), defaults.values)


@pytest.fixture(scope="session")
def notes(render_chart: ChartRenderer, tmp_path_factory: pytest.TempPathFactory) -> Notes:
    """Renders the chart's notes."""
    return Notes(render_chart, tmp_path_factory.mktemp("notes"))
