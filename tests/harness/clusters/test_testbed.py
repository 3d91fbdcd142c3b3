"""Impossible options for a cluster are refused before one is created."""

from __future__ import annotations

from pathlib import Path

import pytest

from ci.base.errors import UserError
from ci.clusters import addons, testbed
from tests.support.cluster_programs import asked


def test_a_cluster_without_nodes_is_refused(machine: Path) -> None:
    with (
        pytest.raises(UserError, match="--nodes=0: a cluster needs at least one node"),
        testbed.prepared(testbed.Wanted(nodes=0)),
    ):
        pass


def test_a_remote_cluster_needs_a_repository_to_pull_from(machine: Path) -> None:
    with (
        pytest.raises(UserError, match=r"remote is not a kind cluster on this machine.*--push-to="),
        testbed.prepared(testbed.Wanted(kube_context="remote")),
    ):
        pass


def test_a_cluster_without_the_sample_service_needs_no_image(machine: Path) -> None:
    with testbed.bare(testbed.Wanted(addons="gateway-api")) as made:
        assert made.app == ""
    assert not asked(machine, "docker build")


def test_an_unknown_addon_is_refused_before_a_cluster_is_created(machine: Path) -> None:
    with (
        pytest.raises(UserError, match=r"^mesh: no such add-on; use cert-manager, contour, .*, or the path"),
        testbed.prepared(testbed.Wanted(addons="metrics-server mesh")),
    ):
        pass
    assert not (machine / "log").exists() or not asked(machine, "create")


def test_a_mistyped_operator_is_refused_with_the_one_that_was_meant(machine: Path) -> None:
    with (
        pytest.raises(UserError, match=r"^opnbao: no such add-on; use .*; did you mean openbao\?$"),
        testbed.prepared(testbed.Wanted(operators="keda,opnbao")),
    ):
        pass


def test_a_cluster_has_operators_in_place_of_the_addons(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(addons.VARIABLE, "gateway-api")
    with testbed.bare(testbed.Wanted(operators="moto")):
        pass
    (applied,) = asked(machine, "apply")
    assert applied.endswith("cluster-addons/moto")
