"""Wrong references of selectors, budgets, autoscalers, bindings, mounts and probes are found."""

from __future__ import annotations

import pytest

from ci.checks import references
from ci.kubernetes.manifests import parse
from tests.support.related_objects import STREAM, findings

DEPLOYMENT = "apps/v1 Deployment api: spec"
POD = f"{DEPLOYMENT}.template.spec"
APP = f"{POD}.containers[0]"


def test_nothing_is_found_in_a_correct_stream() -> None:
    assert findings(STREAM) == []


@pytest.mark.parametrize(
    ("right", "wrong", "finding"),
    [
        (
            "component: app}\n  template",
            "component: app, a: b}\n  template",
            f"{DEPLOYMENT}.selector.matchLabels: must consist of app.kubernetes.io/component, "
            "app.kubernetes.io/instance, app.kubernetes.io/name only, since it is immutable",
        ),
        (
            "matchLabels: {app.kubernetes.io/name: api",
            "matchLabels: {app.kubernetes.io/name: app",
            f"{DEPLOYMENT}.selector.matchLabels: does not match the labels of its own pods",
        ),
        (
            "httpGet: {port: web}",
            "httpGet: {port: http}",
            f"{APP}.readinessProbe.httpGet.port: the container has no port named 'http'",
        ),
        (
            "{httpGet: {port: 8000}}",
            "{tcpSocket: {port: x}}",
            f"{APP}.lifecycle.preStop.tcpSocket.port: the container has no port named 'x'",
        ),
        (
            "{name: data, mountPath",
            "{name: date, mountPath",
            f"{APP}.volumeMounts[0]: no volume is named 'date'",
        ),
        (
            "maxUnavailable: 1, selector: {matchLabels: {a: b}}",
            "maxUnavailable: 1, selector: {matchLabels: {a: c}}",
            "policy/v1 PodDisruptionBudget api: spec.selector.matchLabels: matches the pods of no workload; "
            "it must match those of one Deployment or StatefulSet or DaemonSet",
        ),
        (
            "kind: ClusterRole\n",
            "kind: Role\n",
            "rbac/v1 ClusterRoleBinding ns-api: roleRef: there is no ClusterRole 'ns-api'",
        ),
        (
            "{kind: ServiceAccount, name: api}",
            "{kind: ServiceAccount, name: api-sa}",
            "rbac/v1 ClusterRoleBinding ns-api: subjects[2]: there is no ServiceAccount 'api-sa'",
        ),
        (
            "{scaleTargetRef: {name: api}}",
            "{scaleTargetRef: {name: api-worker}}",
            "keda.sh/v1alpha1 ScaledObject k: spec.scaleTargetRef: there is no Deployment 'api-worker'",
        ),
        (
            "kind: Deployment, name: api}",
            "kind: StatefulSet, name: api}",
            "autoscaling/v2 HorizontalPodAutoscaler api: spec.scaleTargetRef: there is no StatefulSet 'api'",
        ),
        (
            "kind: CronJob\nmetadata: {name: api-clean}",
            "kind: Service\nmetadata: {name: api}",
            "batch/v1 Service api: metadata.name: v1 Service api is the same object in another version",
        ),
    ],
)
def test_a_wrong_reference_is_the_only_finding(right: str, wrong: str, finding: str) -> None:
    assert STREAM.count(right) == 1
    assert findings(STREAM.replace(right, wrong)) == [finding]


# A StatefulSet with a name and a claim for each of its pods.
STATEFUL = """
apiVersion: v1
kind: Service
metadata: {name: api-headless}
spec: {clusterIP: None, selector: {app.kubernetes.io/name: api}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: api}
spec:
  serviceName: api-headless
  selector:
    matchLabels: &labels
      app.kubernetes.io/name: api
      app.kubernetes.io/instance: api
      app.kubernetes.io/component: app
  template:
    metadata: {labels: *labels}
    spec: {containers: [{name: api, volumeMounts: [{name: data, mountPath: /data}]}]}
  volumeClaimTemplates: [{metadata: {name: data}}]
"""


@pytest.mark.parametrize(
    ("right", "wrong", "found"),
    [
        (
            "{name: data}",
            "{name: date}",
            ["template.spec.containers[0].volumeMounts[0]: no volume is named 'data'"],
        ),
        ("name: api-headless}", "name: peers}", ["serviceName: there is no headless Service 'api-headless'"]),
        ("clusterIP: None", "clusterIP: ''", ["serviceName: there is no headless Service 'api-headless'"]),
        ("{app.kubernetes.io/name: api}}", "{}}", []),
    ],
)
def test_the_pods_of_a_stateful_set_have_their_names_and_claims(
    right: str, wrong: str, found: list[str]
) -> None:
    assert findings(STATEFUL) == []
    assert findings(STATEFUL.replace(right, wrong)) == [
        f"apps/v1 StatefulSet api: spec.{each}" for each in found
    ]


def test_a_stateful_set_that_is_not_the_releases_needs_no_headless_service() -> None:
    foreign = STATEFUL.replace(
        "kind: StatefulSet\nmetadata: {name: api}", "kind: StatefulSet\nmetadata: {name: db}"
    )
    assert findings(foreign.replace("clusterIP: None", "clusterIP: ''")) == []


def test_a_headless_service_selects_the_pods_that_it_names() -> None:
    assert findings(STATEFUL.replace("{app.kubernetes.io/name: api}}", "{app.kubernetes.io/name: db}}"))[
        1:
    ] == ["apps/v1 StatefulSet api: spec.serviceName: Service 'api-headless' does not select the pods"]
    labels = "app.kubernetes.io/name: api, app.kubernetes.io/instance: api, app.kubernetes.io/component: app"
    assert findings(STATEFUL.replace("{app.kubernetes.io/name: api}}", f"{{{labels}}}}}")) == []


@pytest.mark.parametrize(
    "right",
    ["{startupProbe: HANDLER}", "{livenessProbe: HANDLER}", "{lifecycle: {postStart: HANDLER}}"],
)
@pytest.mark.parametrize("action", ["httpGet", "tcpSocket"])
def test_a_handler_names_a_port_of_its_container(right: str, action: str) -> None:
    own = right[1:-1].replace("HANDLER", f"{{{action}: {{port: web}}}}")
    container = f"{{name: api, {own}, ports: [{{name: web, containerPort: 1}}]}}"
    pod = f"{{apiVersion: v1, kind: Pod, metadata: {{name: api}}, spec: {{containers: [{container}]}}}}"
    path = right[1:-1].replace(": {", ".").partition(": ")[0].replace("}", "")
    assert findings(pod) == []
    assert findings(pod.replace("ports: [{name: web", "ports: [{name: http")) == [
        f"v1 Pod api: spec.containers[0].{path}.{action}.port: the container has no port named 'web'"
    ]


def test_a_block_device_is_a_volume_of_the_pod() -> None:
    devices = STATEFUL.replace(
        "volumeMounts: [{name: data, mountPath: /data}]", "volumeDevices: [{name: data}]"
    )
    assert findings(devices) == []
    assert findings(devices.replace("volumeDevices: [{name: data", "volumeDevices: [{name: date")) == [
        "apps/v1 StatefulSet api: spec.template.spec.containers[0].volumeDevices[0]: "
        "no volume is named 'date'"
    ]


def test_an_object_of_the_same_name_may_stand_in_another_namespace() -> None:
    one = "{apiVersion: v1, kind: Secret, metadata: {name: a, namespace: NAMESPACE}}"
    stream = "\n---\n".join(one.replace("NAMESPACE", name) for name in ("b", "c"))
    assert findings(stream) == []


def test_all_wrong_references_are_found_at_once() -> None:
    assert (
        len(findings(STREAM.replace("targetPort: web", "targetPort: x").replace("key: TOKEN", "key: x"))) == 2
    )


def test_two_workloads_that_select_each_others_pods_are_found() -> None:
    start = STREAM.index("apiVersion: apps/v1\nkind: Deployment")
    deployment = STREAM[start : STREAM.index("\n---", start)]
    worker = deployment.replace("metadata: {name: api}", "metadata: {name: api-mail}")
    found = findings(f"{STREAM}\n---\n{worker}")
    for name, other in (("api", "api-mail"), ("api-mail", "api")):
        assert (
            f"apps/v1 Deployment {name}: spec.selector.matchLabels: matches the pods of "
            f"apps/v1 Deployment {other} too"
        ) in found


def test_malformed_objects_are_skipped() -> None:
    spec = "spec: {template: {spec: {a: 1}}}"
    deployment = f"{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: other}}, {spec}}}"
    containers = deployment.replace("other", "another").replace("a: 1", "containers: 1")
    service = "{apiVersion: v1, kind: Service, metadata: {name: a}, spec: null}"
    assert findings(f"---\n{deployment}\n---\n{containers}\n---\n{service}") == []


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ((), ["there is no Secret 'api-secret'"]),
        (("api-secret",), ["there is no Secret 'api-secret'"]),
        (("api-database",), []),
    ],
)
def test_a_name_in_the_values_is_that_of_an_existing_object_unless_it_is_nearly_a_rendered_one(
    written: tuple[str, ...], found: list[str]
) -> None:
    name = (*written, "api-secret")[0]
    stream = STREAM.replace("secretRef: {name: shared", f"secretRef: {{name: {name}")
    assert [finding.message for finding in references.findings(parse(stream), "api", written)] == found
