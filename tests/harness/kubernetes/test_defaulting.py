"""Settings that the API server makes equal have the same essential part, others have not."""

from __future__ import annotations

from typing import Any

import pytest

from ci.base import kubernetes_yaml
from ci.kubernetes import defaulting
from ci.kubernetes.manifests import Object


def deployment(pod: str = "", spec: str = "") -> Object:
    text = f"{{kind: Deployment, metadata: {{name: api}}, spec: {{template: {{spec: {{{pod}}}}}, {spec}}}}}"
    loaded: Object = kubernetes_yaml.load(text, "test")
    return loaded


def container(fields: str) -> Object:
    return deployment(f"containers: [{{name: api, image: 'api:1', {fields}}}]")


def service(spec: str) -> Object:
    loaded: Object = kubernetes_yaml.load(
        f"{{kind: Service, metadata: {{name: api}}, spec: {{{spec}}}}}", "test"
    )
    return loaded


EQUAL: list[tuple[Object, Object]] = [
    (deployment(spec="replicas: 1"), deployment()),
    (deployment(spec="strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 25%}}"), deployment()),
    (deployment("dnsPolicy: ClusterFirst, restartPolicy: Always, securityContext: {}"), deployment()),
    (deployment("serviceAccount: shop"), deployment("serviceAccountName: shop")),
    (container("imagePullPolicy: IfNotPresent, args: [], env: null"), container("")),
    (
        container("resources: {requests: {cpu: 500m, memory: 1Gi}}"),
        container("resources: {requests: {memory: 1073741824, cpu: 0.5}}"),
    ),
    (
        container("resources: {limits: {cpu: 1}}"),
        container("resources: {limits: {cpu: 1}, requests: {cpu: 1}}"),
    ),
    (
        container("env: [{name: A, value: '1'}, {name: B}]"),
        container("env: [{name: B, value: ''}, {name: A, value: '1'}]"),
    ),
    (
        container("readinessProbe: {httpGet: {port: 80}, timeoutSeconds: 1}"),
        container("readinessProbe: {httpGet: {port: 80, path: /, scheme: HTTP}}"),
    ),
    (container("ports: [{containerPort: 80}]"), container("ports: [{containerPort: 80, protocol: TCP}]")),
    (service("ports: [{port: 80}]"), service("type: ClusterIP, ports: [{port: 80, targetPort: 80}]")),
    (
        {"kind": "Secret", "metadata": {"name": "a"}, "stringData": {"a": "b"}},
        {"kind": "Secret", "metadata": {"name": "a"}, "type": "Opaque", "data": {"a": "Yg=="}},
    ),
]
DIFFERENT: list[tuple[Object, Object]] = [
    (deployment(spec="replicas: 0"), deployment()),
    (container("imagePullPolicy: Always"), container("")),
    (container("env: [{name: A, value: '1'}]"), container("env: [{name: A, value: '2'}]")),
    (container("resources: {limits: {cpu: 1}}"), container("resources: {requests: {cpu: 1}}")),
    (container("args: [a, b]"), container("args: [b, a]")),
    (container("ports: [{containerPort: 80}]"), container("ports: [{containerPort: 80, protocol: UDP}]")),
    (deployment("volumes: [{name: a, emptyDir: {}}]"), deployment("volumes: [{name: a}]")),
]


@pytest.mark.parametrize(("one", "other"), EQUAL)
def test_equal_settings_have_the_same_essential_part(one: Object, other: Object) -> None:
    assert defaulting.essential(one) == defaulting.essential(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_different_settings_have_not(one: Object, other: Object) -> None:
    assert defaulting.essential(one) != defaulting.essential(other)


def test_what_a_server_wrote_is_left_out() -> None:
    live: dict[str, Any] = service("clusterIP: 10.0.0.7, clusterIPs: [10.0.0.7], ports: [{port: 80}]")
    live["metadata"] |= {
        "uid": "1",
        "resourceVersion": "2",
        "annotations": {"deployment.kubernetes.io/revision": "1"},
    }
    live["status"] = {"loadBalancer": {}}
    assert defaulting.essential(live) == defaulting.essential(service("ports: [{port: 80}]"))


@pytest.mark.parametrize(
    ("written", "number"), [("100m", "0.1"), ("0.1", "0.1"), ("1Ki", "1024"), (2, "2"), ("x", "x")]
)
def test_a_quantity_is_a_decimal_number(written: object, number: str) -> None:
    assert defaulting.quantity(written) == number
