"""A cluster that cannot be what is wanted is refused before one is made."""

from __future__ import annotations

from pathlib import Path

import pytest

from ci.base.errors import UserError
from ci.clusters import testbed
from tests.support.cluster_programs import asked


def test_a_cluster_of_no_node_is_refused(machine: Path) -> None:
    with pytest.raises(UserError, match="--nodes=1 is the least"), testbed.prepared(testbed.Wanted(nodes=0)):
        pass


def test_an_existing_cluster_that_is_not_of_this_machine_needs_a_place_to_pull_from(machine: Path) -> None:
    with (
        pytest.raises(UserError, match=r"remote is no kind cluster of this machine.*--push-to="),
        testbed.prepared(testbed.Wanted(kube_context="remote")),
    ):
        pass


def test_an_addon_that_is_not_there_is_refused_before_a_cluster_is_made(machine: Path) -> None:
    with (
        pytest.raises(
            UserError, match=r"^mesh: there is no such add-on: give metrics-server or contour or gateway-api"
        ),
        testbed.prepared(testbed.Wanted(addons="metrics-server mesh")),
    ):
        pass
    assert not (machine / "log").exists() or not asked(machine, "create")
