"""The image to deploy is named by a tag or a digest that can be rolled back to."""

from __future__ import annotations

import re

import pytest

from ci.base.errors import UserError
from ci.deploy.candidate import require_image
from ci.deploy.components import main_image
from ci.kubernetes.manifests import parse

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
