"""What all tests share: the cases, rendered once and in parallel, and a repository of a test's own."""

from __future__ import annotations

import functools
import signal
from collections.abc import Callable, Generator
from pathlib import Path
from typing import NoReturn

import pytest

from ci.base.errors import UserError
from ci.charts import catalog, helm
from ci.charts.catalog import Case

Render = Callable[[Case, int], str]

SEED = "--hypothesis-seed"


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    # One change gets one verdict; `invoke fuzz` is for values that were not tried before.
    if config.getoption(SEED) is None:
        config.option.hypothesis_seed = "1"
    # In a shell's background it is ignored, and what the tests interrupt would inherit that.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_report_header(config: pytest.Config) -> str:
    return f"values drawn with {SEED}={config.getoption(SEED)}"


# In a test's stash: whether its setup or call failed.
FAILED = pytest.StashKey[bool]()

every_case = pytest.mark.parametrize("case", catalog.cases(), ids=str)


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("cluster")
    group.addoption("--no-cluster", metavar="REASON", default="", help="why there is no cluster to test in")
    group.addoption(
        "--all-of-it", action="store_true", help="fail what would be skipped for want of something"
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell what the tests observed, whatever became of them, below the promise that it shows."""
    observed: dict[str, list[str]] = {}
    for report in (*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")):
        told = [text for name, text in report.user_properties if name == "observed"]
        if report.when == "call" and told:
            test = report.nodeid.rpartition("::")[2].removeprefix("test_").replace("_", " ")
            promise = dict(report.user_properties)["promise"]
            observed.setdefault(str(promise), []).extend(f"{test}: {text}" for text in told)
    if observed:
        terminalreporter.section("observed")
    for promise in sorted(observed):
        terminalreporter.write_line(promise, bold=True)
        for line in sorted(observed[promise]):
            terminalreporter.write_line(f"  {line}")


@pytest.fixture(scope="session")
def unavailable(pytestconfig: pytest.Config) -> Callable[[str], NoReturn]:
    """Skips a test for want of something, or fails it where nothing may be left out."""

    def leave_out(reason: str) -> NoReturn:
        if pytestconfig.getoption("all_of_it"):
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)

    return leave_out


@pytest.fixture(scope="session")
def render() -> Render:
    """Return what renders a case with an engine; the first call renders all cases with both."""

    @functools.cache
    def all_renders() -> dict[tuple[Case, int], str | UserError]:
        return helm.render_all(catalog.cases())

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
        return catalog.find_case(name)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    monkeypatch.setattr("ci.base.repository._ROOT", tmp_path)
    return Repository(tmp_path)
