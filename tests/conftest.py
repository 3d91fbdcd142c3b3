"""What all tests share: the cases, rendered once and in parallel, and a repository of a test's own."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

import pytest

from ci import charts, golden, helm
from ci.charts import Case
from ci.errors import UserError

Render = Callable[[Case, int], str]

SEED = "--hypothesis-seed"


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    # One change gets one verdict; `invoke fuzz` is for values that were not tried before.
    if config.getoption(SEED) is None:
        config.option.hypothesis_seed = "1"


def pytest_report_header(config: pytest.Config) -> str:
    return f"values drawn with {SEED}={config.getoption(SEED)}"


every_case = pytest.mark.parametrize("case", charts.cases(), ids=str)


@pytest.fixture(scope="session")
def render() -> Render:
    """Return what renders a case with an engine; the first call renders all cases with both."""

    @functools.cache
    def all_renders() -> dict[tuple[Case, int], str | UserError]:
        return helm.render_all(charts.cases())

    def render(case: Case, engine: int) -> str:
        rendered = all_renders()[case, engine]
        if isinstance(rendered, UserError):
            pytest.fail(str(rendered), pytrace=False)
        return rendered

    return render


class Repository:
    """A folder that the harness takes for its repository: a chart that renders one ConfigMap, and no case."""

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
        return charts.find_case(name)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    monkeypatch.setattr(charts, "ROOT", tmp_path)
    monkeypatch.setattr(golden, "FOLDER", tmp_path / "tests" / "golden")
    return Repository(tmp_path)
