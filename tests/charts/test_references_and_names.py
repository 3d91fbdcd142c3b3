"""What a case's objects say of each other is true, and their names are legal under any release's name."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from ci.base.errors import UserError
from ci.charts import catalog, helm
from ci.charts.catalog import Case
from ci.charts.helm import ENGINES
from ci.checks import naming, references
from ci.checks.findings import Finding
from ci.kubernetes import manifests
from tests.support.rendering import Render, every_case, parsed

LONGEST = 53  # https://helm.sh/docs/chart_template_guide/getting_started/


def refuse(findings: Sequence[Finding]) -> None:
    if findings:
        pytest.fail("\n".join(str(finding) for finding in findings), pytrace=False)


def longest_release(case: Case) -> str:
    return f"r{case.name}".replace("/", "-").ljust(LONGEST, "x")[:LONGEST]


@every_case
def test_every_reference_is_to_an_object_that_exists(case: Case, render: Render) -> None:
    refuse(references.findings(parsed(render(case, ENGINES[-1])), catalog.fullname(case)))


@every_case
def test_names_and_labels_are_legal(case: Case, render: Render) -> None:
    refuse(naming.findings(parsed(render(case, ENGINES[-1]))))


@every_case
def test_names_labels_and_references_hold_at_the_longest_release_name(case: Case) -> None:
    try:
        stream = helm.template(
            case.chart.path,
            case.values,
            engine=ENGINES[-1],
            release=longest_release(case),
            namespace=case.namespace,
            # The schema knows no release; the tests above have Helm read it.
            extra=["--skip-schema-validation"],
        )
    except UserError as error:
        raise pytest.fail.Exception(str(error), pytrace=False) from None
    objects = manifests.parse(stream)
    refuse(
        [
            *naming.findings(objects),
            *references.findings(objects, catalog.fullname(case, longest_release(case))),
        ]
    )
