"""Add-ons are our own, each pinned to a version, or any manifests by path or URL."""

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
def test_an_addon_is_our_own_or_a_manifest_by_path_or_url(
    machine: Path, addon: str, arguments: list[str]
) -> None:
    (machine / "mine.yaml").touch()
    assert addons.source(addon) == arguments


def test_our_own_addons_are_pinned() -> None:
    for name in addons.DEFAULT.split():
        resources = yaml.safe_load((addons.FOLDER / name / "kustomization.yaml").read_text())["resources"]
        assert resources
        for resource in resources:
            assert resource.startswith("https://")
            assert "/v" in resource


def test_the_gateway_api_addon_has_the_release_that_routes_are_validated_against() -> None:
    resources = yaml.safe_load((addons.FOLDER / "gateway-api/kustomization.yaml").read_text())["resources"]
    definitions = sorted(custom_kinds.FOLDER.glob("gateway.networking.k8s.io.*Route.yaml"))
    assert len(resources) == len(definitions) == 4
    for resource, definition in zip(resources, definitions, strict=True):
        release = yaml.safe_load(definition.read_text())
        assert resource.endswith(f"/gateway-api/{release['release']}/{release['source']}")


def test_the_error_for_an_unreachable_addon_names_the_alternative(machine: Path) -> None:
    with pytest.raises(
        UserError,
        match=r"no such host\nif https://example\.com/mesh\.yaml cannot be reached, give your own manifests",
    ):
        addons.install(Kubectl(machine / "kubeconfig"), ["https://example.com/mesh.yaml"])


def test_addons_default_to_those_of_the_environment_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(addons.VARIABLE, "one.yaml 'the other.yaml'")
    assert addons.chosen("") == ["one.yaml", "the other.yaml"]
    assert addons.chosen("contour") == ["contour"]
