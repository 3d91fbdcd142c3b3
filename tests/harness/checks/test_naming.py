"""Names, labels and keys that the API server would not take."""

from __future__ import annotations

import pytest

from ci.checks import naming
from ci.kubernetes.manifests import parse

LONG = "a" * 64


def found(document: str) -> list[str]:
    """Return where names in an object are wrong, and how; without the object's own name."""
    return [f"{finding.path}: {finding.message}" for finding in naming.findings(parse(document))]


def of(kind: str, name: str) -> str:
    return f"{{apiVersion: v1, kind: {kind}, metadata: {{name: {name!r}}}}}"


def in_pod(spec: str) -> str:
    return f"{{apiVersion: v1, kind: Pod, metadata: {{name: a}}, spec: {spec}}}"


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("ConfigMap", "1-a.b-2"),
        ("ConfigMap", "a" * 253),
        ("Service", "a" * 63),
        ("CronJob", "a" * 52),
        ("Job", "a" * 63),
        ("Namespace", "1"),
        ("ClusterRole", "system:a_B"),
    ],
)
def test_a_name_that_its_kind_may_have_is_fine(kind: str, name: str) -> None:
    assert found(of(kind, name)) == []


@pytest.mark.parametrize(
    ("kind", "name", "fault"),
    [
        ("ConfigMap", "Api", "no DNS subdomain (a-z, 0-9, - and .)"),
        ("ConfigMap", "api-", "no DNS subdomain (a-z, 0-9, - and .)"),
        ("ConfigMap", "a..b", "no DNS subdomain (a-z, 0-9, - and .)"),
        ("ConfigMap", "a" * 254, "it has 254 characters, 253 are allowed"),
        ("Service", "1a", "no name of a Service (a-z, 0-9 and -, first a letter)"),
        ("Service", "a.b", "no name of a Service (a-z, 0-9 and -, first a letter)"),
        ("Service", LONG, "no name of a Service (a-z, 0-9 and -, first a letter): it has 64 characters"),
        ("CronJob", "a" * 53, "no name of a CronJob: it has 53 characters, 52 are allowed"),
        ("Job", LONG, "no name of a Job: it has 64 characters, 63 are allowed"),
        ("Namespace", "a.b", "no DNS label (a-z, 0-9 and -)"),
        ("Role", "a/b", "no name of a role or binding (no / and %)"),
    ],
)
def test_a_name_that_its_kind_may_not_have_is_found(kind: str, name: str, fault: str) -> None:
    (finding,) = found(of(kind, name))
    assert finding.startswith(f"metadata.name: {name!r} is no")
    assert fault in finding


def test_a_namespace_is_a_dns_label() -> None:
    (finding,) = found("{apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: a.b}}")
    assert finding.startswith("metadata.namespace: 'a.b' is no DNS label")


@pytest.mark.parametrize(
    ("metadata", "path"),
    [
        ("labels: {a: 'b c'}", "metadata.labels.a"),
        ("labels: {a: -b}", "metadata.labels.a"),
        (f"labels: {{a: {LONG}}}", "metadata.labels.a"),
        ("labels: {'a/b/c': d}", 'metadata.labels["a/b/c"]'),
        ("labels: {'A.b/c': d}", 'metadata.labels["A.b/c"]'),
        ("labels: {'a.b/': d}", 'metadata.labels["a.b/"]'),
        (f"labels: {{a.b/{LONG}: d}}", f'metadata.labels["a.b/{LONG}"]'),
        ("annotations: {'a b': c}", 'metadata.annotations["a b"]'),
    ],
)
def test_a_label_or_annotation_that_may_not_be_is_found(metadata: str, path: str) -> None:
    (finding,) = found(f"{{apiVersion: v1, kind: ConfigMap, metadata: {{name: a, {metadata}}}}}")
    assert finding.startswith(f"{path}: ")


def test_labels_and_annotations_that_may_be_are_fine() -> None:
    labels = f"labels: {{a: '', A.b_c-d: x.Y_z-0, a.b/c: {'v' * 63}}}"
    annotations = f"annotations: {{A.b/c: any text, d: {LONG}}}"
    assert found(f"{{apiVersion: v1, kind: ConfigMap, metadata: {{name: a, {labels}, {annotations}}}}}") == []


@pytest.mark.parametrize(
    ("spec", "path"),
    [
        ("selector: {matchLabels: {a: b c}}", "spec.selector.matchLabels.a"),
        ("template: {metadata: {labels: {a: b c}}}", "spec.template.metadata.labels.a"),
        ("template: {spec: {nodeSelector: {a: b c}}}", "spec.template.spec.nodeSelector.a"),
        (
            "template: {spec: {topologySpreadConstraints: [{labelSelector: {matchLabels: {a: b c}}}]}}",
            "spec.template.spec.topologySpreadConstraints[0].labelSelector.matchLabels.a",
        ),
    ],
)
def test_labels_are_found_wherever_they_stand(spec: str, path: str) -> None:
    (finding,) = found(f"{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: a}}, spec: {{{spec}}}}}")
    assert finding == f"{path}: 'b c' is no value of a label (letters, digits, -, _ and .)"


def test_a_services_selector_is_made_of_labels() -> None:
    (finding,) = found("{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {selector: {a: b c}}}")
    assert finding.startswith("spec.selector.a: 'b c' is no value of a label")


@pytest.mark.parametrize("field", ["data", "stringData", "binaryData"])
@pytest.mark.parametrize(
    ("key", "is_fine"), [("a.b_C-1", True), (".a", True), ("a/b", False), ("..a", False)]
)
def test_keys_of_config_and_secrets_are_file_names(field: str, key: str, is_fine: bool) -> None:
    findings = found(f"{{apiVersion: v1, kind: Secret, metadata: {{name: a}}, {field}: {{'{key}': b}}}}")
    assert bool(findings) != is_fine
    assert all(finding.startswith(f'{field}["{key}"]: ') for finding in findings)


@pytest.mark.parametrize(
    ("spec", "finding"),
    [
        ("{containers: [{name: A}]}", "spec.containers[0].name: 'A' is no DNS label (a-z, 0-9 and -)"),
        (
            "{initContainers: [{name: a.b}]}",
            "spec.initContainers[0].name: 'a.b' is no DNS label (a-z, 0-9 and -)",
        ),
        ("{volumes: [{name: a_b}]}", "spec.volumes[0].name: 'a_b' is no DNS label (a-z, 0-9 and -)"),
        (
            "{containers: [{name: a, env: [{name: 1A}]}]}",
            "spec.containers[0].env[0].name: '1A' is no environment variable (letters, digits, -, _ and .)",
        ),
        (
            "{containers: [{name: a, ports: [{name: abcdefghijklmnop}]}]}",
            "spec.containers[0].ports[0].name: 'abcdefghijklmnop' is no name of a port "
            "(a-z, 0-9 and -, one a letter): it has 16 characters, 15 are allowed",
        ),
        (
            "{containers: [{name: a, ports: [{name: web}]}, {name: b, ports: [{name: web}]}]}",
            "spec.containers[1].ports[0].name: two ports are named 'web'",
        ),
    ],
)
def test_a_name_inside_a_pod_that_may_not_be_is_found(spec: str, finding: str) -> None:
    assert found(in_pod(spec)) == [finding]


@pytest.mark.parametrize("name", ["80", "a--b", "-a", "A"])
def test_a_ports_name_has_a_letter_and_single_hyphens_inside(name: str) -> None:
    (finding,) = found(in_pod(f"{{containers: [{{name: a, ports: [{{name: '{name}'}}]}}]}}"))
    assert finding.startswith(f"spec.containers[0].ports[0].name: '{name}' is no name of a port (a-z, 0-9")


def test_names_inside_a_pod_that_may_be_are_fine() -> None:
    assert found(in_pod("{containers: [{name: a-1, env: [{name: a.B-c_1}], ports: [{name: 8-web}]}]}")) == []


@pytest.mark.parametrize(
    ("ports", "findings"),
    [
        ("[{port: 80}]", []),
        ("[{name: a, port: 80}, {name: b, port: 81}]", []),
        ("[{name: a, port: 80}, {port: 81}]", ["spec.ports[1].name: None is no text"]),
        ("[{name: a, port: 80}, {name: a, port: 81}]", ["spec.ports[1].name: two ports are named 'a'"]),
        ("[{name: A, port: 80}]", ["spec.ports[0].name: 'A' is no DNS label (a-z, 0-9 and -)"]),
    ],
)
def test_the_ports_of_a_service_are_told_apart_by_name(ports: str, findings: list[str]) -> None:
    assert (
        found(f"{{apiVersion: v1, kind: Service, metadata: {{name: a}}, spec: {{ports: {ports}}}}}")
        == findings
    )
