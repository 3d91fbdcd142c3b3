"""Clusters are created, kept and removed, however a run ends."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest

from ci.base.errors import UserError
from ci.base.processes import CommandError
from ci.base.repository import shown
from ci.clusters import lifecycle
from ci.deploy import target, up
from tests.support.cluster_programs import asked


@pytest.mark.parametrize("way_out", [None, UserError("tests failed"), KeyboardInterrupt()], ids=repr)
def test_a_cluster_is_removed_however_the_block_ends(machine: Path, way_out: BaseException | None) -> None:
    expected = pytest.raises(type(way_out)) if way_out else nullcontext()
    with expected, lifecycle.ephemeral(nodes=1, image="") as made:
        assert made.loopback == {"80": 180, "443": 1443, "31080": 131080}
        if way_out:
            raise way_out
    assert asked(machine, f"kind delete cluster --name={made.name} --kubeconfig={made.kubeconfig}")
    assert not made.folder.exists()


def test_two_clusters_never_share_a_name(machine: Path) -> None:
    names = set()
    for _ in range(2):
        with lifecycle.ephemeral(nodes=1, image="") as made:
            names.add(made.name)
    assert len(names) == 2


def test_diagnostics_of_a_failure_are_collected_and_their_folder_reported(
    machine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(UserError, match="tests failed"), lifecycle.ephemeral(nodes=1, image="") as made:
        raise UserError("tests failed")
    assert asked(machine, f"kind export logs --name {made.name}")
    assert f"diagnostics are in {shown(made.logs)}" in capsys.readouterr().err


def test_a_cluster_that_cannot_be_created_is_removed_and_kinds_error_reported(machine: Path) -> None:
    (machine / "refuse").touch()
    with pytest.raises(UserError, match=r"(?s)kind could not create the cluster.*ERROR: no room"):
        lifecycle.ephemeral(nodes=1, image="").__enter__()
    assert asked(machine, "kind delete cluster")
    assert not lifecycle.left_by_killed_runs()


def test_a_kept_cluster_remains_until_down(machine: Path) -> None:
    with lifecycle.ephemeral(nodes=1, image="") as made:
        made.keep(target.KEPT_BY)
    assert not asked(machine, "kind delete")
    assert lifecycle.read(made.folder) == made
    up.down(everything=False)
    assert asked(machine, f"kind delete cluster --name={made.name}")
    assert not lifecycle.kept()


def test_what_another_task_keeps_is_removed_only_with_all(
    machine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with lifecycle.ephemeral(nodes=1, image="") as made:
        made.keep("invoke test --keep")
    up.down(everything=False)
    assert f"until `invoke down --all`: {made.name}, kept by invoke test --keep" in capsys.readouterr().err
    up.down(everything=True)
    assert not lifecycle.kept()


def test_the_next_run_removes_what_a_killed_run_left_but_not_what_is_in_use(machine: Path) -> None:
    with lifecycle.ephemeral(nodes=1, image="") as in_use:
        name = f"{in_use.name}-left"
        left = replace(in_use, name=name, folder=in_use.folder.with_name(name))
        left.folder.mkdir()
        left.write()
        with lifecycle.ephemeral(nodes=1, image=""):
            assert asked(machine, f"kind delete cluster --name={left.name}")
        assert not left.folder.exists()
        assert in_use.folder.exists()


def test_an_existing_cluster_is_used_with_a_separate_kubeconfig_and_left_clean(machine: Path) -> None:
    with lifecycle.existing("production") as found:
        assert asked(machine, "kubectl config view --minify --flatten --context=production")
        assert found.kubeconfig.stat().st_mode & 0o77 == 0
    assert asked(machine, f"delete namespace --selector=microservice-chart/run={found.name}")
    assert not asked(machine, "kind")
    assert not found.folder.exists()


def test_an_unknown_context_is_named(machine: Path) -> None:
    with pytest.raises(CommandError, match="cannot locate context missing"):
        lifecycle.existing("missing").__enter__()
    assert not lifecycle.left_by_killed_runs()
