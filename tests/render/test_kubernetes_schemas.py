"""Every Kubernetes version that knows the fields of a rendered object takes it, strictly."""

from __future__ import annotations

import pytest

from ci import kubernetes_fields, manifests, schemas
from ci.charts import Case
from ci.helm import ENGINES
from tests.conftest import Render, every_case


@every_case
def test_every_version_takes_every_object(case: Case, render: Render) -> None:
    objects = manifests.parse(render(case, ENGINES[-1])).values()
    if problems := kubernetes_fields.problems(objects):
        pytest.fail("\n".join(schemas.report(problems)), pytrace=False)
