"""The values files, the services' and the environments', are checked before anything is rendered."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ci.base.errors import UserError
from ci.charts import catalog
from ci.checks import cases
from tests.support.repository import Repository

SCHEMA = catalog.service_chart().path / "values.schema.json"


@pytest.fixture
def services(repository: Repository) -> Repository:
    """A repository with the chart's real schema, one environment and one service."""
    repository.write("charts/microservice/values.schema.json", SCHEMA.read_text(encoding="utf-8"))
    repository.write("values/environments.yaml", "staging: {context: eu}")
    repository.write("values/api.yaml", "replicaCount: 1")
    return repository


@pytest.mark.parametrize("check", [cases.lint, cases.lint_and_validate])
@pytest.mark.parametrize(
    ("path", "text", "fault"),
    [
        (
            "values/environments.yaml",
            "staging:\n  contxt: eu",
            "line 2, column 3: staging.contxt: unknown key; did you mean context?",
        ),
        (
            "values/environments.yaml",
            "staging:\n  context: eu\n  values: {replicaCont: 1}",
            "line 3, column 12: staging.values.replicaCont: unknown key; did you mean replicaCount?",
        ),
        (
            "values/api.yaml",
            "x-build: {context: ., dokerfile: a}",
            "line 1, column 23: x-build.dokerfile: unknown key; did you mean dockerfile?",
        ),
        (
            "values/api/staging.yaml",
            "replicaCont: 1",
            "line 1, column 1: replicaCont: unknown key; did you mean replicaCount?",
        ),
    ],
)
def test_a_mistake_in_a_file_of_values_ends_lint_and_build_with_its_place(
    services: Repository, check: Callable[[], None], path: str, text: str, fault: str
) -> None:
    services.write(path, text)
    with pytest.raises(UserError) as refused:
        check()
    assert f"{path}, {fault}" in str(refused.value).splitlines()
