"""Text arrives as the same text, wherever it is written and whatever YAML would make of it."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable

import pytest

from ci.charts.batch import json_text
from tests.support.rendering import ChartRenderer, Rendered, with_both_engines
from tests.support.texts import FRAGILE, TEXTS, everywhere


def secret(name: str) -> Callable[[Rendered], dict[str, str]]:
    return lambda rendered: {
        key.removeprefix("secret."): b64decode(value).decode()
        for key, value in rendered.all("Secret")[name]["data"].items()
    }


PLACES: dict[str, Callable[[Rendered], object]] = {
    "env": lambda rendered: rendered.env,
    "config.data": lambda rendered: rendered.all("ConfigMap")["api-config"]["data"],
    "config.files": lambda rendered: rendered.all("ConfigMap")["api-files"]["data"],
    "secret.data": secret("api-secrets"),
    "secret.files": secret("api-secret-files"),
    "command": lambda rendered: rendered.container["command"],
    "args": lambda rendered: rendered.container["args"],
    "podAnnotations": lambda rendered: {
        key: value
        for key, value in rendered.pod_metadata["annotations"].items()
        if not key.startswith(("checksum/", "cluster-autoscaler.kubernetes.io/"))
    },
    "service.annotations": lambda rendered: rendered.one("Service")["metadata"]["annotations"],
    "serviceAccount.annotations": lambda rendered: rendered.one("ServiceAccount")["metadata"]["annotations"],
    "ingress.annotations": lambda rendered: rendered.one("Ingress")["metadata"]["annotations"],
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("texts", [TEXTS, FRAGILE], ids=["any", "fragile"])
@with_both_engines
def test_strings_stay_unchanged(
    engine: int, texts: dict[str, str], place: str, render_chart: ChartRenderer
) -> None:
    found = PLACES[place](render_chart(everywhere(texts), engine=engine))
    assert found == (texts if isinstance(found, dict) else list(texts.values()))


def test_strings_of_another_container_stay_unchanged(render_chart: ChartRenderer) -> None:
    beside = {"name": "beside", "image": "b:1", "args": list(FRAGILE.values())}
    rendered = render_chart(json_text({"extraContainers": [beside]}))
    assert rendered.pod["containers"][1]["args"] == beside["args"]


def test_empty_lines_at_the_end_of_a_container_stay(render_chart: ChartRenderer) -> None:
    nothing_behind = """
        ports: {http: null}
        resources: {requests: null, limits: null}
        podSecurityStandard: privileged
        volumes: {tmp: {mountPath: null}}
    """
    rendered = render_chart(nothing_behind, 'env: {LAST: "first\\n\\n\\n"}')
    assert rendered.env == {"LAST": "first\n\n\n"}
