"""A temporary repository for a test, instead of this one."""

from __future__ import annotations

from pathlib import Path

from ci.charts import catalog
from ci.charts.catalog import Case


class Repository:
    """A repository with one chart, which renders one ConfigMap, and without cases."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.write("charts/microservice/Chart.yaml", "{apiVersion: v2, name: microservice, version: 1.2.3}")
        self.write(
            "charts/microservice/templates/configmap.yaml",
            "apiVersion: v1\n"
            "kind: ConfigMap\n"
            "metadata: {name: '{{ .Release.Name }}', namespace: '{{ .Release.Namespace }}'}\n"
            "data: {colour: '{{ .Values.colour }}', kubernetes: '{{ .Capabilities.KubeVersion }}'}\n",
        )

    @property
    def chart(self) -> Path:
        return self.root / "charts" / "microservice"

    def write(self, path: str, text: str) -> Path:
        """Write a file of the repository and return its path."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def case(self, name: str, values: str = "colour: blue") -> Case:
        """Add a case of the chart microservice."""
        self.write(f"charts/microservice/ci/{name}-values.yaml", values)
        return catalog.find_case(name)
