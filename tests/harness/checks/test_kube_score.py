"""The output of kube-score is parsed, whatever its exit code."""

from __future__ import annotations

from pathlib import Path

import pytest

from ci.base.errors import UserError
from ci.checks import kube_score
from ci.checks.kube_score import Advice

POD = """
apiVersion: v1
kind: Pod
metadata:
  name: a
spec:
  containers:
    - {name: a, image: "b:latest"}
"""


def test_a_critical_finding_is_reported() -> None:
    assert "container-image-tag" in {advice.check for advice in kube_score.advice(POD)}


def test_a_finding_has_the_object_the_check_and_its_comment_also_for_a_check_that_is_off_by_default() -> None:
    found = kube_score.advice(POD)
    assert Advice("Pod/v1//a", "container-image-tag", "Image with latest tag") in found
    assert (
        Advice("Pod/v1//a", "container-seccomp-profile", "The container has not configured Seccomp") in found
    )


def test_objects_without_a_check_have_no_finding() -> None:
    assert kube_score.advice("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n") == []


def test_invalid_manifests_are_reported() -> None:
    with pytest.raises(UserError, match=r"^kube-score can't read the manifests: "):
        kube_score.advice("kind: [")


def test_a_kube_score_that_does_not_start_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ci.base.programs.find", lambda program: tmp_path)
    with pytest.raises(UserError, match=r"^scoring the manifests: .* cannot be run: "):
        kube_score.advice(POD)
