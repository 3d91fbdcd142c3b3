"""Services, routes, monitors and policies that do not match the pods and ports of their release are found."""

from __future__ import annotations

import pytest

from tests.support.related_objects import LABELS, STREAM, findings

DEPLOYMENT = "apps/v1 Deployment api"
SERVICE = "v1 Service api: spec"
ROUTE = "gateway.networking.k8s.io/v1 HTTPRoute api: spec"
MONITOR = "monitoring.coreos.com/v1 "
POLICY = "networking.k8s.io/v1 NetworkPolicy api: spec"
CLOSED = "leads to a port to which no NetworkPolicy allows ingress"
ONE_SERVING = "it must match those of one Deployment or StatefulSet or DaemonSet"
INGRESS = "networking.k8s.io/v1 Ingress api: spec"


@pytest.mark.parametrize(
    ("right", "wrong", "finding"),
    [
        (
            "targetPort: web",
            "targetPort: early",
            f"{SERVICE}.ports[0].targetPort: no container has a port named 'early'",
        ),
        (
            "selector: {app.kubernetes.io/name: api",
            "selector: {app.kubernetes.io/name: app",
            f"{SERVICE}.selector: matches the pods of no workload; {ONE_SERVING}",
        ),
        (
            "port: {name: http}",
            "port: {name: https}",
            f"{INGRESS}.rules[0].http.paths[0].backend.service: Service 'api' has no TCP port https",
        ),
        (
            "port: {number: 81}",
            "port: {number: 8000}",
            f"{INGRESS}.rules[0].http.paths[1].backend.service: Service 'api' has no TCP port 8000",
        ),
        (
            "port: {number: 81}",
            "port: {name: https, number: 81}",
            f"{INGRESS}.rules[0].http.paths[1].backend.service: Service 'api' has no TCP port https 81",
        ),
        (
            "{name: elsewhere,",
            "{name: api-other,",
            f"{INGRESS}.defaultBackend.service: there is no Service 'api-other'",
        ),
        (
            "{name: api, port: 80}, {name: other",
            "{name: api, port: 8000}, {name: other",
            f"{ROUTE}.rules[0].backendRefs[0]: Service 'api' has no TCP port 8000",
        ),
        (
            "{backendRef: {name: api,",
            "{backendRef: {name: api-shadow,",
            f"{ROUTE}.rules[0].filters[0].requestMirror.backendRef: there is no Service 'api-shadow'",
        ),
        (
            "{name: api-elsewhere, namespace: elsewhere}",
            "{name: api-elsewhere}",
            f"{ROUTE}.rules[1].backendRefs[0]: there is no Service 'api-elsewhere'",
        ),
        (
            "{matchLabels: {c: d}}",
            "{matchLabels: {c: e}}",
            f"{MONITOR}ServiceMonitor api: spec.selector.matchLabels: matches nothing",
        ),
        (
            "[{port: http}, {targetPort",
            "[{port: web}, {targetPort",
            f"{MONITOR}ServiceMonitor api: spec.endpoints[0].port: no selected object has a port named 'web'",
        ),
        (
            "podMetricsEndpoints: [{port: proxy}]",
            "podMetricsEndpoints: [{port: early}]",
            f"{MONITOR}PodMonitor api: spec.podMetricsEndpoints[0].port: "
            "no selected object has a port named 'early'",
        ),
        (
            "podSelector: {matchLabels: {app.kubernetes.io/instance: api}}",
            "podSelector: {matchLabels: {app.kubernetes.io/instance: app}}",
            f"{POLICY}.podSelector: matches no pods",
        ),
        ("{port: web, protocol", "{port: early, protocol", f"{SERVICE}.ports[0]: {CLOSED}"),
        ("port: 81, protocol: TCP", "port: 81, protocol: UDP", f"{SERVICE}.ports[1]: {CLOSED}"),
        ("{port: 9000}", "{port: 82}", f"{SERVICE}.ports[2]: {CLOSED}"),
    ],
)
def test_a_wrong_reference_is_the_only_finding(right: str, wrong: str, finding: str) -> None:
    assert STREAM.count(right) == 1
    assert findings(STREAM.replace(right, wrong)) == [finding]


def test_http_leads_to_no_port_of_udp() -> None:
    datagrams = STREAM.replace("{name: metrics, port: 82", "{name: metrics, protocol: UDP, port: 82")
    found = findings(datagrams.replace("port: {number: 81}", "port: {number: 82}"))
    assert f"{INGRESS}.rules[0].http.paths[1].backend.service: Service 'api' has no TCP port 82" in found


def test_a_service_must_not_select_the_pods_of_a_job() -> None:
    stream = STREAM.replace("component: app}\n  ports", "component: cron}\n  ports")
    assert findings(stream)[0] == (
        f"v1 Service api: spec.selector: matches the pods of batch/v1 CronJob api-clean; {ONE_SERVING}"
    )


def test_neither_a_service_nor_a_deployment_selects_the_pods_of_a_job_beside_its_own() -> None:
    assert findings(STREAM.replace("component: cron", "component: app")) == [
        f"{DEPLOYMENT}: spec.selector.matchLabels: matches the pods of batch/v1 CronJob api-clean too",
        f"{SERVICE}.selector: matches the pods of apps/v1 Deployment api and of "
        f"batch/v1 CronJob api-clean; {ONE_SERVING}",
    ]


def test_a_service_without_selector_needs_no_pods() -> None:
    stream = STREAM + (
        "---\n{apiVersion: v1, kind: Service, metadata: {name: db}, spec: {externalName: db.example.com}}\n"
    )
    assert findings(stream) == []


@pytest.mark.parametrize(
    "rule",
    [
        "ingress: [{}]",
        "policyTypes: [Egress]",
        "ingress: [{ports: [{protocol: TCP}]}]",
        "ingress: [{from: []}]",
    ],
)
def test_a_policy_that_does_not_restrict_ingress_allows_every_port(rule: str) -> None:
    head, _, rest = STREAM.partition("  ingress:\n")
    assert findings(f"{head}  {rule}\n---{rest.partition('---')[2]}") == []


def without_policy() -> str:
    head, _, rest = STREAM.partition("apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy")
    return head + rest.partition("---\n")[2]


def test_pods_without_a_policy_accept_every_port() -> None:
    assert findings(without_policy()) == []


POLICY_OF = """
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: closed}
spec: {podSelector: {matchLabels: {LABELS}}}
"""


def test_a_policy_of_other_pods_closes_no_port_and_one_with_all_labels_of_the_pods_closes_each() -> None:
    assert findings(without_policy() + POLICY_OF.replace("LABELS", "a: c")) == []
    assert findings(without_policy() + POLICY_OF.replace("LABELS", f"{LABELS}: app, a: b")) == [
        f"{SERVICE}.ports[{number}]: {CLOSED}" for number in range(3)
    ]


def test_a_service_port_without_target_leads_to_the_same_port_of_the_pods() -> None:
    assert (
        findings(
            STREAM.replace("port: 82, targetPort: 9000", "port: 9000").replace("port: 82}}", "port: 9000}}")
        )
        == []
    )


def test_a_policy_allows_a_port_that_no_container_declares_by_its_protocol_too() -> None:
    datagrams = STREAM.replace("port: 82, targetPort", "protocol: UDP, port: 82, targetPort")
    datagrams = datagrams.replace("port: 82}}", "port: 81}}")
    assert findings(datagrams) == [f"{SERVICE}.ports[2]: {CLOSED}"]
    assert findings(datagrams.replace("{port: 9000}", "{port: 9000, protocol: UDP}")) == []
