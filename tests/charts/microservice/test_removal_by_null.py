"""null in a values file takes one entry away, at any depth, and no template puts it back."""

from __future__ import annotations

import pytest

from ci.charts import catalog
from tests.support.rendering import CaseRenderer, ChartRenderer, Rendered, with_both_engines

pytestmark = with_both_engines

# Nulls over entries of the files before, over the chart's defaults, and over keys that have no default.
BEFORE = """
env: {A: $(B), B: b}
config: {data: {A: a, B: b}, files: {f: f}}
secret: {data: {S: s}, files: {g: g, h: h}}
"""
NULLS = """
env: {B: null}
config: {data: {A: null}, files: {f: null}}
secret: {data: {S: null}, files: {g: null}}
resources: {requests: {cpu: null}}
readinessProbe: {initialDelaySeconds: null}
securityContext: {runAsUser: null, capabilities: {drop: null, add: [CHOWN]}}
podSecurityContext: {fsGroup: null, seccompProfile: null}
service: {type: null, annotations: null, labels: null, extraPorts: null}
autoscaling: {enabled: true, targetCPUUtilizationPercentage: null, targetMemoryUtilizationPercentage: 80}
"""


@pytest.fixture
def rendered(engine: int, render_chart: ChartRenderer) -> Rendered:
    return render_chart(BEFORE, NULLS, engine=engine)


def test_null_removes_a_variable(rendered: Rendered) -> None:
    assert rendered.env == {"A": "$(B)"}


def test_null_removes_a_setting_and_with_the_last_one_its_object(rendered: Rendered) -> None:
    assert {name: found["data"] for name, found in rendered.all("ConfigMap").items()} == {
        "api-config": {"B": "b"}
    }
    assert {name: set(found["data"]) for name, found in rendered.all("Secret").items()} == {
        "api-secret-files": {"h"}
    }
    assert rendered.container["envFrom"] == [{"configMapRef": {"name": "api-config"}}]
    assert {volume["name"] for volume in rendered.pod["volumes"]} == {"secret", "tmp"}


def test_null_removes_a_request(rendered: Rendered) -> None:
    assert rendered.container["resources"]["requests"] == {"memory": "128Mi"}


def test_null_removes_a_field_of_a_probe(rendered: Rendered) -> None:
    assert rendered.container["readinessProbe"] == {
        "httpGet": {"path": "/health", "port": "http"},
        "periodSeconds": 10,
    }


def test_null_removes_an_entry_of_the_security_standard(rendered: Rendered) -> None:
    context = rendered.container["securityContext"]
    assert "runAsUser" not in context
    assert context["capabilities"] == {"add": ["CHOWN"]}
    assert rendered.pod["securityContext"].keys() == {"runAsNonRoot", "fsGroupChangePolicy"}


def test_null_removes_a_field_of_the_service(rendered: Rendered) -> None:
    assert rendered.service.keys() == {"selector", "ports"}


def test_null_removes_cpu_from_the_metrics(rendered: Rendered) -> None:
    (metric,) = rendered.one("HorizontalPodAutoscaler")["spec"]["metrics"]
    assert metric["resource"]["name"] == "memory"


def test_null_removes_everything_that_a_pod_can_do_without(engine: int, render_case: CaseRenderer) -> None:
    rendered = render_case("removals", engine=engine)
    assert rendered.deployment.keys() == {"strategy", "selector", "template"}
    assert rendered.pod.keys() == {
        "serviceAccountName",
        "affinity",
        "topologySpreadConstraints",
        "containers",
    }
    assert rendered.container.keys() == {"name", "image", "ports", "resources", "lifecycle"}
    assert rendered.container["resources"] == {"requests": {"memory": "128Mi"}}


def test_null_removes_the_only_port_and_with_it_the_service(engine: int, render_case: CaseRenderer) -> None:
    rendered = render_case("worker", engine=engine)
    assert "ports" not in rendered.container
    assert rendered.all("Service") == {}


def test_null_removes_an_entry_of_the_standard_for_another_container(
    engine: int, render_case: CaseRenderer
) -> None:
    context = render_case("containers", engine=engine).pod["initContainers"][1]["securityContext"]
    assert "readOnlyRootFilesystem" not in context
    assert context["runAsUser"] == 101


def test_null_for_what_is_empty_by_default_changes_nothing(engine: int, render_chart: ChartRenderer) -> None:
    defaults = catalog.read_values(render_chart.path / "values.yaml")
    nulls = "".join(f"{key}: null\n" for key, value in defaults.items() if value in ({}, [], ""))
    assert render_chart(nulls, engine=engine).objects == render_chart(engine=engine).objects
