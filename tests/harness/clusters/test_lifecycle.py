"""How clusters come and go, with stand-ins for kind, kubectl and docker that note what they are asked."""

from __future__ import annotations

import os
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from ci.base import programs
from ci.base.errors import UserError
from ci.base.processes import CommandError
from ci.base.repository import shown
from ci.clusters import addons, kind, lifecycle, testbed
from ci.clusters.kubectl import Kubectl
from ci.deploy import up
from ci.kubernetes import custom_kinds

KIND = """
case "$1 $2" in
version*) echo kind v0.33.0; exit ;;
"create cluster")
  echo " • Preparing nodes 📦  ..." >&2
  [ ! -e refuse ] || { echo "ERROR: no room" >&2; exit 1; } ;;
esac
"""
KUBECTL = """
case "$*" in
"version --client") echo Client Version: v1.34.4; exit ;;
*"get --output=json"*) echo '{"kind": "List", "items": []}' ;;
*https://*) echo "error: no such host" >&2; exit 1 ;;
*"--context=missing") echo "error: cannot locate context missing" >&2; exit 1 ;;
esac
"""
DOCKER = """
case "$1" in
port) for port in 80 443 31080; do echo "$port/tcp -> 127.0.0.1:1$port"; done ;;
esac
"""


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder whose file log has a line for each call of kind, kubectl and docker, and the working one."""
    for name, body in {"kind": KIND, "kubectl": KUBECTL, "docker": DOCKER}.items():
        program = tmp_path / name
        program.write_text(f'#!/bin/sh\necho "{name} $*" >> {tmp_path}/log\ncd {tmp_path}\n{body}')
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv(programs.CACHE_VARIABLE, str(tmp_path / "cache"))
    monkeypatch.delenv(testbed.IMAGE_VARIABLE, raising=False)
    monkeypatch.delenv(addons.VARIABLE, raising=False)
    for name in ("KIND", "KUBECTL"):
        monkeypatch.setattr(programs, name, replace(getattr(programs, name)))
    monkeypatch.setattr("ci.base.repository._ROOT", tmp_path)
    monkeypatch.setattr(kind, "POLL_SECONDS", 0)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def asked(machine: Path, words: str) -> list[str]:
    """The calls that contain these words."""
    return [line for line in (machine / "log").read_text().splitlines() if words in line]


def test_nothing_of_a_cluster_listens_beyond_loopback() -> None:
    config = yaml.safe_load(kind.config(nodes=3))
    mappings = [mapping for node in config["nodes"] for mapping in node.get("extraPortMappings", [])]
    assert len(config["nodes"]) == 3
    assert {mapping["listenAddress"] for mapping in mappings} == {"127.0.0.1"}
    assert config["networking"]["apiServerAddress"] == "127.0.0.1"


@pytest.mark.parametrize("way_out", [None, UserError("tests failed"), KeyboardInterrupt()], ids=repr)
def test_a_cluster_is_removed_on_every_way_out(machine: Path, way_out: BaseException | None) -> None:
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


def test_what_explains_a_failure_is_collected_and_its_place_named(
    machine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(UserError, match="tests failed"), lifecycle.ephemeral(nodes=1, image="") as made:
        raise UserError("tests failed")
    assert asked(machine, f"kind export logs --name {made.name}")
    assert f"what explains this is in {shown(made.logs)}" in capsys.readouterr().err


def test_a_cluster_that_cannot_be_made_is_removed_and_kind_says_why(machine: Path) -> None:
    (machine / "refuse").touch()
    with pytest.raises(UserError, match=r"(?s)kind could not make the cluster.*ERROR: no room"):
        lifecycle.ephemeral(nodes=1, image="").__enter__()
    assert asked(machine, "kind delete cluster")
    assert not lifecycle.left_by_killed_runs()


def test_a_cluster_that_is_kept_stays_until_down(machine: Path) -> None:
    with lifecycle.ephemeral(nodes=1, image="") as made:
        made.keep(up.KEPT_BY)
    assert not asked(machine, "kind delete")
    assert lifecycle.read(made.folder) == made
    up.down(everything=False)
    assert asked(machine, f"kind delete cluster --name={made.name}")
    assert not lifecycle.kept()


def test_what_another_run_keeps_is_offered_and_not_taken(
    machine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with lifecycle.ephemeral(nodes=1, image="") as made:
        made.keep("invoke test --keep")
    up.down(everything=False)
    assert f"until `invoke down --all`: {made.name}, kept by invoke test --keep" in capsys.readouterr().err
    up.down(everything=True)
    assert not lifecycle.kept()


def test_what_a_killed_run_left_is_removed_by_the_next_and_what_is_in_use_is_not(machine: Path) -> None:
    with lifecycle.ephemeral(nodes=1, image="") as in_use:
        name = f"{in_use.name}-left"
        left = replace(in_use, name=name, folder=in_use.folder.with_name(name))
        left.folder.mkdir()
        left.write()
        with lifecycle.ephemeral(nodes=1, image=""):
            assert asked(machine, f"kind delete cluster --name={left.name}")
        assert not left.folder.exists()
        assert in_use.folder.exists()


def test_an_existing_cluster_is_used_by_a_kubeconfig_of_our_own_and_left_clean(machine: Path) -> None:
    with lifecycle.existing("production") as found:
        assert asked(machine, "kubectl config view --minify --flatten --context=production")
        assert found.kubeconfig.stat().st_mode & 0o77 == 0
    assert asked(machine, f"delete namespace --selector=microservice-chart/run={found.name}")
    assert not asked(machine, "kind")
    assert not found.folder.exists()


def test_a_context_that_is_not_there_is_named(machine: Path) -> None:
    with pytest.raises(CommandError, match="cannot locate context missing"):
        lifecycle.existing("missing").__enter__()
    assert not lifecycle.left_by_killed_runs()


def test_an_existing_cluster_that_is_not_of_this_machine_needs_a_place_to_pull_from(machine: Path) -> None:
    with (
        pytest.raises(UserError, match=r"remote is no kind cluster of this machine.*--push-to="),
        testbed.prepared(testbed.Wanted(kube_context="remote")),
    ):
        pass


@pytest.mark.parametrize(
    ("addon", "arguments"),
    [
        ("contour", ["--kustomize", str(addons.FOLDER / "contour")]),
        ("https://example.com/all.yaml", ["--filename", "https://example.com/all.yaml"]),
        ("mine.yaml", ["--filename", "mine.yaml"]),
    ],
)
def test_an_addon_is_one_of_ours_or_a_manifest_by_path_or_url(
    machine: Path, addon: str, arguments: list[str]
) -> None:
    (machine / "mine.yaml").touch()
    assert addons.source(addon) == arguments


def test_every_addon_of_ours_is_pinned() -> None:
    for name in addons.DEFAULT.split():
        (resource,) = yaml.safe_load((addons.FOLDER / name / "kustomization.yaml").read_text())["resources"]
        assert resource.startswith("https://")
        assert "/v" in resource


def test_the_routes_of_a_cluster_are_of_the_release_that_they_are_validated_by() -> None:
    release = yaml.safe_load((custom_kinds.FOLDER / "gateway.networking.k8s.io.HTTPRoute.yaml").read_text())
    (resource,) = yaml.safe_load((addons.FOLDER / "gateway-api/kustomization.yaml").read_text())["resources"]
    assert resource.endswith(f"/gateway-api/{release['release']}/{release['source']}")


def test_an_addon_that_is_not_there_is_refused_before_a_cluster_is_made(machine: Path) -> None:
    with (
        pytest.raises(
            UserError, match=r"^mesh: there is no such add-on: give metrics-server or contour or gateway-api"
        ),
        testbed.prepared(testbed.Wanted(addons="metrics-server mesh")),
    ):
        pass
    assert not (machine / "log").exists() or not asked(machine, "create")


def test_an_addon_out_of_reach_comes_with_what_to_give_instead(machine: Path) -> None:
    with pytest.raises(
        UserError, match="no such host\n--addons or CLUSTER_ADDONS takes manifests of your own"
    ):
        addons.install(Kubectl(machine / "kubeconfig"), ["https://example.com/mesh.yaml"])


def test_the_addons_of_the_environment_count_where_none_are_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(addons.VARIABLE, "one.yaml 'the other.yaml'")
    assert addons.chosen("") == ["one.yaml", "the other.yaml"]
    assert addons.chosen("contour") == ["contour"]


def test_a_cluster_of_no_node_is_refused(machine: Path) -> None:
    with pytest.raises(UserError, match="--nodes=1 is the least"), testbed.prepared(testbed.Wanted(nodes=0)):
        pass
