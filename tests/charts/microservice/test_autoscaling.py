"""The autoscaler: what it scales, between how many pods, and by which metrics."""

from __future__ import annotations

from ci.kubernetes.manifests import Object
from tests.charts.conftest import Case, Chart, Rendered


def spec(rendered: Rendered) -> Object:
    found: Object = rendered.one("HorizontalPodAutoscaler")["spec"]
    return found


def utilization(resource: str, percent: int) -> Object:
    target = {"type": "Utilization", "averageUtilization": percent}
    return {"type": "Resource", "resource": {"name": resource, "target": target}}


def test_there_is_none_unless_asked_for(case: Case) -> None:
    assert case("defaults").all("HorizontalPodAutoscaler") == {}


def test_it_scales_the_deployment_by_cpu_from_2_to_20_pods(case: Case) -> None:
    rendered = case("api")
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


def test_memory_and_further_metrics_stand_behind_cpu(case: Case) -> None:
    metrics = spec(case("autoscaling"))["metrics"]
    assert metrics[:2] == [utilization("cpu", 70), utilization("memory", 80)]
    assert [metric["type"] for metric in metrics[2:]] == ["Pods", "ContainerResource"]


def test_a_quantity_in_a_metric_stays_text(case: Case) -> None:
    metric = spec(case("autoscaling"))["metrics"][2]
    assert metric["pods"]["target"] == {"type": "AverageValue", "averageValue": "100"}


def test_the_behavior_is_the_users(case: Case) -> None:
    assert spec(case("autoscaling"))["behavior"] == {
        "scaleDown": {
            "stabilizationWindowSeconds": 600,
            "policies": [{"type": "Pods", "value": 1, "periodSeconds": 60}],
        }
    }


def test_zero_pods_at_the_least_stays_zero(chart: Chart) -> None:
    external = "{type: External, external: {metric: {name: jobs}, target: {type: Value, value: 1}}}"
    rendered = chart(f"autoscaling: {{enabled: true, minReplicas: 0, metrics: [{external}]}}")
    assert spec(rendered)["minReplicas"] == 0


def test_where_somebody_else_scales_there_is_no_autoscaler(chart: Chart) -> None:
    assert chart("autoscaling: {enabled: true, external: true}").all("HorizontalPodAutoscaler") == {}


def test_who_scales_instead_finds_the_deployment_which_says_no_number(case: Case) -> None:
    rendered = case("autoscaling-external")
    assert "replicas" not in rendered.deployment
    target = rendered.one("ScaledObject")["spec"]["scaleTargetRef"]["name"]
    assert target == rendered.one("Deployment")["metadata"]["name"]
