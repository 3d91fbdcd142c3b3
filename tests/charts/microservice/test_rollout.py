"""How many pods run, how new ones replace old ones, and what makes Kubernetes replace them."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.charts.conftest import Case, Chart


def test_no_pod_goes_before_its_replacement_is_ready(case: Case) -> None:
    assert case("defaults").deployment["strategy"] == {
        "type": "RollingUpdate",
        "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1},
    }


def test_recreate_drops_the_settings_of_a_rolling_update(case: Case) -> None:
    assert case("volumes").deployment["strategy"] == {"type": "Recreate"}


def test_percentages_of_a_rolling_update_stay_as_written(case: Case) -> None:
    assert case("scheduling").deployment["strategy"]["rollingUpdate"] == {
        "maxUnavailable": "25%",
        "maxSurge": "50%",
    }


def test_the_pace_of_a_rollout_is_the_users(case: Case) -> None:
    deployment = case("scheduling").deployment
    pace = ("minReadySeconds", "progressDeadlineSeconds", "revisionHistoryLimit")
    assert [deployment[field] for field in pace] == [10, 1200, 3]


def test_three_pods_run_by_default(case: Case) -> None:
    assert case("defaults").deployment["replicas"] == 3


def test_no_pod_at_all_is_a_number_of_pods_too(chart: Chart) -> None:
    assert chart(SETTINGS).deployment["replicas"] == 0


@pytest.mark.parametrize("name", ["autoscaling", "autoscaling-external"])
def test_the_number_of_pods_is_left_to_whoever_scales(name: str, case: Case) -> None:
    assert "replicas" not in case(name).deployment


def test_annotations_of_the_deployment_stay_out_of_its_pods(case: Case) -> None:
    names = case("names")
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
def test_new_settings_roll_the_pods(change: str, changed: str, chart: Chart) -> None:
    before = chart(SETTINGS).pod_metadata["annotations"]
    after = chart(SETTINGS, set_values=[change]).pod_metadata["annotations"]
    assert {name for name in before if before[name] != after[name]} == {f"checksum/{changed}"}


def test_no_settings_no_checksum(case: Case) -> None:
    assert "annotations" not in case("defaults").pod_metadata


def test_a_new_version_of_the_chart_restarts_nothing(
    chart: Chart, new_chart: Callable[[Path], Chart], tmp_path: Path
) -> None:
    shutil.copytree(chart.path, tmp_path / "chart")
    metadata = tmp_path / "chart" / "Chart.yaml"
    metadata.write_text(re.sub(r"\nversion: .*", "\nversion: 9.9.9+build", metadata.read_text()))
    before, after = chart(SETTINGS), new_chart(tmp_path / "chart")(SETTINGS)
    assert after.one("Deployment")["metadata"]["labels"]["helm.sh/chart"] == "microservice-9.9.9_build"
    assert before.deployment == after.deployment
