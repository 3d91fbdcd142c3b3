"""Services and environments are files in values/: which there are, and which values a service has in each."""

from __future__ import annotations

import pytest

from ci.base import programs
from ci.base.errors import UserError
from ci.charts import environments, helm
from ci.charts.catalog import find_case
from ci.charts.values_file import read_values
from tests.support.repository import Repository

TWO = "staging: {context: eu}\nproduction: {context: us, namespace: live, protected: true}\n"


def test_an_environment_is_the_context_of_its_cluster_and_a_namespace_of_its_name(
    repository: Repository,
) -> None:
    repository.write("values/environments.yaml", TWO)
    staging, production = environments.environments().values()
    assert (staging.context, staging.namespace, staging.protected) == ("eu", "staging", False)
    assert (production.context, production.namespace, production.protected) == ("us", "live", True)


def test_without_the_file_there_is_no_environment(repository: Repository) -> None:
    assert environments.environments() == {}


def test_an_environments_values_count_for_every_service_and_a_services_own_count_more(
    repository: Repository,
) -> None:
    repository.write("values/environments.yaml", "staging: {context: eu, values: {colour: green}}")
    repository.write("values/api.yaml", "colour: blue")
    repository.write("values/shop.yaml", "colour: blue")
    repository.write("values/shop/staging.yaml", "colour: red")
    assert "colour: 'green'" in helm.render(find_case("api/staging"), 4)
    assert "colour: 'red'" in helm.render(find_case("shop/staging"), 4)
    assert "colour: 'blue'" in helm.render(find_case("shop"), 4)


def test_an_environments_values_are_kept_where_only_the_user_reads_them(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(programs.CACHE_VARIABLE, str(repository.root / "cache"))
    repository.write("values/environments.yaml", "staging: {context: eu, values: {secret: {data: {A: b}}}}")
    file = environments.environment("staging").values
    assert file is not None
    assert read_values(file) == {"secret": {"data": {"A": "b"}}}
    assert file.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("staging: {}", 'values/environments.yaml: staging: "context" is a required property'),
        ("staging: {context: a, protect: true}", "values/environments.yaml: staging: Additional properties"),
        ("Staging: {context: a}", 'values/environments.yaml: : "Staging" does not match'),
        ("staging: {context: a, protected: yes please}", "values/environments.yaml: staging.protected: "),
    ],
    ids=["no context", "an unknown key", "a name that is no DNS label", "a wrong type"],
)
def test_what_is_no_environment_is_refused(repository: Repository, text: str, message: str) -> None:
    repository.write("values/environments.yaml", text)
    with pytest.raises(UserError) as refused:
        environments.environments()
    assert str(refused.value).startswith(message)


def test_an_unknown_environment_is_answered_with_the_nearest_one(
    repository: Repository,
) -> None:
    repository.write("values/environments.yaml", TWO)
    with pytest.raises(UserError) as refused:
        environments.environment("stagin")
    assert str(refused.value) == (
        "there is no environment 'stagin'; did you mean staging? (known: staging, production)"
    )


def test_the_only_service_need_not_be_named_and_one_of_several_must(repository: Repository) -> None:
    repository.write("values/api.yaml", "")
    assert environments.find_service() == "api"
    repository.write("values/shop.yaml", "")
    with pytest.raises(UserError, match=r"^which service\? Add --service: api, shop$"):
        environments.find_service()
    assert environments.find_service("shop") == "shop"
    with pytest.raises(UserError, match=r"^there is no service 'shap'; did you mean shop\?"):
        environments.find_service("shap")


@pytest.mark.parametrize(
    ("path", "message"),
    [
        (
            "values/staging.yaml",
            r"^values/staging\.yaml: staging is an environment; .*<service>/staging\.yaml",
        ),
        ("values/microservice.yaml", r"^values/microservice\.yaml: microservice is the name of a chart"),
        ("values/shop/staging.yaml", r"^values/shop/staging\.yaml: there is no service values/shop\.yaml$"),
        ("values/api/prodction.yaml", r"^values/api/prodction\.yaml: .*; did you mean production\?"),
    ],
    ids=["a service named as an environment", "as a chart", "a folder of no service", "of no environment"],
)
def test_a_values_file_in_the_wrong_place_is_refused_with_the_right_one(
    repository: Repository, path: str, message: str
) -> None:
    repository.write("values/environments.yaml", TWO)
    repository.write("values/api.yaml", "")
    repository.write(path, "")
    with pytest.raises(UserError, match=message):
        environments.services()


def test_a_misplaced_file_of_another_service_does_not_keep_anybody_from_this_one(
    repository: Repository,
) -> None:
    repository.write("values/environments.yaml", TWO)
    repository.write("values/api.yaml", "")
    repository.write("values/shop.yaml", "")
    repository.write("values/shop/prodction.yaml", "")
    repository.write("values/gone/production.yaml", "")
    assert environments.find_service("api") == "api"
    with pytest.raises(UserError, match=r"^values/shop/prodction\.yaml: "):
        environments.find_service("shop")
