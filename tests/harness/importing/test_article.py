"""The article's service, written by hand: its import is values/api.yaml, but for what only a person knows."""

from __future__ import annotations

import pytest
from invoke.exceptions import Exit

from ci.base.repository import root
from ci.charts.values_file import read_values
from ci.importing.importing import NOT_CARRIED
from tests.harness.importing.conftest import Import

ARTICLE = root() / "tests" / "charts" / "microservice" / "data" / "handwritten.yaml"
NO_REPLICAS = "Deployment api: spec.replicas: 3 -> (absent): the autoscaler sets the number of pods"


def test_the_values_are_those_that_a_person_wrote(import_: Import) -> None:
    written = dict(read_values(root() / "values" / "api.yaml"))
    del written["x-build"]
    assert import_(ARTICLE, secrets=True).values == written


def test_a_secret_stays_in_the_cluster_unless_it_is_wished_for(import_: Import) -> None:
    imported = import_(ARTICLE)
    assert imported.values["secret"] == {"existing": ["api-secrets"]}
    assert "postgresql" not in imported.text + imported.report
    assert imported.section("not carried over") == [
        "Secret api-secrets: its values stay out of the file: it has to be in the cluster before an install",
        NO_REPLICAS,
    ]


def test_what_the_chart_makes_safer_is_reported_below_the_key_that_takes_it_back(import_: Import) -> None:
    lines = import_(ARTICLE).section("made safer")
    assert "Deployment api: spec.template.spec.containers.api.securityContext.runAsUser: 10001" in lines
    assert {line for line in lines if " api" not in line} >= {
        "serviceAccount: {create: false}",
        "serviceAccount: {automount: true}",
        "podSecurityStandard: privileged",
        "topologySpreadConstraints: []",
        "shutdown: {drainSeconds: 0}",
        "volumes: {tmp: {enabled: false}}",
        "networkPolicy: {enabled: false}",
        "podDisruptionBudget: {enabled: false}",
        "tests: {enabled: false}",
    }


def test_exact_values_make_nothing_safer(import_: Import) -> None:
    imported = import_(ARTICLE, exact=True, secrets=True)
    assert imported.section("made safer") == []
    assert imported.section("not carried over") == [NO_REPLICAS]


def test_objects_that_get_another_name_are_listed_and_the_service_is_none_of_them(import_: Import) -> None:
    imported = import_(ARTICLE)
    assert imported.section("changed in name") == [
        "Ingress api-ingress is now api",
        "HorizontalPodAutoscaler api-hpa is now api",
    ]
    assert "the Service keeps its name, api" in imported.report


def test_the_exit_code_tells_scripts_that_something_is_not_carried_over(import_: Import) -> None:
    with pytest.raises(Exit) as ended:
        import_(ARTICLE, exit_code=True)
    assert ended.value.code == NOT_CARRIED
