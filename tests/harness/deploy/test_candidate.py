"""The image to deploy is named by a tag or a digest that can be rolled back to."""

from __future__ import annotations

import re
from subprocess import CompletedProcess

import pytest

from ci.base.errors import UserError
from ci.charts import environments, helm
from ci.charts.helm import HelmError
from ci.deploy.candidate import candidate, require_image
from ci.deploy.components import main_image
from ci.deploy.reasons import Refused
from ci.kubernetes.manifests import parse
from tests.support import fake_cluster

DIGEST = f"sha256:{'0123456789abcdef' * 4}"


@pytest.mark.parametrize(("tag", "digest"), [("", ""), ("v1.4.0", ""), ("1.10_rc-1", ""), ("", DIGEST)])
def test_a_tag_or_a_digest_or_none_is_right(tag: str, digest: str) -> None:
    require_image(tag, digest)


@pytest.mark.parametrize(
    ("tag", "digest", "words"),
    [
        ("v1", DIGEST, "--tag and --digest both name an image: give one of them"),
        ("latest", "", "--tag latest names another image each day"),
        ("v1 2", "", "--tag 'v1 2': a tag has letters, digits"),
        (".v1", "", "--tag '.v1': a tag has letters, digits"),
        ("v" * 129, "", "a tag has letters, digits"),
        ("", "sha256:12", "--digest sha256:12: a digest is sha256: and 64 digits"),
        ("", f"{DIGEST}0", "a digest is sha256: and 64 digits"),
        ("", DIGEST.upper(), "a digest is sha256: and 64 digits"),
        ("", DIGEST.removeprefix("sha256:"), "a digest is sha256: and 64 digits"),
    ],
)
def test_what_names_no_image_is_refused_with_what_would(tag: str, digest: str, words: str) -> None:
    with pytest.raises(UserError, match=re.escape(words)):
        require_image(tag, digest)


def test_the_image_of_a_service_is_that_of_its_first_container() -> None:
    text = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, namespace: a}
spec: {template: {spec: {containers: [{name: api, image: "myrepo/api:1"}, {name: b, image: c}]}}}
"""
    assert main_image(parse(text)) == "myrepo/api:1"
    assert main_image({}) == ""


def test_what_the_charts_checks_refuse_is_said_at_once_by_its_code(monkeypatch: pytest.MonkeyPatch) -> None:
    words = (
        '1 problem in the values of "api", nothing was changed:\n  - guardrails: ingress.tls: no certificate'
    )

    def refuse(*_: object, **__: object) -> str:
        stderr = f"Error: execution error at (microservice/templates/checks.yaml:1:4): {words}\n"
        raise HelmError("charts/microservice", CompletedProcess(["helm", "template"], 1, "", stderr))

    monkeypatch.setattr(environments, "values_of", lambda *_: ())
    monkeypatch.setattr(helm, "template", refuse)
    with pytest.raises(Refused) as refused:
        candidate(fake_cluster.target(monkeypatch), "", "")
    assert str(refused.value) == f"Invalid: {words}"
