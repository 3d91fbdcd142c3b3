"""What kube-score cannot read is reported as such."""

from __future__ import annotations

import pytest

from ci.base.errors import UserError
from ci.checks import kube_score


def test_what_is_no_manifest_is_reported_as_such() -> None:
    with pytest.raises(UserError, match=r"^kube-score can't read the manifests: "):
        kube_score.advice("kind: [")
