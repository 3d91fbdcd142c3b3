"""kube-score finds nothing to improve in the defaults and in production but what has a reason here."""

from __future__ import annotations

import pytest

from ci.checks import kube_score
from tests.support.rendering import CaseRenderer

CASES = ("defaults", "api", "api/production")
# What it finds all the same, and why it stays.
MEANT = {
    "ImagePullPolicy is not set to Always": "a version stays what it is; pods start without the registry",
    "Ephemeral Storage limit is not set": "a pod above it is evicted; volumes.tmp can have a sizeLimit",
    "Ephemeral Storage request is not set": "the root file system is read-only, and /tmp is for little",
    "The pod does not have a matching egress NetworkPolicy": "whom it may reach is the namespace's to decide",
    "Container is missing a livenessProbe": "under load it would make an outage out of a delay",
}


def said(render_case: CaseRenderer, name: str) -> list[kube_score.Advice]:
    return kube_score.advice(render_case(name).stream)


@pytest.mark.parametrize("name", CASES)
def test_kube_score_finds_only_what_has_a_reason(name: str, render_case: CaseRenderer) -> None:
    assert [advice for advice in said(render_case, name) if advice.summary not in MEANT] == []


def test_everything_that_has_a_reason_is_still_found(render_case: CaseRenderer) -> None:
    assert {advice.summary for name in CASES for advice in said(render_case, name)} == MEANT.keys()


def test_kube_score_finds_what_is_unsafe(render_case: CaseRenderer) -> None:
    checks = {advice.check for advice in said(render_case, "security-privileged")}
    assert {"container-security-context-user-group-id", "container-seccomp-profile"} <= checks
