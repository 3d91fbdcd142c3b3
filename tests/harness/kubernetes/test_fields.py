"""Fields that only newer Kubernetes versions have are distinguished from those that none has."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from ci.base.errors import UserError
from ci.kubernetes import fields, validation
from ci.kubernetes.manifests import Object, parse
from ci.kubernetes.versions import NEWEST, OLDEST

((POD),) = parse("""
apiVersion: v1
kind: Pod
metadata: {name: a, labels: {resources: a label may bear the name of a field}}
spec:
  containers: [{name: a, image: a:1, env: [{name: A, value: b}]}]
  nodeSelector: {resources: so may a node's}
""").values()


def pod(path: str, value: object) -> Object:
    """The Pod with a value at a path such as ``spec.containers.0.env``."""
    changed = copy.deepcopy(POD)
    *parents, last = path.split(".")
    node: Any = changed
    for part in parents:
        node = node[int(part)] if isinstance(node, list) else node[part]
    node[last] = value
    return changed


def newer(object_: Object, version: str = OLDEST) -> list[tuple[str, str]]:
    """Each newer field's path, and the first version that has it."""
    return [(path, since) for _, path, since in fields.newer(object_, version)]


def test_a_field_that_every_version_has_is_not_newer() -> None:
    assert newer(POD) == []


# As Kubernetes' changelogs have them.
@pytest.mark.parametrize(
    ("path", "value", "found", "since"),
    [
        ("spec.resources", {"limits": {"cpu": "1"}}, "spec.resources", "1.32"),
        ("spec.volumes", [{"name": "a", "image": {"reference": "b"}}], "spec.volumes[0].image", "1.31"),
        (
            "spec.containers.0.env",
            [{"name": "A"}, {"name": "B", "valueFrom": {"fileKeyRef": {"key": "c"}}}],
            "spec.containers[0].env[1].valueFrom.fileKeyRef",
            "1.34",
        ),
        (
            "spec.initContainers",
            [{"name": "b", "lifecycle": {"stopSignal": "SIGINT"}}],
            "spec.initContainers[0].lifecycle.stopSignal",
            "1.33",
        ),
    ],
)
def test_a_newer_field_is_found_with_its_path_and_the_first_version_that_has_it(
    path: str, value: object, found: str, since: str
) -> None:
    assert newer(pod(path, value)) == [(found, since)]


def test_a_field_is_not_newer_than_the_first_version_that_has_it() -> None:
    with_image = pod("spec.volumes", [{"name": "a", "image": {"reference": "b"}}])
    assert newer(with_image, "1.31") == []


def test_a_field_within_a_newer_one_is_found_only_if_it_is_newer_still() -> None:
    claims = {"claims": [{"name": "a", "request": "b"}]}
    assert newer(pod("spec.resources", claims)) == [("spec.resources", "1.32")]
    reference = {"user": 1000, "path": "b", "key": "c"}
    within = pod("spec.volumes", [{"name": "a", "configMap": {"items": [reference]}}])
    assert newer(within) == [("spec.volumes[0].configMap.items[0].user", NEWEST)]


def test_a_field_that_no_version_has_is_not_newer() -> None:
    assert newer(pod("spec.resuorces", {})) == []


def test_a_kind_that_the_oldest_version_lacks_is_newer_as_a_whole() -> None:
    policy = {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingAdmissionPolicy", "spec": {}}
    ((path, since),) = newer({**policy, "metadata": {"name": "a"}})
    assert path == ""
    assert since > "1.31"


def test_a_kind_that_no_version_has_is_not_newer() -> None:
    assert newer({"apiVersion": "example.com/v1", "kind": "Pod", "metadata": {"name": "a"}}) == []


def test_an_unknown_version_is_refused() -> None:
    with pytest.raises(UserError, match=r"^Kubernetes '1\.2' is not supported here; the versions are 1\.30,"):
        newer(POD, "1.2")


def test_what_a_version_knows_of_an_object_is_the_object_without_its_newer_fields() -> None:
    wanted = pod("spec.resources", {"limits": {"cpu": "1"}})
    assert fields.known(wanted, OLDEST) == POD
    assert fields.known(wanted, NEWEST) == wanted


def test_a_version_knows_nothing_of_a_newer_kind() -> None:
    policy = {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingAdmissionPolicy", "spec": {}}
    assert fields.known({**policy, "metadata": {"name": "a"}}, OLDEST) is None


def problems(object_: Object) -> list[tuple[str, str]]:
    """Each problem's version and path."""
    return [(problem.version, problem.path) for problem in fields.problems([object_])]


def test_a_newer_field_is_no_problem() -> None:
    wanted = pod("spec.resources", {"limits": {"cpu": "1"}})
    assert validation.validate(wanted, OLDEST) != []
    assert problems(wanted) == []


def test_a_mistake_beside_a_newer_field_is_a_problem_in_every_version() -> None:
    wrong = pod("spec.volumes", [{"name": "a", "image": {}, "imag": {}}])
    found = fields.problems([wrong], [OLDEST, NEWEST])
    line = "v1 Pod a: spec.volumes[0]: unknown field imag (Kubernetes 1.30, 1.37)"
    assert validation.report(found) == [line]


def test_a_mistake_in_a_newer_field_is_a_problem_in_the_versions_that_have_it() -> None:
    wrong = pod("spec.containers.0.env", [{"name": "A", "valueFrom": {"fileKeyRef": {"key": 1}}}])
    assert {version for version, _ in problems(wrong)} == {"1.34", "1.35", "1.36", "1.37"}


def test_a_kind_is_validated_for_the_versions_that_have_it() -> None:
    policy = {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingAdmissionPolicy", "spce": {}}
    found = {version for version, _ in problems({**policy, "metadata": {"name": "a"}})}
    assert NEWEST in found
    assert OLDEST not in found
