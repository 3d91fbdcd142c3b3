"""Every supported Kubernetes version takes every rendered object, strictly."""

from __future__ import annotations

import pytest

from ci import manifests, schemas
from ci.charts import Case
from ci.helm import ENGINES
from ci.kubernetes_versions import SUPPORTED
from tests.conftest import Render, every_case


@every_case
def test_every_version_takes_every_object(case: Case, render: Render) -> None:
    objects = manifests.parse(render(case, ENGINES[-1])).values()
    problems = [
        problem
        for object_ in objects
        for version in SUPPORTED
        for problem in schemas.validate(object_, version)
    ]
    if problems:
        pytest.fail("\n".join(schemas.report(problems)), pytrace=False)
