"""Checks the charts, their values files, and the files that are generated from them."""

from __future__ import annotations

from ci import docs
from ci.base.errors import UserError
from ci.checks import cases
from ci.kubernetes.versions import require_supported


def run(kube_version: str = "", format_: str = "text") -> None:
    """Lint the charts, alone and with every case; raise UserError with all problems found.

    ``kube_version`` ("1.31", or "" for none) also reports each field that this version does not know yet.
    Other formats than text are for named files: many problems of a chart are in no line of one.
    """
    if format_ != "text":
        raise UserError(f"--format {format_} is for values files: name them")
    if kube_version:
        require_supported(kube_version)
    docs.check()
    cases.lint(kube_version)
