"""How a pod goes: it serves on while the load balancers learn of it, and only then is told to end."""

from __future__ import annotations

from tests.support.rendering import CaseRenderer, ChartRenderer, Rendered


def drain(rendered: Rendered) -> int:
    seconds: int = rendered.container["lifecycle"]["preStop"]["sleep"]["seconds"]
    return seconds


def test_a_pod_serves_on_for_five_seconds_and_has_thirty_to_end(render_case: CaseRenderer) -> None:
    rendered = render_case("defaults")
    assert rendered.container["lifecycle"] == {"preStop": {"sleep": {"seconds": 5}}}
    assert rendered.pod["terminationGracePeriodSeconds"] == 30


def test_a_short_grace_period_is_half_for_serving_on(render_case: CaseRenderer) -> None:
    rendered = render_case("probes-grpc")
    assert rendered.pod["terminationGracePeriodSeconds"] == 7
    assert drain(rendered) == 3


def test_no_time_to_end_is_no_time_to_serve_on(render_chart: ChartRenderer) -> None:
    rendered = render_chart("terminationGracePeriodSeconds: 0")
    assert rendered.pod["terminationGracePeriodSeconds"] == 0
    assert "lifecycle" not in rendered.container


def test_a_grace_period_left_to_kubernetes_is_thirty_seconds(render_case: CaseRenderer) -> None:
    rendered = render_case("removals")
    assert "terminationGracePeriodSeconds" not in rendered.pod
    assert drain(rendered) == 5


def test_the_user_says_how_long(render_chart: ChartRenderer) -> None:
    rendered = render_chart("{shutdown: {drainSeconds: 20}, terminationGracePeriodSeconds: 60}")
    assert drain(rendered) == 20


def test_zero_ends_at_once(render_case: CaseRenderer) -> None:
    assert "lifecycle" not in render_case("probes-off").container


def test_what_listens_on_nothing_ends_at_once(render_case: CaseRenderer) -> None:
    assert "lifecycle" not in render_case("worker").container


def test_an_own_pre_stop_replaces_the_computed_one(render_case: CaseRenderer) -> None:
    assert render_case("probes-tcp").container["lifecycle"] == {
        "preStop": {"httpGet": {"path": "/drain", "port": "http"}}
    }


def test_an_own_post_start_stands_beside_the_computed_pre_stop(render_case: CaseRenderer) -> None:
    assert render_case("probes-grpc").container["lifecycle"] == {
        "postStart": {"exec": {"command": ["/bin/warm-up"]}},
        "preStop": {"sleep": {"seconds": 3}},
    }
