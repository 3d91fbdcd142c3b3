"""Which operators a test needs, by the marker ``operators``."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from ci.clusters import operators
from ci.clusters.kubectl import Kubectl


def demand(marks: Iterable[pytest.Mark], kubectl: Kubectl) -> None:
    """Skip the test with the reason and the remedy if the cluster lacks an operator of the marks."""
    names = [str(name) for mark in marks for name in mark.args]
    if unknown := sorted(set(names) - set(operators.DEPLOYMENTS)):
        known = ", ".join(operators.DEPLOYMENTS)
        pytest.fail(f"no operator is named {', '.join(unknown)}; there are {known}", pytrace=False)
    if missing := operators.missing(kubectl, names):
        places = ", ".join(f"{name} (Deployment {place})" for name, place in missing.items())
        pytest.skip(f"this cluster has no {places}: create one with --operators {','.join(missing)}")
