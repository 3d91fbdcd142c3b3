"""Kubernetes' schemas refuse what the API servers of the supported versions refuse."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from ci.base.errors import UserError
from ci.kubernetes import validation
from ci.kubernetes.manifests import Object, parse
from ci.kubernetes.versions import NEWEST, OLDEST, SUPPORTED

((DEPLOYMENT),) = parse("""
apiVersion: apps/v1
kind: Deployment
metadata: {name: api}
spec:
  replicas: 3
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec:
      containers:
      - name: api
        image: app:1
        ports: [{containerPort: 8000}, {containerPort: 8000, protocol: UDP}]
        resources: {limits: {cpu: 1, memory: 1Gi}}
        readinessProbe: {httpGet: {path: /, port: 8000}}
""").values()
CONTAINER = ("spec", "template", "spec", "containers", 0)


def problems(object_: Object, version: str = NEWEST) -> list[str]:
    """Return what is wrong with an object: ``path: message``."""
    return [f"{problem.path}: {problem.message}" for problem in validation.validate(object_, version)]


def deployment(*changes: tuple[tuple[str | int, ...], object]) -> Object:
    """Return the Deployment with other values at some paths."""
    changed = copy.deepcopy(DEPLOYMENT)
    for (*parents, last), value in changes:
        node: Any = changed
        for part in parents:
            node = node[part]
        node[last] = value
    return changed


@pytest.mark.parametrize("version", SUPPORTED)
def test_a_valid_object_has_no_problem_in_any_version(version: str) -> None:
    assert problems(deployment(), version) == []


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
@pytest.mark.parametrize(
    ("path", "value", "problem"),
    [
        ((*CONTAINER, "imag"), "a", "spec.template.spec.containers[0]: unknown field imag"),
        (("spec", "replicas"), "3", 'spec.replicas: "3" is not of type "integer"'),
        (("spec", "replicas"), 2**31, "spec.replicas: 2147483648 is greater than the maximum of 2147483647"),
        (
            (*CONTAINER, "ports", 0, "containerPort"),
            "http",
            'spec.template.spec.containers[0].ports[0].containerPort: "http" is not of type "integer"',
        ),
        (
            (*CONTAINER, "resources", "limits", "cpu"),
            True,
            'spec.template.spec.containers[0].resources.limits.cpu: true is not of types "number", "string"',
        ),
        (("metadata", "labels"), {"a": 1}, 'metadata.labels.a: 1 is not of type "string"'),
        (
            ("metadata", "annotations"),
            {"a.b/c": True},
            'metadata.annotations["a.b/c"]: true is not of type "string"',
        ),
        ((*CONTAINER[:-1],), [{"image": "a"}], "spec.template.spec.containers[0]: the field name is missing"),
    ],
    ids=["unknown", "text", "int32", "port", "quantity", "label", "annotation", "missing"],
)
def test_a_wrong_field_is_reported_with_its_path(
    version: str, path: tuple[str | int, ...], value: object, problem: str
) -> None:
    assert problems(deployment((path, value)), version) == [problem]


def test_every_problem_of_an_object_is_reported() -> None:
    wrong = deployment(((*CONTAINER, "imag"), "a"), (("spec", "replicas"), "3"), (("extra",), 1))
    assert len(problems(wrong)) == 3


def test_a_null_is_a_problem_at_any_depth() -> None:
    wrong = deployment(((*CONTAINER, "command"), None), (("metadata", "annotations"), {"a": None}))
    message = "is null, which Kubernetes drops; leave the field out"
    assert problems(wrong) == [
        f"metadata.annotations.a: {message}",
        f"spec.template.spec.containers[0].command: {message}",
    ]


@pytest.mark.parametrize(
    ("field", "entry", "keys"),
    [
        ("env", {"name": "A"}, "name A"),
        ("ports", {"containerPort": 80}, "containerPort 80, protocol TCP"),
        ("volumeMounts", {"name": "a", "mountPath": "/a"}, "mountPath /a"),
    ],
)
def test_two_entries_with_the_same_key_are_a_problem(field: str, entry: Object, keys: str) -> None:
    other = {**entry, "protocol": "TCP"} if field == "ports" else dict(entry)
    wrong = deployment(((*CONTAINER, field), [entry, other]))
    assert problems(wrong) == [f"spec.template.spec.containers[0].{field}: has two entries with {keys}"]


def test_an_entry_that_a_set_has_twice_is_a_problem() -> None:
    mount = {"name": "a", "mountPath": "/a", "bindMountOptions": ["noexec", "noexec"]}
    (found,) = problems(deployment(((*CONTAINER, "volumeMounts"), [mount])), "1.37")
    assert found.startswith("spec.template.spec.containers[0].volumeMounts[0].bindMountOptions: ")
    assert "non-unique" in found


def test_a_field_newer_than_a_version_is_a_problem_in_that_version_only() -> None:
    newer = deployment((("spec", "template", "spec", "resources"), {"limits": {"cpu": "1"}}))
    assert problems(newer, "1.30") == ["spec.template.spec: unknown field resources"]
    assert problems(newer, "1.37") == []


def test_an_unknown_kind_is_a_problem() -> None:
    widget = {"apiVersion": "apps/v2", "kind": "Deployment", "metadata": {"name": "api"}}
    (problem,) = problems(widget, "1.30")
    assert problem.startswith(": Kubernetes 1.30 has no apps/v2 Deployment")
    assert "ci/kubernetes/crds" in problem


def test_an_unknown_version_is_refused() -> None:
    with pytest.raises(UserError, match=r"^Kubernetes '1\.2' is not supported here"):
        validation.validate(DEPLOYMENT, "1.2")


def test_the_values_of_a_secret_are_never_printed() -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}, "stringData": {"PIN": 4711}}
    assert problems(secret) == ['stringData.PIN: the value is not of type "string"']


def test_a_problem_of_several_versions_is_one_line_of_the_report() -> None:
    wrong = deployment((("spec", "replicas"), "3"))
    found = [problem for version in ("1.30", "1.31") for problem in validation.validate(wrong, version)]
    assert validation.report(found) == [
        'apps/v1 Deployment api: spec.replicas: "3" is not of type "integer" (Kubernetes 1.30, 1.31)'
    ]
