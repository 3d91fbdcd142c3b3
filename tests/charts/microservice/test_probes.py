"""Whether a container is ready, alive, and has started: what is asked, and at which port."""

from __future__ import annotations

import pytest

from tests.support.rendering import CaseRenderer, ChartRenderer, with_both_engines

PROBES = {"readinessProbe", "livenessProbe", "startupProbe"}


def test_the_readiness_probe_asks_for_health_by_default(render_case: CaseRenderer) -> None:
    container = render_case("defaults").container
    assert container["readinessProbe"] == {
        "httpGet": {"path": "/health", "port": "http"},
        "initialDelaySeconds": 5,
        "periodSeconds": 10,
    }
    assert container.keys() & PROBES == {"readinessProbe"}


PORTS = """
ports: {http: {enabled: false}, web: {containerPort: 8080}, admin: {containerPort: 9100}}
mainPort: web
livenessProbe: {httpGet: {path: /live, port: admin}}
"""


def test_a_probe_asks_the_main_port(render_chart: ChartRenderer) -> None:
    assert render_chart(PORTS).container["readinessProbe"]["httpGet"]["port"] == "web"


def test_a_probe_asks_the_only_port_where_none_is_called_http(render_chart: ChartRenderer) -> None:
    alone = render_chart("ports: {http: null, web: {containerPort: 8080}}")
    assert alone.container["readinessProbe"]["httpGet"]["port"] == "web"


def test_of_several_ports_none_is_guessed_to_be_the_main_one(render_chart: ChartRenderer) -> None:
    (problem,) = render_chart.problems(PORTS.replace("mainPort: web", ""))
    assert problem.startswith("mainPort is missing: none of the ports admin, web is called http; ")


def test_a_probe_can_name_its_port(render_chart: ChartRenderer) -> None:
    assert render_chart(PORTS).container["livenessProbe"]["httpGet"] == {"path": "/live", "port": "admin"}


DATAGRAMS = "ports: {http: null, dns: {containerPort: 5353, servicePort: 53, protocol: UDP}}"


def test_a_port_that_is_not_of_tcp_is_not_probed(render_chart: ChartRenderer) -> None:
    assert "readinessProbe" not in render_chart(DATAGRAMS).container


def test_beside_a_port_of_udp_the_only_one_of_tcp_is_the_main_one(render_chart: ChartRenderer) -> None:
    rendered = render_chart(DATAGRAMS.replace("http: null", "http: null, web: {containerPort: 8080}"))
    assert rendered.container["readinessProbe"]["httpGet"]["port"] == "web"


@pytest.mark.parametrize("protocol", ["grpc", "kubernetes.io/h2c"])
@with_both_engines
def test_a_server_of_grpc_alone_is_asked_by_grpc(
    engine: int, protocol: str, render_chart: ChartRenderer
) -> None:
    ports = f"ports: {{http: null, api: {{containerPort: 9000, servicePort: 80, appProtocol: {protocol}}}}}"
    assert render_chart(ports, engine=engine).container["readinessProbe"] == {
        "grpc": {"port": 9000},
        "initialDelaySeconds": 5,
        "periodSeconds": 10,
    }


@pytest.mark.parametrize(
    ("probe", "handler"),
    [
        ("{httpGet: {path: /health, port: api}}", "httpGet"),
        ("{httpGet: {path: /ready}}", "httpGet"),
        ("{tcpSocket: {}}", "tcpSocket"),
    ],
)
def test_a_probe_of_your_own_asks_a_server_of_grpc_in_its_own_way(
    probe: str, handler: str, render_chart: ChartRenderer
) -> None:
    ports = "{http: null, api: {containerPort: 9000, servicePort: 80, appProtocol: grpc}}"
    container = render_chart(f"{{ports: {ports}, readinessProbe: {probe}}}").container
    assert container["readinessProbe"].keys() & {"grpc", "httpGet", "tcpSocket"} == {handler}


def test_grpc_beside_http_leaves_the_probe_to_http(render_chart: ChartRenderer) -> None:
    rendered = render_chart("ports: {api: {containerPort: 9000, servicePort: 90, appProtocol: grpc}}")
    assert rendered.container["readinessProbe"]["httpGet"] == {"path": "/health", "port": "http"}


def test_a_probe_can_ask_a_port_that_is_not_declared_by_its_number(render_case: CaseRenderer) -> None:
    assert render_case("probes-tcp").container["livenessProbe"]["httpGet"] == {
        "path": "/live",
        "port": 8081,
        "httpHeaders": [{"name": "X-Probe", "value": "1"}],
    }


def test_another_handler_replaces_the_default_one(render_case: CaseRenderer) -> None:
    assert render_case("probes-tcp").container["readinessProbe"] == {
        "tcpSocket": {"port": "http"},
        "initialDelaySeconds": 5,
        "periodSeconds": 3,
    }


def test_a_grpc_probe_has_the_ports_number_since_it_takes_no_name(render_case: CaseRenderer) -> None:
    container = render_case("probes-grpc").container
    assert container["readinessProbe"]["grpc"] == {"port": 9000, "service": "api"}
    assert container["livenessProbe"]["grpc"] == {"port": 9000}


def test_a_command_needs_no_port(render_case: CaseRenderer) -> None:
    assert render_case("probes-grpc").container["startupProbe"] == {
        "exec": {"command": ["/bin/ready"]},
        "failureThreshold": 60,
        "periodSeconds": 5,
    }


def test_a_command_is_a_probe_where_no_port_is_declared(render_chart: ChartRenderer) -> None:
    rendered = render_chart("{ports: {http: null}, readinessProbe: {exec: {command: [ready]}}}")
    assert rendered.container["readinessProbe"]["exec"] == {"command": ["ready"]}


def test_a_disabled_probe_is_not_rendered_whatever_it_says(render_case: CaseRenderer) -> None:
    assert not render_case("probes-off").container.keys() & PROBES


def test_a_probe_without_a_handler_or_any_other_field_is_not_rendered(
    render_chart: ChartRenderer,
) -> None:
    rendered = render_chart("livenessProbe: {httpGet: {path: /live}}", "livenessProbe: {httpGet: null}")
    assert "livenessProbe" not in rendered.container


def test_without_a_port_there_is_no_probe(render_case: CaseRenderer) -> None:
    assert not render_case("worker").container.keys() & PROBES


def test_without_a_service_there_is_a_probe_all_the_same(render_case: CaseRenderer) -> None:
    assert "readinessProbe" in render_case("service-off").container


def test_a_later_files_handler_replaces_an_earlier_ones_that_it_sets_to_null(
    render_chart: ChartRenderer,
) -> None:
    rendered = render_chart(
        "{readinessProbe: {tcpSocket: {}}, livenessProbe: {tcpSocket: {}}}",
        "{readinessProbe: {tcpSocket: null, httpGet: {path: /ready}}}",
        "livenessProbe: {tcpSocket: null, grpc: {port: 9000}}",
    )
    assert rendered.container["readinessProbe"]["httpGet"] == {"path": "/ready", "port": "http"}
    assert rendered.container["livenessProbe"] == {"grpc": {"port": 9000}}
