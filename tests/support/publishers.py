"""Publishers and consumers of charts, each with a separate Helm configuration."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from ci.base.programs import HELM, find
from ci.charts import helm
from ci.publishing import packages
from tests.support.repository import Repository
from tests.support.servers import PASSWORD, USER


class Helm:
    """Helm on another machine, with its own configuration and cache."""

    def __init__(self, engine: int, home: Path) -> None:
        self.engine = engine
        self.environment = {f"HELM_{name}_HOME": str(home / name) for name in ("CACHE", "CONFIG", "DATA")}

    def __call__(self, *arguments: str, stdin: str = "") -> str:
        """Return what Helm prints; raise HelmError if it fails."""
        result = subprocess.run(
            [str(find(HELM[self.engine])), *arguments],
            env={**os.environ, **helm.LEAN, **self.environment},
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        if result.returncode:
            raise helm.HelmError("consumer", result)
        return result.stdout

    def log_in(self, *command: str) -> None:
        self(*command, "--username", USER, "--password-stdin", stdin=PASSWORD)


class Shop(Repository):
    """A repository with a small chart, of which tests package and publish versions."""

    def version(self, version: str, colour: str = "blue") -> packages.Package:
        """Write a version of the chart, and return its package."""
        self.write(
            "charts/microservice/Chart.yaml", f"{{apiVersion: v2, name: microservice, version: {version}}}"
        )
        self.write("charts/microservice/values.yaml", f"colour: {colour}")
        (package,) = packages.make(self.root / "packages" / f"{version}-{colour}")
        return package


class Key:
    """A signing key for a test: its name, and the keyring for helm verify."""

    def __init__(self, name: str, ring: Path) -> None:
        self.name = name
        self.ring = ring
