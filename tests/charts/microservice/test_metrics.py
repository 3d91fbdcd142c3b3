"""Monitoring by the Prometheus Operator: what is asked, at which port, and by which Prometheus."""

from __future__ import annotations

import pytest

from ci.kubernetes.manifests import Object
from tests.support.rendering import CaseRenderer, ChartRenderer, Rendered

MONITORS = {"ServiceMonitor": "endpoints", "PodMonitor": "podMetricsEndpoints"}


def endpoint(rendered: Rendered, kind: str) -> Object:
    found: Object
    (found,) = rendered.one(kind)["spec"][MONITORS[kind]]
    return found


def labels(rendered: Rendered, kind: str) -> Object:
    found: Object = rendered.one(kind)["metadata"]["labels"]
    return found


@pytest.mark.parametrize("kind", [*MONITORS, "PrometheusRule"])
def test_there_is_no_monitor_by_default(
    kind: str, render_case: CaseRenderer, render_chart: ChartRenderer
) -> None:
    assert render_case("defaults").all(kind) == {}
    assert render_chart("metrics: {serviceMonitor: null, podMonitor: null, rules: null}").all(kind) == {}


@pytest.mark.parametrize("kind", MONITORS)
def test_a_monitor_scrapes_the_main_port_every_half_minute(kind: str, render_chart: ChartRenderer) -> None:
    rendered = render_chart(f"metrics: {{{kind[0].lower()}{kind[1:]}: {{enabled: true}}}}")
    assert endpoint(rendered, kind) == {"port": "http", "path": "/metrics", "interval": "30s"}


def test_another_port_and_further_fields_are_rendered_as_written(render_case: CaseRenderer) -> None:
    rendered = render_case("metrics")
    service, pod = endpoint(rendered, "ServiceMonitor"), endpoint(rendered, "PodMonitor")
    assert (service["port"], service["path"], service["scrapeTimeout"]) == ("metrics", "/metrics", "5s")
    assert service["relabelings"] == [{"action": "labeldrop", "regex": "pod_template_hash"}]
    assert service["tlsConfig"] == {"ca": {"secret": {"name": "ca", "key": "ca.crt"}}}
    assert pod == {"port": "admin", "path": "/stats/prometheus", "interval": "1m", "honorLabels": True}


def test_further_endpoints_follow_as_written_at_the_main_port_unless_they_name_another(
    render_case: CaseRenderer,
) -> None:
    rendered = render_case("metrics-endpoints")
    assert rendered.one("ServiceMonitor")["spec"]["endpoints"][1:] == [
        {"port": "http", "path": "/stats", "interval": "1m"},
        {"port": "metrics", "path": "/slow", "scrapeTimeout": "20s", "honorTimestamps": False},
    ]
    assert rendered.one("PodMonitor")["spec"]["podMetricsEndpoints"][1:] == [{"port": "metrics"}]


def test_fields_of_a_monitor_are_beside_its_endpoints(render_case: CaseRenderer) -> None:
    rendered = render_case("metrics-endpoints")
    service, pod = rendered.one("ServiceMonitor")["spec"], rendered.one("PodMonitor")["spec"]
    assert service["jobLabel"] == "app.kubernetes.io/name"
    assert (service["sampleLimit"], service["targetLabels"]) == (1000000, ["team"])
    assert pod.keys() == {"attachMetadata", "bodySizeLimit", "podMetricsEndpoints", "selector"}
    assert pod["attachMetadata"] == {"node": True}


def test_monitors_select_the_service_and_the_applications_pods_alone(render_case: CaseRenderer) -> None:
    rendered = render_case("metrics")
    own = rendered.deployment["selector"]
    assert rendered.one("ServiceMonitor")["spec"]["selector"] == own
    assert rendered.one("PodMonitor")["spec"]["selector"] == own
    assert own["matchLabels"].items() <= labels(rendered, "Service").items()
    assert not own["matchLabels"].items() <= labels(rendered, "Pod").items()


def test_the_network_policy_admits_scrapes(render_case: CaseRenderer) -> None:
    policy = render_case("metrics").all("NetworkPolicy")["metrics"]["spec"]["ingress"]
    assert {port["port"] for port in policy[0]["ports"]} >= {9102, 9901}


def test_each_monitor_has_the_labels_by_which_its_prometheus_finds_it(render_case: CaseRenderer) -> None:
    rendered = render_case("metrics")
    assert labels(rendered, "ServiceMonitor")["scope"] == "services"
    assert labels(rendered, "PodMonitor")["scope"] == "pods"
    assert labels(rendered, "PrometheusRule")["release"] == "prometheus"


def test_rules_have_the_labels_of_disabled_monitors_too(render_chart: ChartRenderer) -> None:
    rendered = render_chart("metrics: {podMonitor: {labels: {release: p}}, rules: [{record: a, expr: 1}]}")
    assert labels(rendered, "PrometheusRule")["release"] == "p"
    assert rendered.all("PodMonitor") == {}


def test_rules_are_one_group_and_templates_in_them_are_left_to_prometheus(
    render_case: CaseRenderer,
) -> None:
    (group,) = render_case("metrics").one("PrometheusRule")["spec"]["groups"]
    assert group["name"] == "metrics"
    down, requests = group["rules"]
    assert down["annotations"] == {"summary": "{{ $labels.pod }} does not answer: {{ $value }}"}
    assert requests == {"record": "api:requests:rate5m", "expr": "sum(rate(http_requests_total[5m]))"}


@pytest.mark.parametrize(
    "values",
    [
        "{service: {enabled: false}, metrics: {serviceMonitor: {enabled: true}}}",
        "{ports: {http: {servicePort: null}}, metrics: {serviceMonitor: {enabled: true}}}",
        "metrics: {serviceMonitor: {enabled: true, port: nowhere}}",
        "metrics: {podMonitor: {enabled: true, port: nowhere}}",
        "{ports: {http: null}, metrics: {podMonitor: {enabled: true}}}",
        "{initContainers: [{name: a, image: 'a:1', ports: [{name: nowhere, containerPort: 1}]}], "
        "metrics: {podMonitor: {enabled: true, port: nowhere}}}",
    ],
)
def test_a_port_that_is_not_there_is_refused(values: str, render_chart: ChartRenderer) -> None:
    (problem,) = render_chart.problems(values)
    assert problem.startswith("metrics.")
    assert ".port: " in problem


def test_an_extra_containers_port_can_be_scraped(render_chart: ChartRenderer) -> None:
    rendered = render_chart("""
        extraContainers: [{name: exporter, image: "a:1", ports: [{name: exporter, containerPort: 1}]}]
        metrics: {podMonitor: {enabled: true, port: exporter}}
    """)
    assert endpoint(rendered, "PodMonitor")["port"] == "exporter"


def test_an_endpoint_has_the_defaults_that_the_api_server_would_add(render_chart: ChartRenderer) -> None:
    rendered = render_chart("""
    metrics:
      serviceMonitor:
        enabled: true
        relabelings: [{targetLabel: team, replacement: shop}, {action: keep, sourceLabels: [a], regex: null}]
        oauth2: {proxyConnectHeader: {X: [{key: a}]}}
    """)
    (endpoint,) = rendered.one("ServiceMonitor")["spec"]["endpoints"]
    assert endpoint["relabelings"] == [
        {"targetLabel": "team", "replacement": "shop", "action": "replace"},
        {"action": "keep", "sourceLabels": ["a"]},
    ]
    assert endpoint["oauth2"]["proxyConnectHeader"] == {"X": [{"key": "a", "name": ""}]}
