"""A test that needs an operator runs only where a cluster has it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from ci.base.repository import root
from ci.clusters import operators
from ci.clusters.kubectl import Kubectl
from tests.support.operators import demand


@pytest.fixture
def kubectl(machine: Path) -> Kubectl:
    """That of a cluster with cert-manager, and with an OpenBao where nobody looks for it."""
    found = [
        {"metadata": {"namespace": namespace, "name": name}}
        for namespace, name in [("cert-manager", "cert-manager"), ("elsewhere", "openbao")]
    ]
    (machine / "deployments.json").write_text(json.dumps({"kind": "List", "items": found}))
    return Kubectl(machine / "kubeconfig")


def marked(*names: str) -> list[pytest.Mark]:
    return [pytest.mark.operators(*names).mark]


def test_a_test_runs_where_the_cluster_has_its_operators(kubectl: Kubectl) -> None:
    demand(marked("cert-manager"), kubectl)


def test_a_test_is_left_out_with_what_is_missing_and_the_remedy(kubectl: Kubectl) -> None:
    with pytest.raises(pytest.skip.Exception) as ended:
        demand(marked("openbao", "cert-manager", "keda"), kubectl)
    assert str(ended.value) == (
        "this cluster has no openbao (Deployment openbao/openbao), keda (Deployment keda/keda-operator): "
        "create one with --operators openbao,keda"
    )


def test_a_marker_with_a_wrong_name_is_a_failure_and_not_a_reason_to_skip(kubectl: Kubectl) -> None:
    with pytest.raises(
        pytest.fail.Exception, match="no operator is named vault; there are external-secrets, "
    ):
        demand(marked("vault"), kubectl)


def test_a_test_that_needs_none_asks_no_cluster(machine: Path) -> None:
    demand([], Kubectl(machine / "kubeconfig"))
    assert not (machine / "log").exists()


def test_operators_are_listed_with_commas_and_all_of_them_by_a_word() -> None:
    assert operators.chosen("moto, /made/here/keda") == ["moto", "/made/here/keda"]
    assert operators.chosen("all") == ["metrics-server", *operators.DEPLOYMENTS]


def test_every_file_of_these_tests_names_operators_that_there_are() -> None:
    files = list((root() / "tests/cluster/operators").glob("test_*.py"))
    assert files
    for file in files:
        marks = re.findall(r"mark\.operators\((.*?)\)", file.read_text(), re.DOTALL)
        named = {name for mark in marks for name in re.findall(r'"(.*?)"', mark)}
        assert named, file
        assert named <= set(operators.DEPLOYMENTS), file
