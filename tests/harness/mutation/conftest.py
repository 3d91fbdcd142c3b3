"""A chart whose templates are changed."""

from __future__ import annotations

import pytest

from ci.mutation.sources import Sources
from tests.support import small_chart
from tests.support.repository import Repository


@pytest.fixture
def sources(repository: Repository) -> Sources:
    return small_chart.write(repository)
