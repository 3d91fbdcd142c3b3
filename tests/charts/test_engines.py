"""Helm 3 and Helm 4 render the same lines, and a person can read them.

The one exception is an empty line of Helm 4 between documents of one template, which helm.template takes out.
"""

from __future__ import annotations

import difflib
import itertools

import pytest

from ci.charts.catalog import Case
from ci.charts.helm import ENGINES
from ci.checks.tidiness import untidy
from ci.kubernetes import masking
from tests.support.rendering import Render, every_case

SHOWN_LINES = 40


@every_case
def test_both_engines_render_the_same_lines(case: Case, render: Render) -> None:
    one, other = (render(case, engine) for engine in ENGINES)
    if one != other:
        old, new = (masking.redacted(stream).split("\n") for stream in (one, other))
        lines = difflib.unified_diff(old, new, f"Helm {ENGINES[0]}", f"Helm {ENGINES[1]}", lineterm="")
        pytest.fail("\n".join(itertools.islice(lines, SHOWN_LINES)), pytrace=False)


@every_case
def test_what_is_rendered_is_tidy(case: Case, render: Render) -> None:
    faults = [f"helm {engine}, {fault}" for engine in ENGINES for fault in untidy(render(case, engine))]
    if faults:
        pytest.fail("\n".join(faults), pytrace=False)
