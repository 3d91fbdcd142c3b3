"""What objects are called, by which labels they are found, and how one release holds the chart twice."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
import yaml

from ci.charts import helm
from ci.kubernetes.versions import OLDEST
from ci.kubernetes.workloads import pods_of
from tests.support.rendering import NEWEST_ENGINE, CaseRenderer, ChartRenderer, Rendered

EVERYTHING = """
config: {data: {A: a}, files: {f: f}}
secret: {data: {S: s}, files: {g: g}}
volumes: {data: {claim: {size: 1Gi}, mountPath: /data}}
ingress: {enabled: true, hosts: [{host: example.com}]}
autoscaling: {enabled: true}
"""
LONGEST = "a" + "b" * 51 + "c"
VERSION = "app.kubernetes.io/version"


def names(rendered: Rendered) -> set[str]:
    return {key.name for key in rendered.objects}


def suffixed(fullname: str) -> set[str]:
    suffixes = ("", "-config", "-files", "-secrets", "-secret-files", "-data", "-test")
    return {f"{fullname}{suffix}" for suffix in suffixes}


def test_the_longest_release_name_is_legal_everywhere(render_chart: ChartRenderer) -> None:
    rendered = render_chart(EVERYTHING, release=LONGEST)
    assert len(LONGEST) == 53
    assert names(rendered) == suffixed(LONGEST)
    assert rendered.container["name"] == LONGEST
    for found in rendered.objects.values():
        assert max(len(value) for value in found["metadata"]["labels"].values()) <= 63


def test_objects_without_a_suffix_have_the_releases_name(render_case: CaseRenderer) -> None:
    rendered = render_case("api")
    for kind in ("ServiceAccount", "Service", "Deployment", "Ingress", "HorizontalPodAutoscaler"):
        assert rendered.one(kind)["metadata"]["name"] == "api"


def test_fullname_override_names_all_objects(render_chart: ChartRenderer) -> None:
    rendered = render_chart(EVERYTHING, "fullnameOverride: shop-front")
    assert names(rendered) == suffixed("shop-front")
    assert rendered.deployment["selector"]["matchLabels"]["app.kubernetes.io/name"] == "api"


def test_name_override_names_the_application(render_case: CaseRenderer) -> None:
    rendered = render_case("names")
    assert names(rendered) == {"shop-front", "shop-front-test"}
    assert rendered.container["name"] == "shop"
    assert rendered.one("Service")["metadata"]["labels"]["app.kubernetes.io/name"] == "shop"


def test_a_name_that_looks_like_something_else_stays_a_string(render_chart: ChartRenderer) -> None:
    rendered = render_chart("{fullnameOverride: 'true', nameOverride: '1e3'}", release="nullable")
    assert names(rendered) == {"true", "true-test"}
    assert rendered.container["name"] == "1e3"
    assert rendered.service["selector"]["app.kubernetes.io/instance"] == "nullable"


def test_a_release_whose_name_no_service_can_have_works_with_fullname_override(
    render_chart: ChartRenderer,
) -> None:
    rendered = render_chart("fullnameOverride: api", release="2.api")
    assert names(rendered) == {"api", "api-test"}
    assert rendered.container["name"] == "2-api"


def test_common_labels_are_on_everything_but_selectors(render_case: CaseRenderer) -> None:
    rendered = render_case("names")
    for metadata in [rendered.pod_metadata, *(found["metadata"] for found in rendered.objects.values())]:
        assert metadata["labels"]["team"] == "payments"
    for selector in (rendered.deployment["selector"]["matchLabels"], rendered.service["selector"]):
        assert selector == {
            "app.kubernetes.io/name": "shop",
            "app.kubernetes.io/instance": "names",
            "app.kubernetes.io/component": "app",
        }


def test_common_annotations_are_on_everything(render_case: CaseRenderer) -> None:
    rendered = render_case("names")
    for metadata in [rendered.pod_metadata, *(found["metadata"] for found in rendered.objects.values())]:
        assert metadata["annotations"]["contact"] == "payments@example.com"


def test_pod_labels_and_annotations_are_on_pods_alone(render_case: CaseRenderer) -> None:
    rendered = render_case("names")
    assert rendered.pod_metadata["labels"]["tier"] == "web"
    assert rendered.pod_metadata["annotations"]["prometheus.io/port"] == "8000"
    for found in rendered.objects.values():
        assert "tier" not in found["metadata"]["labels"]
        assert "prometheus.io/port" not in found["metadata"]["annotations"]


def test_a_selector_label_may_be_set_to_the_value_it_has(render_chart: ChartRenderer) -> None:
    as_it_is = (
        "{app.kubernetes.io/name: api, app.kubernetes.io/instance: api, app.kubernetes.io/component: app}"
    )
    rendered = render_chart(f"podLabels: {as_it_is}\ncommonLabels: {as_it_is}")
    selector = rendered.deployment["selector"]["matchLabels"]
    assert {**selector, "app.kubernetes.io/version": "1.2.3"} == rendered.pod_metadata["labels"]


OWN = """
podLabels: {tier: ""}
commonLabels: {tier: x}
podAnnotations: {note: ""}
commonAnnotations: {note: x}
"""


def test_labels_and_annotations_of_pods_win_over_common_ones_even_if_empty(
    render_chart: ChartRenderer,
) -> None:
    metadata = render_chart(OWN).pod_metadata
    assert (metadata["labels"]["tier"], metadata["annotations"]["note"]) == ("", "")


def test_pods_have_no_label_that_restarts_them_with_another_version_of_the_chart(
    render_case: CaseRenderer,
) -> None:
    labels = render_case("defaults").pod_metadata["labels"]
    assert not labels.keys() & {"helm.sh/chart", "app.kubernetes.io/managed-by"}


def test_every_pod_has_the_images_tag_as_its_version_and_no_selector_has_it(
    render_case: CaseRenderer,
) -> None:
    for name in ("cronjobs", "migration"):
        rendered = render_case(name)
        pods = list(pods_of(rendered.objects))
        assert len(pods) > 1
        assert {pod.labels[VERSION] for pod in pods} == {"1.2.3"}
        services = [service["spec"]["selector"] for service in rendered.all("Service").values()]
        assert VERSION not in json.dumps([rendered.deployment["selector"], *services])


def test_pods_without_a_tag_have_no_version(render_chart: ChartRenderer) -> None:
    values = f"image: {{tag: null, digest: sha256:{'0' * 64}}}"
    assert VERSION not in render_chart(values).pod_metadata["labels"]


def test_a_label_of_the_pods_replaces_the_version(render_chart: ChartRenderer) -> None:
    labels = render_chart(f"podLabels: {{{VERSION}: blue}}").pod_metadata["labels"]
    assert labels[VERSION] == "blue"


LONG_ALIASES = [f"a-very-long-alias-of-the-chart-{end}" for end in ("one", "two")]


@pytest.fixture(scope="module")
def parent(render_chart: ChartRenderer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An umbrella chart that has the chart under six aliases."""
    parent = tmp_path_factory.mktemp("umbrella")
    shutil.copytree(render_chart.path, parent / "charts" / "microservice")
    aliases = ["front", "back_End", "webApi", "mail_bot", *LONG_ALIASES]
    dependencies = [{"name": "microservice", "version": "*", "alias": alias} for alias in aliases]
    metadata = {"apiVersion": "v2", "name": "umbrella", "version": "1.0.0", "dependencies": dependencies}
    (parent / "Chart.yaml").write_text(yaml.safe_dump(metadata))
    image = {"image": {"repository": "myrepo/api", "tag": "1.2.3"}}
    values = {alias: image for alias in aliases} | {"back_End": image | {"fullnameOverride": "back"}}
    (parent / "values.yaml").write_text(yaml.safe_dump(values))
    return parent


@pytest.fixture(scope="module")
def umbrella(parent: Path) -> Rendered:
    """A release of it of the longest name, in another namespace."""
    return Rendered(helm.template(parent, engine=NEWEST_ENGINE, release=LONGEST, namespace="shop"))


def test_in_an_umbrella_chart_the_alias_follows_the_release(umbrella: Rendered) -> None:
    front = umbrella.all("Deployment")[f"{LONGEST}-front"]["spec"]
    assert front["selector"]["matchLabels"] == {
        "app.kubernetes.io/name": "front",
        "app.kubernetes.io/instance": LONGEST,
        "app.kubernetes.io/component": "app",
    }
    assert front["template"]["spec"]["containers"][0]["name"] == "front"


def test_an_alias_that_is_no_dns_label_makes_a_name_that_is_one(umbrella: Rendered) -> None:
    pod = umbrella.all("Deployment")["back"]["spec"]["template"]
    assert pod["spec"]["containers"][0]["name"] == "back-end"
    assert pod["metadata"]["labels"]["app.kubernetes.io/name"] == "back-end"


def test_an_alias_that_no_service_can_have_makes_a_name_that_one_can(umbrella: Rendered) -> None:
    assert {f"{LONGEST}-webapi", f"{LONGEST}-mail-bot"} <= umbrella.all("Service").keys()


def test_long_aliases_that_differ_at_the_end_stay_two_legal_names(umbrella: Rendered) -> None:
    services = umbrella.all("Service").keys()
    assert len(services) == 6
    assert max(len(name) for name in services) <= 63


def test_a_long_name_that_no_service_can_have_is_refused_with_one_that_fits(parent: Path) -> None:
    with pytest.raises(helm.HelmError, match="is not a valid Service name") as refused:
        helm.template(parent, engine=NEWEST_ENGINE, release=f"1{LONGEST[1:]}")
    proposed = re.findall(r"such as fullnameOverride: (\S+)", str(refused.value))
    assert {len(name) for name in proposed} == {63}


def test_every_object_has_its_namespace(umbrella: Rendered) -> None:
    assert {key.namespace for key in umbrella.objects} == {"shop"}


def test_the_same_values_render_the_same_bytes_whatever_the_cluster(
    render_case: CaseRenderer, render_chart: ChartRenderer
) -> None:
    values = render_chart.path / "ci" / "config-values.yaml"
    again = helm.template(
        render_chart.path, [values], engine=NEWEST_ENGINE, release="config", kube_version=OLDEST
    )
    assert again == render_case("config").stream
