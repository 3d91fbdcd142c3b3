"""Checks the charts, their values files, and the files that are generated from them."""

from __future__ import annotations

from ci import docs
from ci.checks import cases
from ci.kubernetes.versions import require_supported


def run(kube_version: str = "") -> None:
    """Lint the charts, alone and with every case; raise UserError with all problems found.

    ``kube_version`` ("1.31", or "" for none) also reports each field that this version does not know yet.
    """
    if kube_version:
        require_supported(kube_version)
    docs.check()
    cases.lint(kube_version)
