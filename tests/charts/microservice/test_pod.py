"""The pod: its containers, what stands beside the main one, and the fields that have no key of their own."""

from __future__ import annotations

import json

from ci.base import kubernetes_yaml
from ci.kubernetes.workloads import pods_of
from tests.support.rendering import CaseRenderer, ChartRenderer, with_both_engines


def test_the_main_container_has_the_applications_name(render_case: CaseRenderer) -> None:
    assert render_case("defaults").container["name"] == "defaults"
    assert render_case("names").container["name"] == "shop"


def test_container_spec_names_the_main_container(render_case: CaseRenderer) -> None:
    assert render_case("containers").container["name"] == "main"


def test_command_and_arguments_are_the_images_unless_set(render_case: CaseRenderer) -> None:
    assert not render_case("defaults").container.keys() & {"command", "args"}
    worker = render_case("worker").container
    assert (worker["command"], worker["args"]) == (["python", "-m", "worker"], ["--queue", "emails"])


def test_other_containers_are_rendered_as_written_but_for_security_and_shutdown(
    render_case: CaseRenderer,
) -> None:
    pod = render_case("containers").pod
    assert [container["name"] for container in pod["initContainers"]] == ["wait", "proxy"]
    assert [container["name"] for container in pod["containers"]] == ["main", "metrics"]
    metrics = {key: value for key, value in pod["containers"][1].items() if key != "securityContext"}
    assert metrics == {
        "name": "metrics",
        "image": "prom/statsd-exporter:v0.28.0",
        "ports": [{"name": "metrics", "containerPort": 9102}],
        "resources": {"limits": {"memory": "64Mi"}},
        "lifecycle": {"preStop": {"sleep": {"seconds": 5}}},
    }


def test_a_restartable_init_container_stays_one(render_case: CaseRenderer) -> None:
    assert render_case("containers").pod["initContainers"][1]["restartPolicy"] == "Always"


def test_any_other_field_of_a_pod_and_of_a_container_can_be_set(render_case: CaseRenderer) -> None:
    rendered = render_case("containers")
    assert rendered.pod["hostAliases"] == [{"ip": "10.0.0.5", "hostnames": ["legacy"]}]
    assert rendered.pod["enableServiceLinks"] is True
    assert rendered.container["workingDir"] == "/srv"
    assert rendered.container["tty"] is True


def test_no_variable_comes_from_a_service_of_the_namespace(render_case: CaseRenderer) -> None:
    rendered = render_case("cronjobs")
    pods = list(pods_of(rendered.objects))
    assert {pod.key.kind for pod in pods} == {"Deployment", "CronJob", "Pod"}
    assert all(pod.spec["enableServiceLinks"] is False for pod in pods)


@with_both_engines
def test_such_variables_can_be_had_again(engine: int, render_chart: ChartRenderer) -> None:
    links = render_chart("podSpec: {enableServiceLinks: true}", engine=engine)
    assert links.pod["enableServiceLinks"] is True
    default = render_chart("podSpec: {enableServiceLinks: null}", engine=engine)
    assert default.pod["enableServiceLinks"] is False


def test_in_the_nodes_network_pods_still_look_up_services(render_chart: ChartRenderer) -> None:
    host = render_chart("podSpec: {hostNetwork: true}")
    assert host.pod["dnsPolicy"] == "ClusterFirstWithHostNet"
    assert "dnsPolicy" not in render_chart().pod
    assert "dnsPolicy" not in render_chart("podSpec: {hostNetwork: false}").pod


def test_a_dns_policy_of_your_own_is_left_alone(render_chart: ChartRenderer) -> None:
    rendered = render_chart("podSpec: {hostNetwork: true, dnsPolicy: Default}")
    assert rendered.pod["dnsPolicy"] == "Default"


SAMPLE = """
hostAliases: [{ip: 127.0.0.1, hostnames: [db]}]
dnsConfig: {options: [{name: ndots, value: "1"}]}
runtimeClassName: gvisor
hostUsers: false
enableServiceLinks: true
schedulingGates: [{name: example.com/quota}]
readinessGates: [{conditionType: example.com/ready}]
"""


def test_fields_without_a_key_of_their_own_are_rendered_as_written(
    render_chart: ChartRenderer,
) -> None:
    written = kubernetes_yaml.load(SAMPLE, "the sample")
    pod = render_chart(f"podSpec: {json.dumps(written)}").pod
    assert {name: pod.get(name) for name in written} == written
