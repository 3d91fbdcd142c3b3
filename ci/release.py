"""Packages of the charts, as a consumer installs them."""

from __future__ import annotations

import hashlib

from ci import charts, helm
from ci.console import out, step

DIST = charts.ROOT / "dist"

# How each chart is installed, where it takes more than a name.
_INSTALL = {
    "microservice": "api {} --set image.repository=myrepo/api --set-string image.tag=1.2.3",
    "namespace": "staging {} --namespace default",
}


def package_all() -> None:
    """Package every chart into ``dist/<name>-<version>.tgz``; print size, sha256 and how to install.

    A package is made aside and moved into place whole. Raises HelmError where Helm refuses a chart.
    """
    for chart in charts.charts():
        step(f"packaging {chart.name}")
        archive = helm.package(chart.path, DIST, engine=helm.ENGINES[-1])
        content = archive.read_bytes()
        shown = charts.shown(archive)
        out.out(f"{shown}  {len(content)} bytes  sha256:{hashlib.sha256(content).hexdigest()}")
        out.out("  helm install", _INSTALL.get(chart.name, f"{chart.name} {{}}").format(shown))
