from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from ci import charts, helm
from ci.tools import HELM, find


@pytest.fixture(scope="session")
def indexed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the packages of our charts and Helm's own index of them; it is read only."""
    folder = tmp_path_factory.mktemp("repository")
    for chart in charts.charts():
        helm.package(chart.path, folder, engine=4)
    subprocess.run([str(find(HELM[4])), "repo", "index", str(folder)], check=True)
    return folder


@pytest.fixture
def published(indexed: Path, tmp_path: Path) -> Path:
    """Return a copy of the indexed folder that is the test's own."""
    return Path(shutil.copytree(indexed, tmp_path / "published"))
