"""How many pods run, how new ones replace old ones, and what makes Kubernetes replace them."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.support.rendering import CaseRenderer, ChartRenderer


def test_no_pod_is_removed_before_its_replacement_is_ready(render_case: CaseRenderer) -> None:
    assert render_case("defaults").deployment["strategy"] == {
        "type": "RollingUpdate",
        "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1},
    }


def test_recreate_drops_the_settings_of_a_rolling_update(render_case: CaseRenderer) -> None:
    assert render_case("volumes").deployment["strategy"] == {"type": "Recreate"}


def test_percentages_of_a_rolling_update_are_rendered_as_written(render_case: CaseRenderer) -> None:
    assert render_case("scheduling").deployment["strategy"]["rollingUpdate"] == {
        "maxUnavailable": "25%",
        "maxSurge": "50%",
    }


def test_the_pace_of_a_rollout_is_rendered_as_written(render_case: CaseRenderer) -> None:
    deployment = render_case("scheduling").deployment
    pace = ("minReadySeconds", "progressDeadlineSeconds", "revisionHistoryLimit")
    assert [deployment[field] for field in pace] == [10, 1200, 3]


def test_three_pods_run_by_default(render_case: CaseRenderer) -> None:
    assert render_case("defaults").deployment["replicas"] == 3


def test_replicas_may_be_zero(render_chart: ChartRenderer) -> None:
    assert render_chart(SETTINGS).deployment["replicas"] == 0


@pytest.mark.parametrize("name", ["autoscaling", "autoscaling-external"])
def test_with_an_autoscaler_there_are_no_replicas(name: str, render_case: CaseRenderer) -> None:
    assert "replicas" not in render_case(name).deployment


def test_annotations_of_the_deployment_are_not_on_its_pods(render_case: CaseRenderer) -> None:
    names = render_case("names")
    assert "reloader.stakater.com/auto" in names.one("Deployment")["metadata"]["annotations"]
    assert "reloader.stakater.com/auto" not in names.pod_metadata["annotations"]


SETTINGS = """
replicaCount: 0
config: {data: {LEVEL: info}, files: {app.toml: "workers = 4"}}
secret: {data: {TOKEN: one}, files: {key.pem: one}}
"""


@pytest.mark.parametrize(
    ("change", "changed"),
    [
        ("config.data.LEVEL=debug", "config"),
        ("config.files.app\\.toml=workers", "config"),
        ("secret.data.TOKEN=two", "secret"),
        ("secret.files.key\\.pem=two", "secret"),
    ],
)
def test_changed_settings_roll_the_pods(change: str, changed: str, render_chart: ChartRenderer) -> None:
    before = render_chart(SETTINGS).pod_metadata["annotations"]
    after = render_chart(SETTINGS, set_values=[change]).pod_metadata["annotations"]
    assert {name for name in before if before[name] != after[name]} == {f"checksum/{changed}"}


@pytest.mark.parametrize(
    "other", [{"release": "shop"}, {"extra": ("--namespace", "staging")}], ids=["release", "namespace"]
)
def test_equal_secrets_of_two_releases_do_not_show_in_their_checksums(
    other: dict[str, Any], render_chart: ChartRenderer
) -> None:
    one = render_chart(SETTINGS).pod_metadata["annotations"]
    two = render_chart(SETTINGS, **other).pod_metadata["annotations"]
    assert one["checksum/config"] == two["checksum/config"]
    assert one["checksum/secret"] != two["checksum/secret"]


def test_without_settings_there_is_no_checksum(render_case: CaseRenderer) -> None:
    assert not [name for name in render_case("defaults").pod_metadata["annotations"] if "checksum" in name]


def test_a_new_version_of_the_chart_restarts_nothing(render_chart: ChartRenderer, tmp_path: Path) -> None:
    shutil.copytree(render_chart.path, tmp_path / "chart")
    metadata = tmp_path / "chart" / "Chart.yaml"
    metadata.write_text(re.sub(r"\nversion: .*", "\nversion: 9.9.9+build", metadata.read_text()))
    before, after = render_chart(SETTINGS), render_chart.of(tmp_path / "chart")(SETTINGS)
    assert after.one("Deployment")["metadata"]["labels"]["helm.sh/chart"] == "microservice-9.9.9_build"
    assert before.deployment == after.deployment
