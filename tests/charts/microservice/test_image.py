"""Which image runs, and with whose credentials it is pulled."""

from __future__ import annotations

import pytest

from tests.support.rendering import CaseRenderer, ChartRenderer

DIGEST = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_an_image_is_repository_and_tag(render_case: CaseRenderer) -> None:
    assert render_case("defaults").container["image"] == "myrepo/api:1.2.3"


def test_a_registry_precedes_the_repository(render_case: CaseRenderer) -> None:
    assert render_case("account-existing").container["image"] == "ghcr.io/myorg/api:1.2.3"


def test_an_umbrella_charts_registry_wins_and_a_digest_follows_the_tag(
    render_case: CaseRenderer,
) -> None:
    assert render_case("names").container["image"] == f"mirror.example.com:5000/myrepo/api:2.0@{DIGEST}"


def test_an_umbrella_charts_registry_takes_the_place_of_every_images_own(render_case: CaseRenderer) -> None:
    rendered = render_case("inherited-env")
    pods = [rendered.pod, rendered.one("Pod")["spec"]]
    found = [each["image"] for pod in pods for each in [*pod.get("initContainers", []), *pod["containers"]]]
    images = ["myrepo/tools:2.1", "busybox:1.37", "myrepo/api:1.2.3", "side:1", "library/busybox:1.37"]
    assert found == [f"mirror.example.com:5000/{image}" for image in images]


@pytest.mark.parametrize("name", ["team/api", "a_b/c", "api"])
def test_a_name_without_a_registry_keeps_all_its_parts(name: str, render_chart: ChartRenderer) -> None:
    rendered = render_chart(f"{{image: {{repository: {name}}}, global: {{imageRegistry: mirror}}}}")
    assert rendered.container["image"] == f"mirror/{name}:1.2.3"


def test_without_a_mirror_a_registry_in_a_name_stays(render_chart: ChartRenderer) -> None:
    rendered = render_chart("image: {repository: localhost/api}")
    assert rendered.container["image"] == "localhost/api:1.2.3"


@pytest.mark.parametrize("digest", ["null", '""', DIGEST])
def test_a_tag_may_bring_its_digest_which_is_not_part_of_the_version(
    digest: str, render_chart: ChartRenderer
) -> None:
    rendered = render_chart(f"image: {{tag: 'v5.36.0@{DIGEST}', digest: {digest}}}")
    assert rendered.container["image"] == f"myrepo/api:v5.36.0@{DIGEST}"
    assert rendered.one("Deployment")["metadata"]["labels"]["app.kubernetes.io/version"] == "v5.36.0"


def test_the_tests_tag_may_bring_its_digest(render_chart: ChartRenderer) -> None:
    pod = render_chart(f"tests: {{image: {{tag: '1.37@{DIGEST}'}}}}").one("Pod")
    assert {container["image"] for container in pod["spec"]["containers"]} == {f"busybox:1.37@{DIGEST}"}


@pytest.mark.parametrize("tag", ["null", '""'])
def test_a_digest_alone_names_an_image_of_no_version(tag: str, render_chart: ChartRenderer) -> None:
    rendered = render_chart(f"image: {{tag: {tag}, digest: '{DIGEST}'}}")
    assert rendered.container["image"] == f"myrepo/api@{DIGEST}"
    assert "app.kubernetes.io/version" not in rendered.one("Deployment")["metadata"]["labels"]


def test_the_tag_is_the_version_in_the_labels_of_objects(render_case: CaseRenderer) -> None:
    for labels in (found["metadata"]["labels"] for found in render_case("api").objects.values()):
        assert labels["app.kubernetes.io/version"] == "1.2.3"


def test_a_tag_that_is_too_long_for_a_label_is_cut_there_alone(render_chart: ChartRenderer) -> None:
    rendered = render_chart(f"image: {{tag: '{'x' * 62}-and-more'}}")
    assert rendered.container["image"] == f"myrepo/api:{'x' * 62}-and-more"
    assert rendered.one("Deployment")["metadata"]["labels"]["app.kubernetes.io/version"] == "x" * 62


def test_the_pull_policy_is_kubernetes_default_unless_set(render_case: CaseRenderer) -> None:
    assert "imagePullPolicy" not in render_case("defaults").container
    assert render_case("account-existing").container["imagePullPolicy"] == "IfNotPresent"


def test_pull_secrets_of_chart_and_umbrella_chart_are_rendered_once_each(render_case: CaseRenderer) -> None:
    assert render_case("names").pod["imagePullSecrets"] == [{"name": "mirror"}, {"name": "regcred"}]
