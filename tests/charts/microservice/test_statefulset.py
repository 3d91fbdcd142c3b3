"""A StatefulSet in place of the Deployment: pods with names of their own, each with its own claims."""

from __future__ import annotations

import pytest

from ci.kubernetes.manifests import Object
from tests.support.rendering import CaseRenderer, ChartRenderer, Rendered

STATEFUL = "kind: StatefulSet"
DATA = "volumes: {data: {claim: {size: 1Gi}, mountPath: /data}}"


def stateful_set(rendered: Rendered) -> Object:
    spec: Object = rendered.one("StatefulSet")["spec"]
    return spec


def test_it_takes_the_place_of_the_deployment(render_chart: ChartRenderer) -> None:
    deployed, stateful = render_chart(), render_chart(STATEFUL)
    changed = set(deployed.objects) ^ set(stateful.objects)
    assert {(key.kind, key.name) for key in changed} == {
        ("Deployment", "api"),
        ("StatefulSet", "api"),
        ("Service", "api-headless"),
    }


def test_null_means_a_deployment(render_chart: ChartRenderer) -> None:
    assert render_chart(STATEFUL, "kind: null").stream == render_chart().stream


def test_its_pods_differ_from_the_deployments_only_in_how_they_spread(render_chart: ChartRenderer) -> None:
    deployed, stateful = render_chart().deployment, stateful_set(render_chart(STATEFUL))
    constraints = deployed["template"]["spec"]["topologySpreadConstraints"]
    for constraint in constraints:
        assert constraint.pop("matchLabelKeys") == ["pod-template-hash"]
    assert stateful["template"] == deployed["template"]
    assert stateful["selector"] == deployed["selector"]


def test_one_pod_is_replaced_at_a_time_and_a_broken_version_can_be_rolled_back(
    render_chart: ChartRenderer,
) -> None:
    stateful = stateful_set(render_chart(STATEFUL))
    assert stateful["updateStrategy"] == {"type": "RollingUpdate"}
    assert stateful["podManagementPolicy"] == "Parallel"


@pytest.mark.parametrize(
    ("written", "rendered"),
    [
        ("{maxUnavailable: 2}", {"maxUnavailable": 2}),
        ("{maxUnavailable: 50%}", {"maxUnavailable": "50%"}),
        ("{maxUnavailable: 0%}", None),
        ("{maxUnavailable: null}", None),
        ("null", None),
    ],
)
def test_several_pods_are_replaced_at_a_time_where_that_is_written(
    written: str, rendered: Object | None, render_chart: ChartRenderer
) -> None:
    stateful = stateful_set(render_chart(STATEFUL, f"strategy: {{rollingUpdate: {written}}}"))
    assert stateful["updateStrategy"].get("rollingUpdate") == rendered


def test_the_pace_of_a_rollout_and_its_history_are_rendered_as_written(render_chart: ChartRenderer) -> None:
    stateful = stateful_set(render_chart(STATEFUL, "{minReadySeconds: 900, revisionHistoryLimit: 0}"))
    assert [stateful[field] for field in ("replicas", "minReadySeconds", "revisionHistoryLimit")] == [
        3,
        900,
        0,
    ]
    assert "progressDeadlineSeconds" not in stateful


def test_annotations_of_the_deployment_are_on_it(render_chart: ChartRenderer) -> None:
    rendered = render_chart(STATEFUL, "deploymentAnnotations: {a: b}")
    assert rendered.one("StatefulSet")["metadata"]["annotations"] == {"a": "b"}


def test_its_pods_find_each_other_before_they_are_ready(render_case: CaseRenderer) -> None:
    rendered = render_case("stateful")
    headless = rendered.all("Service")["stateful-headless"]["spec"]
    assert stateful_set(rendered)["serviceName"] == "stateful-headless"
    assert (headless["clusterIP"], headless["publishNotReadyAddresses"]) == ("None", True)
    assert headless["selector"] == stateful_set(rendered)["selector"]["matchLabels"]


def test_behind_its_pods_names_are_the_ports_of_the_container(render_chart: ChartRenderer) -> None:
    rendered = render_chart(STATEFUL, "ports: {gossip: {containerPort: 7946, protocol: UDP}}")
    assert rendered.all("Service")["api-headless"]["spec"]["ports"] == [
        {"name": "gossip", "port": 7946, "targetPort": "gossip", "protocol": "UDP"},
        {"name": "http", "port": 8000, "targetPort": "http", "protocol": "TCP"},
    ]
    assert [port["port"] for port in rendered.all("Service")["api"]["spec"]["ports"]] == [80]


@pytest.mark.parametrize("without", ["ports: {http: null}", "service: {enabled: false}"])
def test_its_pods_have_names_without_a_port_or_the_service_too(
    without: str, render_chart: ChartRenderer
) -> None:
    assert render_chart(STATEFUL, without).all("Service").keys() == {"api-headless"}


def test_a_monitor_does_not_find_the_pods_a_second_time(render_case: CaseRenderer) -> None:
    rendered = render_case("stateful")
    wanted = rendered.one("ServiceMonitor")["spec"]["selector"]["matchLabels"].items()
    found = [
        name
        for name, service in rendered.all("Service").items()
        if wanted <= service["metadata"]["labels"].items()
    ]
    assert found == ["stateful"]


def test_each_pod_has_a_claim_of_its_own(render_chart: ChartRenderer) -> None:
    claim = "{size: 1Gi, storageClassName: fast, labels: {tier: db}, annotations: {backup: daily}}"
    rendered = render_chart(STATEFUL, f"volumes: {{data: {{claim: {claim}, mountPath: /data}}}}")
    assert stateful_set(rendered)["volumeClaimTemplates"] == [
        {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {"name": "data", "labels": {"tier": "db"}, "annotations": {"backup": "daily"}},
            "spec": {
                "accessModes": ["ReadWriteOnce"],
                "storageClassName": "fast",
                "resources": {"requests": {"storage": "1Gi"}},
            },
        }
    ]
    assert rendered.all("PersistentVolumeClaim") == {}
    pod = stateful_set(rendered)["template"]["spec"]
    assert [volume["name"] for volume in pod["volumes"]] == ["tmp"]
    assert {"name": "data", "mountPath": "/data"} in pod["containers"][0]["volumeMounts"]


def test_nothing_that_a_new_version_changes_is_in_a_claims_template(render_chart: ChartRenderer) -> None:
    """Kubernetes refuses every change of it."""
    labelled = render_chart(STATEFUL, DATA, "{commonLabels: {team: a}, commonAnnotations: {team: a}}")
    templates = stateful_set(labelled)["volumeClaimTemplates"]
    assert templates == stateful_set(render_chart(STATEFUL, DATA))["volumeClaimTemplates"]
    assert templates[0]["metadata"] == {"name": "data"}


def test_claims_outlive_it_unless_they_are_not_to_be_retained(render_chart: ChartRenderer) -> None:
    kept = stateful_set(render_chart(STATEFUL, DATA))
    deleted = stateful_set(render_chart(STATEFUL, DATA, "volumes: {data: {claim: {retain: false}}}"))
    assert "persistentVolumeClaimRetentionPolicy" not in kept
    assert deleted["persistentVolumeClaimRetentionPolicy"] == {
        "whenDeleted": "Delete",
        "whenScaled": "Retain",
    }


def test_a_disabled_volume_makes_no_claim(render_chart: ChartRenderer) -> None:
    rendered = render_chart(STATEFUL, DATA, "volumes: {data: {enabled: false}}")
    assert "volumeClaimTemplates" not in stateful_set(rendered)


def test_a_job_writes_its_temporary_files_beside_the_claim_for_those_of_the_pods(
    render_chart: ChartRenderer,
) -> None:
    job = "cronJobs: {clean: {schedule: '@daily', command: [clean]}}"
    rendered = render_chart(STATEFUL, "volumes: {tmp: {claim: {size: 1Gi}}}", job)
    pod = rendered.one("CronJob")["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    assert [sorted(volume) for volume in pod["volumes"]] == [["emptyDir", "name"]]


def test_workers_beside_it_are_deployments(render_chart: ChartRenderer) -> None:
    rendered = render_chart(
        STATEFUL, DATA, "workers: {mail: {command: [mail], autoscaling: {enabled: true}}}"
    )
    worker = rendered.one("Deployment")
    assert worker["metadata"]["name"] == "api-mail"
    assert rendered.one("HorizontalPodAutoscaler")["spec"]["scaleTargetRef"]["kind"] == "Deployment"
    assert [volume["name"] for volume in worker["spec"]["template"]["spec"]["volumes"]] == ["tmp"]
    constraints = worker["spec"]["template"]["spec"]["topologySpreadConstraints"]
    assert all(constraint["matchLabelKeys"] for constraint in constraints)


def test_the_autoscaler_scales_it(render_case: CaseRenderer) -> None:
    rendered = render_case("stateful")
    target = rendered.one("HorizontalPodAutoscaler")["spec"]["scaleTargetRef"]
    assert target == {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "stateful"}
    assert "replicas" not in stateful_set(rendered)


def test_its_pods_may_always_reach_each_other(render_case: CaseRenderer) -> None:
    rendered = render_case("stateful")
    policy = rendered.all("NetworkPolicy")["stateful"]["spec"]
    peers = {"podSelector": stateful_set(rendered)["selector"]}
    (ingress,) = policy["ingress"]
    assert peers in ingress["from"]
    assert {"to": [peers], "ports": ingress["ports"]} in policy["egress"]
    assert [port["port"] for port in ingress["ports"]] == [8000, 7000]


def test_versioned_settings_have_their_real_names_in_it(render_case: CaseRenderer) -> None:
    rendered = render_case("stateful")
    (container,) = stateful_set(rendered)["template"]["spec"]["containers"]
    (name,) = rendered.all("ConfigMap")
    assert container["envFrom"] == [{"configMapRef": {"name": name}}]
