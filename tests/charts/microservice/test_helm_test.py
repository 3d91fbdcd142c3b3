"""`helm test`: a pod asks the Service at its DNS name, at every port that can be asked."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from ci.kubernetes.manifests import Object
from tests.support.notes import Notes
from tests.support.rendering import CaseRenderer, ChartRenderer, Rendered

HOST = "tests.default.svc"


def pod(rendered: Rendered) -> Object:
    found: Object = rendered.one("Pod")["spec"]
    return found


def asked(rendered: Rendered) -> dict[str, list[str]]:
    """What is run for each port, by its name."""
    return {container["name"]: container["args"][1:] for container in pod(rendered)["containers"]}


def test_the_path_of_the_readiness_probe_is_asked_at_the_services_dns_name(render_case: CaseRenderer) -> None:
    url = "http://defaults.default.svc:80/health"
    assert asked(render_case("defaults")) == {"http": ["wget", "-q", "-O", "/dev/null", url]}


def test_every_port_is_tried_but_those_without_connections(render_case: CaseRenderer) -> None:
    rendered = render_case("tests")
    assert [port["name"] for port in rendered.service["ports"]] == ["http", "dns", "grpc", "again", "metrics"]
    assert list(asked(rendered)) == ["http", "grpc", "again", "metrics"]
    assert asked(rendered)["grpc"] == ["nc", "-w", "2", HOST, "9000"]
    assert asked(rendered)["metrics"] == ["nc", "-w", "2", HOST, "9102"]


def test_whatever_leads_to_the_probed_port_is_asked_as_the_probe_does(render_case: CaseRenderer) -> None:
    for name, port in (("http", 80), ("again", 8080)):
        assert asked(render_case("tests"))[name] == [
            *("wget", "-q", "-O", "/dev/null", "--header", "Host: api.example.com", "--header", "X-Probe: 1"),
            # Kubernetes takes $$ for $, and so puts no variable in.
            f"http://{HOST}:{port}/ready?deep=$$(HOME)",
        ]


@pytest.mark.parametrize(
    "probe",
    [
        "{enabled: false}",
        "{tcpSocket: {}}",
        "{httpGet: {scheme: HTTPS}}",
        "{httpGet: {host: elsewhere.example.com}}",
        "{httpGet: {port: 8081}}",
    ],
)
def test_a_port_without_a_path_that_plain_http_could_ask_for_has_to_take_a_connection(
    probe: str, render_chart: ChartRenderer
) -> None:
    rendered = render_chart(f"readinessProbe: {probe}")
    assert asked(rendered) == {"http": ["nc", "-w", "2", "api.default.svc", "80"]}


@pytest.mark.parametrize("path", ["ready", "/ready"])
def test_a_path_may_go_without_its_slash_as_in_a_probe(path: str, render_chart: ChartRenderer) -> None:
    rendered = render_chart(f"readinessProbe: {{httpGet: {{path: {path}, port: 8000}}}}")
    assert asked(rendered)["http"][-1] == "http://api.default.svc:80/ready"


def test_a_port_without_a_name_or_target_is_asked_as_the_probe_of_its_number(
    render_chart: ChartRenderer,
) -> None:
    rendered = render_chart("""
        ports: {http: {servicePort: null}}
        service: {extraPorts: [{port: 8000}]}
        readinessProbe: {httpGet: {path: null}}
    """)
    assert asked(rendered) == {"port": ["wget", "-q", "-O", "/dev/null", "http://api.default.svc:8000/"]}


@pytest.mark.parametrize(
    "values",
    [
        "tests: {enabled: false}",
        "tests: {enabled: null}",
        "ports: {http: null}",
        "service: {enabled: false}",
        "service: {clusterIP: None}",
        "ports: {http: {protocol: UDP}}",
    ],
)
def test_where_nothing_can_be_asked_there_is_nothing_to_run(
    values: str, render_chart: ChartRenderer, notes: Notes
) -> None:
    rendered = render_chart(values)
    assert not rendered.all("Pod")
    assert "api-test" not in rendered.all("NetworkPolicy")
    assert "helm -n default test" not in notes(values)


def test_a_test_is_run_on_demand_and_leaves_nothing_but_its_log(render_case: CaseRenderer) -> None:
    for made in (render_case("tests").one("Pod"), render_case("tests").all("NetworkPolicy")["tests-test"]):
        annotations = made["metadata"]["annotations"]
        assert annotations["helm.sh/hook"] == "test"
        assert annotations["helm.sh/hook-delete-policy"] == "before-hook-creation,hook-succeeded,hook-failed"
    log = render_case("tests").one("Pod")["metadata"]["annotations"]["helm.sh/hook-output-log-policy"]
    assert log == "hook-succeeded,hook-failed"
    assert pod(render_case("tests"))["restartPolicy"] == "Never"


def test_test_pods_run_as_the_application_does_and_without_its_token(render_case: CaseRenderer) -> None:
    rendered = render_case("tests")
    assert pod(rendered)["securityContext"] == rendered.pod["securityContext"]
    assert pod(rendered)["imagePullSecrets"] == [{"name": "regcred"}]
    assert pod(rendered)["automountServiceAccountToken"] is False
    assert "serviceAccountName" not in pod(rendered)
    for container in pod(rendered)["containers"]:
        assert container["securityContext"] == rendered.container["securityContext"]
        assert container["resources"].keys() == {"requests", "limits"}


def test_no_service_leads_to_a_test_pod(render_case: CaseRenderer) -> None:
    rendered = render_case("tests")
    labels = rendered.one("Pod")["metadata"]["labels"]
    assert labels["app.kubernetes.io/component"] == "test"
    assert not rendered.service["selector"].items() <= labels.items()


def test_the_image_is_the_users_and_a_mirror_has_it_too(
    render_case: CaseRenderer, render_chart: ChartRenderer
) -> None:
    container = pod(render_case("tests"))["containers"][0]
    assert container["image"].startswith("mirror.example.com/busybox:1.37@sha256:e3b0")
    assert container["imagePullPolicy"] == "IfNotPresent"
    mirrored = pod(render_chart("global: {imageRegistry: mirror.example.org}"))["containers"][0]
    assert mirrored["image"] == "mirror.example.org/busybox:1.37"


def test_the_test_pods_get_in_whoever_else_does(render_case: CaseRenderer) -> None:
    rendered = render_case("tests")
    labels = rendered.one("Pod")["metadata"]["labels"]
    (rule,) = rendered.all("NetworkPolicy")["tests"]["spec"]["ingress"]
    everybody, tests = rule["from"]
    assert everybody == {"podSelector": {}}
    assert tests["podSelector"]["matchLabels"].items() <= labels.items()


def test_nobody_gets_in_for_the_sake_of_tests_that_are_off(render_chart: ChartRenderer) -> None:
    rendered = render_chart(
        "{tests: {enabled: false}, networkPolicy: {ingress: {from: [{podSelector: {}}]}}}"
    )
    assert rendered.one("NetworkPolicy")["spec"]["ingress"][0]["from"] == [{"podSelector": {}}]


def test_the_test_pods_reach_the_application_and_dns_alone(render_case: CaseRenderer) -> None:
    rendered = render_case("tests")
    policy = rendered.all("NetworkPolicy")["tests-test"]
    assert policy["metadata"]["annotations"]["helm.sh/hook-weight"] == "-1"
    assert (
        policy["spec"]["podSelector"]["matchLabels"].items()
        <= rendered.one("Pod")["metadata"]["labels"].items()
    )
    assert policy["spec"]["policyTypes"] == ["Ingress", "Egress"]
    dns, application = policy["spec"]["egress"]
    assert [port["port"] for port in dns["ports"]] == [53, 53]
    assert application["to"] == [{"podSelector": rendered.deployment["selector"]}]
    assert application["ports"] == rendered.all("NetworkPolicy")["tests"]["spec"]["ingress"][0]["ports"]


def test_without_policies_there_is_none_for_the_tests(render_chart: ChartRenderer) -> None:
    rendered = render_chart("networkPolicy: {enabled: false}")
    assert rendered.all("NetworkPolicy") == {}
    assert rendered.all("Pod")


def run(rendered: Rendered, folder: Path, answers: str) -> tuple[int, str]:
    """Run the only test with stand-ins for busybox's programs; ``answers`` is what its wget does."""
    programs = {"timeout": 'shift; exec "$@"', "sleep": "", "wget": answers}
    for name, script in programs.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
    (container,) = pod(rendered)["containers"]
    command = [*container["command"], *container["args"]]
    environment = {"PATH": f"{folder}:/usr/bin:/bin"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, cwd=folder)
    return done.returncode, done.stdout


def test_an_answer_is_waited_for(render_case: CaseRenderer, tmp_path: Path) -> None:
    third_time = 'echo >>tries; [ "$(wc -l <tries)" -eq 3 ]'
    code, said = run(render_case("defaults"), tmp_path, third_time)
    assert (code, said) == (0, "ok: defaults.default.svc:80\n")


def test_a_port_that_never_answers_fails_and_is_named(render_case: CaseRenderer, tmp_path: Path) -> None:
    code, said = run(render_case("defaults"), tmp_path, "echo >>tries; exit 1")
    assert (code, said) == (1, "failed: defaults.default.svc:80\n")
    assert (tmp_path / "tries").read_text().count("\n") == 10
