"""Charts and cases are found by their files, and values files are read as Helm reads them."""

from __future__ import annotations

import pytest

from ci.base.errors import UserError
from ci.charts import catalog
from ci.charts.catalog import find_case
from tests.support.repository import Repository


def test_a_folder_with_a_chart_yaml_is_a_chart(repository: Repository) -> None:
    repository.write("charts/namespace/Chart.yaml", "name: namespace")
    repository.write("charts/notes/README.md", "no chart")
    assert [chart.name for chart in catalog.charts()] == ["microservice", "namespace"]


def test_values_files_of_a_chart_and_of_the_folder_values_are_cases(repository: Repository) -> None:
    repository.write("charts/namespace/Chart.yaml", "name: namespace")
    repository.write("charts/namespace/ci/quota-values.yaml", "")
    repository.write("charts/microservice/ci/worker-values.yaml", "")
    repository.write("charts/microservice/ci/notes.yaml", "")
    repository.write("values/api.yaml", "")
    repository.write("values/namespace/shop.yaml", "")
    assert [str(case) for case in catalog.cases()] == [
        "microservice/worker",
        "namespace/quota",
        "namespace/shop",
        "microservice/api",
    ]
    assert {case.namespace for case in catalog.cases()} == {"default"}
    assert all(case.release == case.name for case in catalog.cases())


def test_a_hidden_file_is_no_case(repository: Repository) -> None:
    """Emacs marks a file that it has open by a link that leads nowhere."""
    case = repository.case("worker")
    repository.write("values/api/staging.yaml", "")
    repository.write("values/api.yaml", "")
    repository.write("values/environments.yaml", "staging: {context: eu}")
    repository.write("values/microservice/web.yaml", "")
    names = [str(case) for case in catalog.cases()]
    for file in (case.values[0], *(repository.root / "values").rglob("*.yaml")):
        file.with_name(f".#{file.name}").symlink_to("me@host.123")
    assert [str(case) for case in catalog.cases()] == names


def test_a_service_is_a_case_in_each_environment_and_released_in_its_namespace(
    repository: Repository,
) -> None:
    repository.write("charts/namespace/Chart.yaml", "name: namespace")
    service = repository.write("values/api.yaml", "")
    repository.write("values/environments.yaml", "staging: {context: eu, namespace: shop-staging}")
    staging = repository.write("values/api/staging.yaml", "")
    environment = repository.write("values/namespace/staging.yaml", "")
    case = find_case("api/staging")
    assert (case.values, case.release, case.namespace) == ((service, staging), "api", "shop-staging")
    assert find_case("namespace/staging").values == (environment,)


def test_a_case_name_of_two_charts_is_ambiguous(repository: Repository) -> None:
    repository.case("worker")
    repository.write("charts/namespace/Chart.yaml", "name: namespace")
    repository.write("charts/namespace/ci/worker-values.yaml", "")
    with pytest.raises(
        UserError, match=r"^several cases are named worker; write microservice/worker or namespace/worker$"
    ):
        find_case("worker")
    assert find_case("namespace/worker").chart.name == "namespace"


def test_two_values_files_for_one_case_are_refused_with_both_named(repository: Repository) -> None:
    repository.case("api")
    repository.write("values/api.yaml", "")
    with pytest.raises(UserError, match=r"charts/microservice/ci/api-values\.yaml and values/api\.yaml"):
        catalog.cases()


def test_without_any_case_the_error_names_the_places_for_them(repository: Repository) -> None:
    with pytest.raises(UserError, match=r"ci/\*-values\.yaml"):
        catalog.cases()


@pytest.mark.parametrize("name", ["worker", "microservice/worker"])
def test_a_case_is_found_by_its_name_with_and_without_its_chart(repository: Repository, name: str) -> None:
    case = repository.case("worker")
    assert find_case(name) == case


def test_the_error_for_an_unknown_case_suggests_a_similar_one_and_lists_all(repository: Repository) -> None:
    repository.case("worker")
    repository.case("ingress")
    with pytest.raises(UserError) as refused:
        find_case("wroker")
    assert (
        str(refused.value) == "there is no case 'wroker'; did you mean worker? The cases are ingress, worker"
    )


def test_names_begin_with_the_release_or_with_the_full_name_override(repository: Repository) -> None:
    assert catalog.fullname(repository.case("plain")) == "plain"
    assert catalog.fullname(repository.case("plain"), release="long") == "long"
    assert catalog.fullname(repository.case("other", "fullnameOverride: billing")) == "billing"
