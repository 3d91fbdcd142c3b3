"""How a pod goes: it serves on while the load balancers learn of it, and only then is told to end."""

from __future__ import annotations

import pytest

from tests.support.rendering import CaseRenderer, ChartRenderer, Rendered


def drain(rendered: Rendered) -> int:
    seconds: int = rendered.container["lifecycle"]["preStop"]["sleep"]["seconds"]
    return seconds


def test_a_pod_drains_for_5_of_its_30_seconds(render_case: CaseRenderer) -> None:
    rendered = render_case("defaults")
    assert rendered.container["lifecycle"] == {"preStop": {"sleep": {"seconds": 5}}}
    assert rendered.pod["terminationGracePeriodSeconds"] == 30


def test_a_short_grace_period_is_half_for_draining(render_case: CaseRenderer) -> None:
    rendered = render_case("probes-grpc")
    assert rendered.pod["terminationGracePeriodSeconds"] == 7
    assert drain(rendered) == 3


def test_without_a_grace_period_there_is_no_drain(render_chart: ChartRenderer) -> None:
    rendered = render_chart("terminationGracePeriodSeconds: 0")
    assert rendered.pod["terminationGracePeriodSeconds"] == 0
    assert "lifecycle" not in rendered.container


def test_a_grace_period_left_to_kubernetes_counts_as_30_seconds(render_case: CaseRenderer) -> None:
    rendered = render_case("removals")
    assert "terminationGracePeriodSeconds" not in rendered.pod
    assert drain(rendered) == 5


def test_drain_seconds_can_be_set(render_chart: ChartRenderer) -> None:
    rendered = render_chart("{shutdown: {drainSeconds: 20}, terminationGracePeriodSeconds: 60}")
    assert drain(rendered) == 20


def test_zero_drain_seconds_mean_no_drain(render_case: CaseRenderer) -> None:
    assert "lifecycle" not in render_case("probes-off").container


def test_without_a_port_there_is_no_drain(render_case: CaseRenderer) -> None:
    assert "lifecycle" not in render_case("worker").container


def test_an_own_pre_stop_replaces_the_computed_one(render_case: CaseRenderer) -> None:
    assert render_case("probes-tcp").container["lifecycle"] == {
        "preStop": {"httpGet": {"path": "/drain", "port": "http"}}
    }


def test_an_own_post_start_is_added_to_the_computed_pre_stop(render_case: CaseRenderer) -> None:
    assert render_case("probes-grpc").container["lifecycle"] == {
        "postStart": {"exec": {"command": ["/bin/warm-up"]}},
        "preStop": {"sleep": {"seconds": 3}},
    }


def test_a_hook_whose_handler_a_later_file_removes_is_as_if_it_were_not_set(
    render_chart: ChartRenderer,
) -> None:
    rendered = render_chart(
        "lifecycle: {postStart: {exec: {command: [warm-up]}}, preStop: {exec: {command: [drain]}}}",
        "lifecycle: {postStart: {exec: null}, preStop: {exec: null}}",
    )
    assert rendered.container["lifecycle"] == {"preStop": {"sleep": {"seconds": 5}}}


def test_a_later_files_hook_replaces_an_earlier_ones_that_it_sets_to_null(
    render_chart: ChartRenderer,
) -> None:
    rendered = render_chart(
        "lifecycle: {preStop: {exec: {command: [drain]}}}",
        "lifecycle: {preStop: {exec: null, tcpSocket: {port: http}}}",
    )
    assert rendered.container["lifecycle"] == {"preStop": {"tcpSocket": {"port": "http"}}}


def beside(rendered: Rendered) -> list[object]:
    """The hooks of the extra containers."""
    return [container.get("lifecycle") for container in rendered.pod["containers"][1:]]


SIDECARS = """
extraContainers:
  - {name: proxy, image: "envoy:1"}
  - {name: agent, image: "agent:1", lifecycle: {postStart: {exec: {command: [warm-up]}}}}
  - {name: own, image: "own:1", lifecycle: {preStop: {exec: {command: [drain]}}}}
initContainers: [{name: native, image: "native:1", restartPolicy: Always}]
"""


@pytest.mark.parametrize(
    ("values", "seconds"),
    [
        ("", 5),
        ("{shutdown: {drainSeconds: 20}, terminationGracePeriodSeconds: 60}", 20),
        ("lifecycle: {preStop: {sleep: {seconds: 7}}}", 7),
        ("lifecycle: {preStop: {exec: {command: [drain]}}}", 5),
    ],
)
def test_an_extra_container_drains_as_long_as_the_main_one_unless_it_has_a_hook(
    values: str, seconds: int, render_chart: ChartRenderer
) -> None:
    sleep = {"preStop": {"sleep": {"seconds": seconds}}}
    assert beside(render_chart(SIDECARS, values)) == [
        sleep,
        {"postStart": {"exec": {"command": ["warm-up"]}}, **sleep},
        {"preStop": {"exec": {"command": ["drain"]}}},
    ]


def test_a_native_sidecar_stops_after_the_main_container_and_needs_no_drain(
    render_chart: ChartRenderer,
) -> None:
    (native,) = render_chart(SIDECARS).pod["initContainers"]
    assert "lifecycle" not in native


@pytest.mark.parametrize("values", ["ports: {http: null}", "shutdown: {drainSeconds: 0}"])
def test_where_the_main_container_does_not_drain_no_other_does(
    values: str, render_chart: ChartRenderer
) -> None:
    assert beside(render_chart(SIDECARS, values))[0] is None
