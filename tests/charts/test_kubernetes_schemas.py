"""Every Kubernetes version that knows the fields of a rendered object takes it, strictly."""

from __future__ import annotations

import pytest

from ci.charts.catalog import Case
from ci.charts.helm import ENGINES
from ci.kubernetes import fields, validation
from tests.support.rendering import Render, every_case, parsed


@every_case
def test_every_version_takes_every_object(case: Case, render: Render) -> None:
    objects = parsed(render(case, ENGINES[-1])).values()
    if problems := fields.problems(objects):
        pytest.fail("\n".join(validation.report(problems)), pytrace=False)
