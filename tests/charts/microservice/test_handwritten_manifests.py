"""A service written by hand in Kubernetes' own terms, and the chart that renders it from a few values."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest

from ci.charts import catalog, helm
from ci.kubernetes import manifests
from ci.kubernetes.manifests import Object
from tests.support.rendering import NEWEST_ENGINE, CaseRenderer, Rendered

HAND_WRITTEN = Path(__file__).parent / "data" / "handwritten.yaml"
KINDS = ("Deployment", "Service", "Ingress", "ConfigMap", "Secret", "HorizontalPodAutoscaler")


@pytest.fixture
def article() -> dict[str, Object]:
    """The hand-written objects by kind, where the chart has its own way said in the chart's way."""
    stream = HAND_WRITTEN.read_text(encoding="utf-8")
    objects = {key.kind: found for key, found in manifests.parse(stream).items()}
    for kind in ("Ingress", "HorizontalPodAutoscaler"):
        objects[kind]["metadata"]["name"] = "api"
    for kind in ("Deployment", "Service"):
        del objects[kind]["spec"]["selector"]
    texts = objects["Secret"].pop("stringData")
    objects["Secret"]["data"] = {name: b64encode(text.encode()).decode() for name, text in texts.items()}
    return objects


@pytest.mark.parametrize("kind", KINDS)
def test_values_api_yaml_renders_every_field_with_the_same_value(
    kind: str, article: dict[str, Object], render_case: CaseRenderer
) -> None:
    if kind == "Deployment":
        del article[kind]["spec"]["replicas"]  # the autoscaler's to say
    assert list(missing(article[kind], with_port_numbers(render_case("api"), kind))) == []


def test_without_an_autoscaler_the_replicas_are_rendered_too(article: dict[str, Object]) -> None:
    api = catalog.find_case("api")
    stream = helm.template(
        api.chart.path, api.values, engine=NEWEST_ENGINE, set_values=["autoscaling.enabled=false"]
    )
    assert list(missing(article["Deployment"], with_port_numbers(Rendered(stream), "Deployment"))) == []


def test_the_image_alone_renders_the_deployment_and_the_service(article: dict[str, Object]) -> None:
    del article["Deployment"]["spec"]["template"]["spec"]["containers"][0]["envFrom"]
    del article["Deployment"]["spec"]["template"]["metadata"]  # a label that values/api.yaml adds
    stream = helm.template(
        catalog.find_case("api").chart.path,
        engine=NEWEST_ENGINE,
        set_values=["image.repository=myrepo/api", "image.tag=1.2.3"],
    )
    found = [
        field
        for kind in ("Deployment", "Service")
        for field in missing(article[kind], with_port_numbers(Rendered(stream), kind))
    ]
    assert found == []


def missing(wanted: object, found: object, path: str = "") -> Iterator[str]:
    """Say for each field of ``wanted`` that is not in ``found`` with the same value what is there instead."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        for key, value in wanted.items():
            yield from missing(value, found.get(key, "nothing"), f"{path}.{key}")
    elif isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        for number, (value, other) in enumerate(zip(wanted, found, strict=True)):
            yield from missing(value, other, f"{path}[{number}]")
    elif repr(wanted) != repr(found):
        yield f"{path} is {found!r} instead of {wanted!r}"


def with_port_numbers(rendered: Rendered, kind: str) -> Object:
    """Write for each port that an object names the number that the name stands for."""
    of_container = {port["name"]: port["containerPort"] for port in rendered.container["ports"]}
    of_service = {port["name"]: port["port"] for port in rendered.service["ports"]}

    def numbered(key: str, value: object) -> object:
        if key in ("port", "targetPort") and isinstance(value, str):
            return of_container[value]
        if key == "port" and isinstance(value, dict) and "name" in value:
            return {"number": of_service[value["name"]]}
        if isinstance(value, dict):
            return {name: numbered(name, below) for name, below in value.items()}
        return [numbered("", below) for below in value] if isinstance(value, list) else value

    return {name: numbered(name, value) for name, value in rendered.one(kind).items()}
