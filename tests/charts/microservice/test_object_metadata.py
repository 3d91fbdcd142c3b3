"""Annotations and labels of single objects, written in the block of each."""

from __future__ import annotations

import pytest

from ci.kubernetes.manifests import Object
from tests.support.rendering import CaseRenderer, ChartRenderer

# The annotation `scope` of the objects of the case; a migration's copies are made of the same blocks.
ANNOTATIONS = {
    "ClusterRole": {"rights"},
    "ClusterRoleBinding": {"rights"},
    "ConfigMap": {"config"},
    "CronJob": {"cron"},
    "Deployment": {"deployment"},
    "ExternalSecret": {"external"},
    "HorizontalPodAutoscaler": {"autoscaler"},
    "HTTPRoute": {"route"},
    "Ingress": {"ingress"},
    "Job": {"migration"},
    "NetworkPolicy": {"policy"},
    "PersistentVolumeClaim": {"claim"},
    "Pod": {"all"},
    "PodDisruptionBudget": {"budget"},
    "PodMonitor": {"pod-monitor"},
    "PrometheusRule": {"metrics"},
    "Role": {"rights"},
    "RoleBinding": {"rights"},
    "Secret": {"secret"},
    "SecretStore": {"external"},
    "Service": {"service"},
    "ServiceAccount": {"account"},
    "ServiceMonitor": {"service-monitor"},
}
LABELS = ANNOTATIONS | {"Pod": {None}, "PodMonitor": {"metrics"}, "PrometheusRule": {"service-monitor"}}


def metadata(case: CaseRenderer, kind: str) -> list[Object]:
    return [found["metadata"] for found in case("metadata").all(kind).values()]


def test_the_case_has_every_kind_of_the_chart(render_case: CaseRenderer) -> None:
    assert {key.kind for key in render_case("metadata").objects} == ANNOTATIONS.keys()


@pytest.mark.parametrize("kind", ANNOTATIONS)
def test_each_object_has_the_annotations_and_labels_of_its_block(
    kind: str, render_case: CaseRenderer
) -> None:
    found = metadata(render_case, kind)
    assert {each["annotations"]["scope"] for each in found} == ANNOTATIONS[kind]
    assert {each["labels"].get("scope") for each in found} == LABELS[kind]
    assert all(each["labels"]["team"] == "payments" for each in found)
    assert all(each["annotations"]["contact"] == "payments@example.com" for each in found)


def test_the_pods_have_none_of_them(render_case: CaseRenderer) -> None:
    rendered = render_case("metadata")
    jobs = [rendered.one("CronJob")["spec"]["jobTemplate"], rendered.one("Job")]
    templates = [rendered.one("Deployment"), *jobs]
    for template in templates:
        found = template["spec"]["template"]["metadata"]
        assert found["annotations"]["scope"] == "all"
        assert "scope" not in found["labels"]


def test_what_helm_reads_stays_the_charts(render_chart: ChartRenderer) -> None:
    rendered = render_chart(
        "config: {data: {A: b}, versioned: true, annotations: {helm.sh/resource-policy: delete}, "
        "labels: {microservice/versioned: other}}\n"
        "networkPolicy: {annotations: {helm.sh/hook: pre-delete}}\n"
        "migration: {enabled: true, args: [a], annotations: {helm.sh/hook: post-delete}}"
    )
    (settings,) = (each for name, each in rendered.all("ConfigMap").items() if "migration" not in name)
    assert settings["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"
    assert settings["metadata"]["labels"]["microservice/versioned"] == "true"
    assert rendered.all("NetworkPolicy")["api-test"]["metadata"]["annotations"]["helm.sh/hook"] == "test"
    hook = rendered.one("Job")["metadata"]["annotations"]["helm.sh/hook"]
    assert hook == "pre-install,pre-upgrade"
