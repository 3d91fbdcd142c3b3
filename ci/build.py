"""Checks the charts, and packages them if nothing is wrong."""

from __future__ import annotations

from ci import docs
from ci.checks import cases
from ci.publishing import packages, since_release


def run() -> None:
    """Lint, render, validate and package every chart into dist/; raise UserError with all problems found.

    Manifests are also compared with those of the last release.
    """
    docs.check()
    cases.lint_and_validate()
    since_release.check()
    packages.package_all()
