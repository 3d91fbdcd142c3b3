"""Checks the charts, and packages them if nothing is wrong."""

from __future__ import annotations

from ci import docs
from ci.checks import cases
from ci.publishing import packages


def run() -> None:
    """Lint, render, validate and package every chart into dist/; raise UserError with all problems found."""
    docs.check()
    cases.lint_and_validate()
    packages.package_all()
