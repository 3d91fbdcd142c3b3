"""A chart repository with an index created by Helm itself."""

from __future__ import annotations

import subprocess
from pathlib import Path

from ci.base.programs import HELM, find
from ci.charts import catalog, helm


def index_charts(folder: Path) -> Path:
    """Write the packages of all charts and Helm's index of them into a folder, and return it."""
    for chart in catalog.charts():
        helm.package(chart.path, folder, engine=4)
    subprocess.run([str(find(HELM[4])), "repo", "index", str(folder)], check=True)
    return folder
