"""A chart repository with an index that Helm itself makes."""

from __future__ import annotations

import subprocess
from pathlib import Path

from ci.base.programs import HELM, find
from ci.charts import catalog, helm


def index_charts(folder: Path) -> Path:
    """Fill a folder with the packages of our charts and Helm's index of them, and return it."""
    for chart in catalog.charts():
        helm.package(chart.path, folder, engine=4)
    subprocess.run([str(find(HELM[4])), "repo", "index", str(folder)], check=True)
    return folder
