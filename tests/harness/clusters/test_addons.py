"""What is installed into a cluster: add-ons of ours, each of one version, or manifests of anybody's."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from ci.base.errors import UserError
from ci.clusters import addons
from ci.clusters.kubectl import Kubectl
from ci.kubernetes import custom_kinds


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


def test_an_addon_out_of_reach_comes_with_what_to_give_instead(machine: Path) -> None:
    with pytest.raises(
        UserError, match="no such host\n--addons or CLUSTER_ADDONS takes manifests of your own"
    ):
        addons.install(Kubectl(machine / "kubeconfig"), ["https://example.com/mesh.yaml"])


def test_the_addons_of_the_environment_count_where_none_are_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(addons.VARIABLE, "one.yaml 'the other.yaml'")
    assert addons.chosen("") == ["one.yaml", "the other.yaml"]
    assert addons.chosen("contour") == ["contour"]
