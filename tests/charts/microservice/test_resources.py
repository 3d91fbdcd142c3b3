"""Requests and limits: the defaults, and that no request is ever above its limit."""

from __future__ import annotations

from ci.charts.values_file import read_values
from tests.support.rendering import CaseRenderer, ChartRenderer, with_both_engines


def test_the_default_resources_fit_a_small_service(render_case: CaseRenderer) -> None:
    assert render_case("defaults").container["resources"] == {
        "requests": {"cpu": "100m", "memory": "128Mi"},
        "limits": {"cpu": "500m", "memory": "512Mi"},
    }


def test_a_quantity_may_be_a_number_and_of_any_resource(render_chart: ChartRenderer) -> None:
    resources = render_chart("resources: {requests: {cpu: 2, ephemeral-storage: 1Gi}}").container["resources"]
    assert resources["requests"] == {"cpu": 2, "memory": "128Mi", "ephemeral-storage": "1Gi"}


def test_a_template_knows_the_default_limits(render_chart: ChartRenderer) -> None:
    """Where the two differ, a request no longer raises them."""
    defaults = read_values(render_chart.path / "values.yaml")["resources"]["limits"]
    requests = ", ".join(f"{name}: 1Ti" for name in defaults)
    limits = render_chart(f"resources: {{requests: {{{requests}}}}}").container["resources"]["limits"]
    assert limits == dict.fromkeys(defaults, "1Ti")


def test_a_request_alone_raises_the_default_limit(render_case: CaseRenderer) -> None:
    resources = render_case("resources").container["resources"]
    assert resources["limits"] == {"cpu": 2, "memory": "1.5Gi", "ephemeral-storage": "2Gi"}


def test_a_request_below_the_default_limit_does_not_change_it(render_chart: ChartRenderer) -> None:
    resources = render_chart("resources: {requests: {cpu: 0.5, memory: 512000k}}").container["resources"]
    assert resources["limits"] == {"cpu": "500m", "memory": "512Mi"}


def test_an_empty_limit_is_the_default_one_again(render_chart: ChartRenderer) -> None:
    rendered = render_chart("resources: {limits: {cpu: 2, memory: 1Gi}}", "resources: {limits: {memory: ''}}")
    assert rendered.container["resources"]["limits"] == {"cpu": 2, "memory": "512Mi"}


def test_no_limit_stays_no_limit(render_chart: ChartRenderer) -> None:
    resources = render_chart("resources: {requests: {cpu: 4, memory: 4Gi}, limits: {cpu: null}}").container[
        "resources"
    ]
    assert resources["limits"] == {"memory": "4Gi"}


@with_both_engines
def test_a_request_on_the_command_line_counts_as_in_a_file(engine: int, render_chart: ChartRenderer) -> None:
    rendered = render_chart(set_values=["resources.requests.memory=1000000000"], engine=engine)
    assert rendered.container["resources"]["limits"]["memory"] == 1000000000


# Two ways of writing the same, and a hair more.
SAME = [
    ("1", "1000m", "1001m"),
    ("0.1", "100m", "100001u"),
    ("1.5", "1500000000n", "1500000001n"),
    ("0.002", "2000u", "2001u"),
    ("1Ki", "1024", "1025"),
    ("1Mi", "1024Ki", "1048577"),
    ("1.5Gi", "1536Mi", "1610612737"),
    ("0.25Ti", "256Gi", "274877906945"),
    ("1Pi", "1024Ti", "1125899906842625"),
    ("2Ei", "2048Pi", "2305843009213700000"),
    ("1k", "1000", "1000.001"),
    ("1M", "1e6", "1000001"),
    ("1G", "1000M", "1000000001"),
    ("1T", "1000G", "1000000000001"),
    ("1P", "1E15", "1000000000000001"),
    ("1E", "1e+18", "1000000000000001000"),
    ("5e-1", "500m", "500.1m"),
    ("+1.", "1", ".1e2"),
]


def test_quantities_are_compared_in_whatever_form_they_are_written(render_chart: ChartRenderer) -> None:
    """As resources of many extra containers at once: Helm is asked once."""
    containers = []
    for index, (first, second, more) in enumerate(SAME):
        for name, request, limit in (
            ("more", more, first),
            ("same", first, second),
            ("equal", second, first),
        ):
            resources = f"{{requests: {{cpu: '{request}'}}, limits: {{cpu: '{limit}'}}}}"
            containers.append(f"{{name: {name}-{index}, image: i, resources: {resources}}}")
    problems = render_chart.problems(f"extraContainers: [{', '.join(containers)}]")
    too_much = {f"extraContainers[{index}]" for index in range(0, len(containers), 3)}
    assert {problem.partition(".")[0] for problem in problems} == too_much
