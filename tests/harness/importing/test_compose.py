"""Compose files: a service becomes values that do the same, and what Kubernetes does otherwise is said.

The files are made up, each in the structure that its first line names.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ci.base import kubernetes_yaml
from ci.base.errors import UserError
from ci.charts import catalog
from ci.importing.compose import forms, reading
from ci.importing.compose.interpolation import interpolated
from ci.importing.source import Source
from ci.values import lint
from tests.harness.importing.conftest import Import

DATA = Path(__file__).parent / "data"
EXPECTED: dict[str, dict[str, Any]] = kubernetes_yaml.load(
    (DATA / "compose.yaml").read_text(encoding="utf-8"), "compose.yaml"
)
FILES = sorted((DATA / "compose").glob("*.yaml"))
SECTIONS = ("not carried over", "needs no key here")


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_what_is_otherwise_in_kubernetes_is_said(
    file: Path, tmp_path: Path, import_: Import, record_property: Callable[[str, object], None]
) -> None:
    expected = {**EXPECTED[file.stem]}
    imported = import_(file, form="compose", service=expected.pop("service", ""))
    record_property("promise", __doc__)
    record_property("observed", imported.report.splitlines()[0])
    found = {section: imported.section(section) for section in SECTIONS}
    assert {name: lines for name, lines in found.items() if lines} == expected
    assert "correct-horse" not in imported.text + imported.report
    written = tmp_path / "service.yaml"
    written.write_text(imported.text, encoding="utf-8")
    assert lint.faults(written, catalog.service_chart()) == []


def test_there_are_five_and_each_names_its_structure() -> None:
    assert len(FILES) >= 5
    for file in FILES:
        assert file.read_text(encoding="utf-8").startswith("# Structure: "), file


def read(tmp_path: Path, text: str, name: str = "", secrets: bool = False) -> Source:
    file = tmp_path / "compose.yaml"
    file.write_text(text, encoding="utf-8")
    return reading.read([str(file)], name, secrets)


def pod(source: Source) -> Any:
    made = next(made for key, made in source.objects.items() if key.kind == "Deployment")
    return made["spec"]["template"]["spec"]


def container(tmp_path: Path, keys: str) -> Any:
    return pod(read(tmp_path, f"services: {{web: {{image: a:1, {keys}}}}}"))["containers"][0]


def test_services_of_the_same_image_come_along_as_deployment_and_as_job() -> None:
    source = reading.read([str(DATA / "compose" / "web-and-worker.yaml")], "web", False)
    found = [(key.kind, key.name) for key in source.objects]
    assert found == [("Deployment", "web"), ("Service", "web"), ("Deployment", "worker"), ("Job", "migrate")]


def test_without_the_option_a_compose_file_is_recognised(import_: Import) -> None:
    with pytest.raises(UserError, match=r"no Kubernetes object; .*; read a Compose file with --from compose"):
        import_(TWO)


TWO = "services: {web: {image: web:1, ports: ['80']}, db: {image: db:1}}"


def test_of_several_services_one_has_to_be_chosen(tmp_path: Path) -> None:
    with pytest.raises(UserError) as refused:
        read(tmp_path, TWO)
    assert str(refused.value) == "the services are web, db: import one at a time, with --service NAME"
    with pytest.raises(UserError) as refused:
        read(tmp_path, TWO, "wep")
    assert str(refused.value) == "there is no service 'wep'; the services are web, db; did you mean web?"


def test_of_services_of_one_image_the_one_with_ports_is_meant(tmp_path: Path) -> None:
    source = read(tmp_path, "services: {jobs: {image: a:1}, web: {image: a:1, ports: ['80']}}")
    assert [key.name for key in source.objects if key.kind == "Service"] == ["web"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("kind: Deployment", "no Compose file: it has no services"),
        ("services: {web: nginx}", r"services\.web: expected a map with keys such as image"),
        ("services: {web: {image: a, ports: [x]}}", r"services\.web\.ports: 'x' is no port such as 8080:80"),
        ("services: {web: {image: a, mem_limit: big}}", "'big' is no number of bytes such as 512m"),
        ("services: {web: {image: a, healthcheck: {test: x, interval: soon}}}", "'soon' is no duration"),
        ("services: {web: {image: a, volumes: 5}}", r"services\.web: Compose expects another form"),
        ("services: {web: {extends: base}}", r"services\.web\.extends: only Compose resolves it; import its"),
        ("include: [a.yaml]\nservices: {web: {image: a}}", "include: only Compose puts files together"),
    ],
)
def test_a_file_that_compose_would_refuse_or_has_to_put_together_is_refused(
    text: str, problem: str, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=problem):
        read(tmp_path, text)


def test_several_files_are_put_together_by_compose() -> None:
    with pytest.raises(UserError, match=r"docker compose config \| invoke import - --from compose"):
        reading.read(["a.yaml", "b.yaml"], "", False)


def test_an_unknown_key_is_named_with_a_near_one(tmp_path: Path) -> None:
    source = read(tmp_path, "volume: {}\nservices: {web: {image: a, enviroment: {}, prots: ['80']}}")
    assert "services.web.prots: Compose has no such key; did you mean ports?" in source.left
    assert "volume: Compose has no such key; did you mean volumes?" in source.left


@pytest.mark.parametrize(
    ("text", "expected", "defaults", "unset"),
    [
        ("a:${TAG:-1}", "a:1", ["TAG"], []),
        ("$A-${B}-$$C", "--$C", [], ["A", "B"]),
        ("${A-${B:-b}}", "b", ["B", "A"], []),
        ("${A:+a}${B:?must be there}", "", [], ["B"]),
        ("$1 costs 5$", "$1 costs 5$", [], []),
    ],
)
def test_variables_have_their_defaults(
    text: str, expected: str, defaults: list[str], unset: list[str]
) -> None:
    assert interpolated(text) == (expected, defaults, unset)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("80", [{"target": 80}]),
        (80, [{"target": 80}]),
        ("8080:80/udp", [{"target": 80, "protocol": "udp", "published": "8080"}]),
        ("127.0.0.1:8080:80", [{"target": 80, "host_ip": "127.0.0.1", "published": "8080"}]),
        ("[::1]:8080:80", [{"target": 80, "host_ip": "[::1]", "published": "8080"}]),
        ("127.0.0.1::80", [{"target": 80, "host_ip": "127.0.0.1"}]),
        ("90-91:80-81", [{"target": 80, "published": "90-91"}, {"target": 81, "published": "90-91"}]),
        ({"target": "80", "name": "web"}, [{"target": 80, "name": "web"}]),
    ],
)
def test_a_port_in_each_form(written: object, expected: object) -> None:
    assert forms.ports(written) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [("30s", 30), ("1m30s", 90), ("500ms", 1), ("1h", 3600), ("2.5s", 3), ("1m500ms", 61)],
)
def test_a_duration_in_seconds(written: str, expected: int) -> None:
    assert forms.seconds(written) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [("512m", "512Mi"), ("1gb", "1Gi"), (1024, "1024"), ("64K", "64Ki"), ("10b", "10")],
)
def test_a_number_of_bytes_as_a_quantity(written: object, expected: str) -> None:
    assert forms.quantity(written) == expected


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        (["CMD-SHELL", "curl -f http://localhost:8000/up || exit 1"], {"path": "/up", "port": 8000}),
        ("wget -qO- http://127.0.0.1/ || exit 1", {"path": "/", "port": 80}),
        (["CMD", "curl", "-f", "http://localhost:80/a?b=c"], {"path": "/a?b=c", "port": 80}),
        ("curl -f http://other:80/ || exit 1", None),
        ("curl -fk https://localhost/ || exit 1", None),
        ("curl -f http://localhost/ | grep ok", None),
    ],
)
def test_a_request_to_the_container_itself_is_one_of_the_kubelet(test: Any, expected: Any) -> None:
    action = forms.probe(test)
    assert action.get("httpGet") == expected
    assert ("exec" in action) == (expected is None)


def test_other_checks_are_commands_and_none_is_none() -> None:
    assert forms.probe("pg_isready") == {"exec": {"command": ["/bin/sh", "-c", "pg_isready"]}}
    assert forms.probe(["CMD", "pg_isready"]) == {"exec": {"command": ["pg_isready"]}}
    assert forms.probe(["NONE"]) == {}


def test_a_readiness_probe_has_the_times_of_compose(tmp_path: Path) -> None:
    probe = container(tmp_path, "healthcheck: {test: check}")["readinessProbe"]
    assert {name: probe[name] for name in probe if name != "exec"} == {
        "periodSeconds": 30,
        "timeoutSeconds": 30,
        "failureThreshold": 3,
    }


def test_a_dollar_before_a_parenthesis_stays_what_it_is(tmp_path: Path) -> None:
    made = container(tmp_path, "command: 'echo $$(A) $$B', environment: {X: 'a $$(A)'}")
    assert made["args"] == ["echo", "$$(A)", "$B"]
    assert made["env"] == [{"name": "X", "value": "a $$(A)"}]


def test_variables_without_a_value_are_secrets_by_their_names(tmp_path: Path) -> None:
    source = read(tmp_path, "services: {web: {image: a, environment: [API_TOKEN, 'REGION=${REGION}']}}")
    assert pod(source)["containers"][0]["env"] == [
        {"name": "API_TOKEN", "valueFrom": {"secretKeyRef": {"name": "credentials-web", "key": "API_TOKEN"}}}
    ]
    assert "services.web.environment: REGION has no value here: write it into env" in source.left
    assert any(line.startswith("Secret credentials-web: ") and "API_TOKEN" in line for line in source.left)


def test_neither_dot_env_nor_the_environment_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("TAG=mine", encoding="utf-8")
    monkeypatch.setenv("TAG", "mine")
    source = read(tmp_path, "services: {web: {image: 'a:${TAG:-1}'}}")
    assert pod(source)["containers"][0]["image"] == "a:1"
    assert "variables TAG: their defaults count here, not .env and the environment" in source.unneeded


def test_with_secrets_the_values_have_them(tmp_path: Path) -> None:
    text = "services: {web: {image: a, environment: {DB_PASSWORD: correct-horse}}}"
    assert "correct-horse" not in str(read(tmp_path, text).objects)
    assert "correct-horse" in str(read(tmp_path, text, secrets=True).objects)


def test_a_volume_of_several_services_is_named(tmp_path: Path) -> None:
    mounts = "image: a, ports: ['80'], volumes: [data:/data]"
    source = read(tmp_path, f"services: {{web: {{{mounts}}}, db: {{image: db, volumes: [data:/x]}}}}", "web")
    line = "services.web.volumes[0]: data is also mounted by db: one claim for pods on one node"
    assert line in source.left


@pytest.mark.parametrize(
    ("key", "field", "expected"),
    [
        ("user: '1000:2000'", "securityContext", {"runAsUser": 1000, "runAsGroup": 2000}),
        ("user: root", "securityContext", {"runAsUser": 0}),
        ("read_only: true", "securityContext", {"readOnlyRootFilesystem": True}),
        ("cap_add: [CAP_SYS_TIME]", "securityContext", {"capabilities": {"add": ["SYS_TIME"]}}),
        ("security_opt: [no-new-privileges]", "securityContext", {"allowPrivilegeEscalation": False}),
        ("entrypoint: /run me", "command", ["/run", "me"]),
        ("command: [a, 'b c']", "args", ["a", "b c"]),
        ("working_dir: /srv", "workingDir", "/srv"),
        ("cpus: 0.5, mem_limit: 1g", "resources", {"limits": {"cpu": "500m", "memory": "1Gi"}}),
        ("pull_policy: always", "imagePullPolicy", "Always"),
    ],
)
def test_a_key_of_a_container(key: str, field: str, expected: object, tmp_path: Path) -> None:
    assert container(tmp_path, key)[field] == expected


def test_no_key_is_lost_silently(tmp_path: Path) -> None:
    """Every key that the Compose specification has becomes an object or a line."""
    known = kubernetes_yaml.load(
        (Path(reading.__file__).parent / "keys.yaml").read_text(encoding="utf-8"), "keys.yaml"
    )
    for block in ("left", "unneeded"):
        for path in known[block]:
            keys = f"{path.replace('.', ': {')}: {{x: y}}{'}' * path.count('.')}"
            source = read(tmp_path, f"services: {{web: {{image: a, {keys}}}}}")
            lines = source.left if block == "left" else source.unneeded
            assert any(line.startswith(f"services.web.{path}: ") for line in lines), path
