"""Names, labels, annotations and keys that the API server would refuse are found."""

from __future__ import annotations

import pytest

from ci.checks import naming
from ci.kubernetes.manifests import parse

LONG = "a" * 64


def found(document: str) -> list[str]:
    """Return the findings for an object, without its key."""
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
def test_a_valid_object_name_is_accepted(kind: str, name: str) -> None:
    assert found(of(kind, name)) == []


@pytest.mark.parametrize(
    ("kind", "name", "fault"),
    [
        ("ConfigMap", "Api", "not a valid DNS subdomain (a-z, 0-9, - and .)"),
        ("ConfigMap", "api-", "not a valid DNS subdomain (a-z, 0-9, - and .)"),
        ("ConfigMap", "a..b", "not a valid DNS subdomain (a-z, 0-9, - and .)"),
        ("ConfigMap", "a" * 254, "254 characters, at most 253 allowed"),
        ("Service", "1a", "not a valid Service name (a-z, 0-9 and -, beginning with a letter)"),
        ("Service", "a.b", "not a valid Service name (a-z, 0-9 and -, beginning with a letter)"),
        (
            "Service",
            LONG,
            "not a valid Service name (a-z, 0-9 and -, beginning with a letter): 64 characters, "
            "at most 63 allowed",
        ),
        ("CronJob", "a" * 53, "not a valid CronJob name: 53 characters, at most 52 allowed"),
        ("Job", LONG, "not a valid Job name: 64 characters, at most 63 allowed"),
        ("Namespace", "a.b", "not a valid DNS label (a-z, 0-9 and -)"),
        ("Role", "a/b", "not a valid role or binding name (without / and %)"),
    ],
)
def test_an_invalid_object_name_is_found(kind: str, name: str, fault: str) -> None:
    (finding,) = found(of(kind, name))
    assert finding.startswith(f"metadata.name: {name!r} is not a valid ")
    assert fault in finding


def test_a_namespace_is_a_dns_label() -> None:
    (finding,) = found("{apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: a.b}}")
    assert finding.startswith("metadata.namespace: 'a.b' is not a valid DNS label")


@pytest.mark.parametrize(
    ("metadata", "path", "name", "what"),
    [
        ("labels: {a: 'b c'}", "labels.a", "b c", "label value"),
        ("labels: {a: -b}", "labels.a", "-b", "label value"),
        (f"labels: {{a: {LONG}}}", "labels.a", LONG, "label value"),
        ("labels: {'a/b/c': d}", 'labels["a/b/c"]', "a/b", "DNS subdomain"),
        ("labels: {'A.b/c': d}", 'labels["A.b/c"]', "A.b", "DNS subdomain"),
        ("labels: {'a.b/': d}", 'labels["a.b/"]', "", "label or annotation name"),
        ("labels: {'/a': d}", 'labels["/a"]', "", "DNS subdomain"),
        (f"labels: {{a.b/{LONG}: d}}", f'labels["a.b/{LONG}"]', LONG, "label or annotation name"),
        ("annotations: {'a b': c}", 'annotations["a b"]', "a b", "label or annotation name"),
    ],
)
def test_an_invalid_label_or_annotation_is_found(metadata: str, path: str, name: str, what: str) -> None:
    (finding,) = found(f"{{apiVersion: v1, kind: ConfigMap, metadata: {{name: a, {metadata}}}}}")
    assert finding.startswith(f"metadata.{path}: {name!r} is not a valid {what} (")


def test_valid_labels_and_annotations_are_accepted() -> None:
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
def test_labels_are_checked_at_any_depth(spec: str, path: str) -> None:
    (finding,) = found(f"{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: a}}, spec: {{{spec}}}}}")
    assert finding == f"{path}: 'b c' is not a valid label value (letters, digits, -, _ and .)"


def test_the_labels_of_a_services_selector_are_checked() -> None:
    (finding,) = found("{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {selector: {a: b c}}}")
    assert finding.startswith("spec.selector.a: 'b c' is not a valid label value")


def test_labels_and_annotations_that_are_not_metadata_are_free() -> None:
    rule = "{alert: a, labels: {a: b c}, annotations: {'a b': c}}"
    assert found(f"{{apiVersion: v1, kind: PrometheusRule, metadata: {{name: a}}, spec: {rule}}}") == []


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        ("ConfigMap", "data"),
        ("ConfigMap", "binaryData"),
        ("Secret", "data"),
        ("Secret", "stringData"),
        ("Secret", "binaryData"),
    ],
)
@pytest.mark.parametrize(
    ("key", "is_fine"), [("a.b_C-1", True), (".a", True), ("a/b", False), ("..a", False)]
)
def test_data_keys_must_be_file_names(kind: str, field: str, key: str, is_fine: bool) -> None:
    findings = found(f"{{apiVersion: v1, kind: {kind}, metadata: {{name: a}}, {field}: {{'{key}': b}}}}")
    assert bool(findings) != is_fine
    assert all(finding.startswith(f'{field}["{key}"]: ') for finding in findings)


@pytest.mark.parametrize(
    ("spec", "finding"),
    [
        (
            "{containers: [{name: A}]}",
            "spec.containers[0].name: 'A' is not a valid DNS label (a-z, 0-9 and -)",
        ),
        (
            "{initContainers: [{name: a.b}]}",
            "spec.initContainers[0].name: 'a.b' is not a valid DNS label (a-z, 0-9 and -)",
        ),
        ("{volumes: [{name: a_b}]}", "spec.volumes[0].name: 'a_b' is not a valid DNS label (a-z, 0-9 and -)"),
        (
            "{containers: [{name: a, env: [{name: 1A}]}]}",
            "spec.containers[0].env[0].name: '1A' is not a valid environment variable name "
            "(letters, digits, -, _ and .)",
        ),
        (
            "{containers: [{name: a, ports: [{name: abcdefghijklmnop}]}]}",
            "spec.containers[0].ports[0].name: 'abcdefghijklmnop' is not a valid port name "
            "(a-z, 0-9 and -, at least one letter): 16 characters, at most 15 allowed",
        ),
        (
            "{containers: [{name: a, ports: [{name: web}]}, {name: b, ports: [{name: web}]}]}",
            "spec.containers[1].ports[0].name: two ports are named 'web'",
        ),
    ],
)
def test_an_invalid_name_in_a_pod_is_found(spec: str, finding: str) -> None:
    assert found(in_pod(spec)) == [finding]


@pytest.mark.parametrize("name", ["80", "a--b", "-a", "A"])
def test_a_port_name_needs_a_letter_and_no_double_hyphen(name: str) -> None:
    (finding,) = found(in_pod(f"{{containers: [{{name: a, ports: [{{name: '{name}'}}]}}]}}"))
    assert finding.startswith(
        f"spec.containers[0].ports[0].name: '{name}' is not a valid port name (a-z, 0-9"
    )


def test_valid_names_in_a_pod_are_accepted() -> None:
    assert found(in_pod("{containers: [{name: a-1, env: [{name: a.B-c_1}], ports: [{name: 8-web}]}]}")) == []


@pytest.mark.parametrize(
    ("ports", "findings"),
    [
        ("[{port: 80}]", []),
        ("[{name: a, port: 80}, {name: b, port: 81}]", []),
        ("[{name: a, port: 80}, {port: 81}]", ["spec.ports[1].name: expected a string, got None"]),
        ("[{name: a, port: 80}, {name: a, port: 81}]", ["spec.ports[1].name: two ports are named 'a'"]),
        ("[{name: A, port: 80}]", ["spec.ports[0].name: 'A' is not a valid DNS label (a-z, 0-9 and -)"]),
    ],
)
def test_several_ports_of_a_service_need_unique_names(ports: str, findings: list[str]) -> None:
    assert (
        found(f"{{apiVersion: v1, kind: Service, metadata: {{name: a}}, spec: {{ports: {ports}}}}}")
        == findings
    )


def test_every_service_of_a_stream_is_checked() -> None:
    service = "{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {ports: [{name: A, port: 80}]}}"
    (finding,) = found(f"{of('ConfigMap', 'a')}\n---\n{service}")
    assert finding.startswith("spec.ports[0].name: 'A' is not a valid DNS label")
