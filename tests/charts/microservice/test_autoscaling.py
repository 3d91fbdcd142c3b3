"""The autoscaler: what it scales, between how many pods, and by which metrics."""

from __future__ import annotations

from ci.kubernetes.manifests import Object
from tests.support.rendering import CaseRenderer, ChartRenderer, Rendered


def spec(rendered: Rendered) -> Object:
    found: Object = rendered.one("HorizontalPodAutoscaler")["spec"]
    return found


def utilization(resource: str, percent: int) -> Object:
    target = {"type": "Utilization", "averageUtilization": percent}
    return {"type": "Resource", "resource": {"name": resource, "target": target}}


def test_there_is_no_autoscaler_by_default(render_case: CaseRenderer) -> None:
    assert render_case("defaults").all("HorizontalPodAutoscaler") == {}


def test_the_autoscaler_scales_the_deployment_by_cpu_from_2_to_20_pods(render_case: CaseRenderer) -> None:
    rendered = render_case("api")
    assert spec(rendered) == {
        "scaleTargetRef": {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "name": rendered.one("Deployment")["metadata"]["name"],
        },
        "minReplicas": 2,
        "maxReplicas": 20,
        "metrics": [utilization("cpu", 70)],
    }


def test_memory_and_further_metrics_follow_cpu(render_case: CaseRenderer) -> None:
    metrics = spec(render_case("autoscaling"))["metrics"]
    assert metrics[:2] == [utilization("cpu", 70), utilization("memory", 80)]
    assert [metric["type"] for metric in metrics[2:]] == ["Pods", "ContainerResource"]


def test_a_quantity_in_a_metric_stays_text(render_case: CaseRenderer) -> None:
    metric = spec(render_case("autoscaling"))["metrics"][2]
    assert metric["pods"]["target"] == {"type": "AverageValue", "averageValue": "100"}


def test_the_behavior_is_rendered_as_written(render_case: CaseRenderer) -> None:
    assert spec(render_case("autoscaling"))["behavior"] == {
        "scaleDown": {
            "stabilizationWindowSeconds": 600,
            "policies": [{"type": "Pods", "value": 1, "periodSeconds": 60}],
        }
    }


def test_min_replicas_may_be_zero(render_chart: ChartRenderer) -> None:
    external = "{type: External, external: {metric: {name: jobs}, target: {type: Value, value: 1}}}"
    rendered = render_chart(f"autoscaling: {{enabled: true, minReplicas: 0, metrics: [{external}]}}")
    assert spec(rendered)["minReplicas"] == 0


def test_with_an_external_autoscaler_the_chart_makes_none(render_chart: ChartRenderer) -> None:
    assert render_chart("autoscaling: {enabled: true, external: true}").all("HorizontalPodAutoscaler") == {}


def test_an_external_autoscaler_finds_a_deployment_without_replicas(render_case: CaseRenderer) -> None:
    rendered = render_case("autoscaling-external")
    assert "replicas" not in rendered.deployment
    target = rendered.one("ScaledObject")["spec"]["scaleTargetRef"]["name"]
    assert target == rendered.one("Deployment")["metadata"]["name"]
