"""null in a values file takes one entry away, at any depth, and no template puts it back."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ci.charts import catalog
from ci.charts.values_file import read_values
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
        "enableServiceLinks",
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
    defaults = read_values(render_chart.path / "values.yaml")
    nulls = "".join(f"{key}: null\n" for key, value in defaults.items() if value in ({}, [], ""))
    assert render_chart(nulls, engine=engine).objects == render_chart(engine=engine).objects


# Nulls where templates lay one map over another, or count keys.
NULLS_TO_LAY_OVER = """
env: {SOURCE: {secretKeyRef: {name: a, key: b, optional: null}}}
livenessProbe: {exec: null, httpGet: {path: /live, port: null}}
migration: {env: {A: null}, resources: {limits: {cpu: null}}}
volumes: {tmp: {emptyDir: null, csi: {driver: a.example.com, readOnly: null}}}
"""
# Helm begins with the deepest folder, and goes backwards through the names of each.
BEGIN = '{{- $_ := set . "begin" (toJson .Values) -}}'
END = """
apiVersion: v1
kind: Seen
metadata: {name: seen}
begin: {{ toJson .begin }}
end: {{ toJson .Values | toJson }}
"""


def test_templates_leave_the_values_as_they_are(
    engine: int, render_chart: ChartRenderer, tmp_path: Path
) -> None:
    copy = shutil.copytree(render_chart.path, tmp_path / "chart")
    templates = copy / "templates"
    (templates / "first" / "first").mkdir(parents=True)
    (templates / "first" / "first" / "begin.yaml").write_text(BEGIN)
    (templates / "0.yaml").write_text(END)
    everything = (catalog.find_case("everything").values[0]).read_text(encoding="utf-8")
    seen = render_chart.of(copy)(everything, NULLS, NULLS_TO_LAY_OVER, engine=engine).one("Seen")
    assert "null" in seen["begin"]
    assert seen["begin"] == seen["end"]
