"""A plugin of pytest for invoke mutate: it records what tests render, or runs tests with changed charts.

pytest -p tests.support.mutation --record-renders=FOLDER, or --mutants=FILE.
"""

from __future__ import annotations

import functools
import json
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from _pytest.runner import runtestprotocol

from ci.charts import helm
from ci.charts.batch import Batch, Outcome, Values
from ci.charts.values_file import read_values
from tests.support import notes
from tests.support.rendering import NEWEST_ENGINE, ChartRenderer


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("mutation")
    group.addoption("--record-renders", metavar="FOLDER", type=Path, help="write there what tests render")
    group.addoption("--mutants", metavar="FILE", type=Path, help="run tests with each of these changes")


def pytest_configure(config: pytest.Config) -> None:
    if folder := config.getoption("--record-renders"):
        worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
        _record(Path(folder) / f"{worker}.jsonl")


def _record(file: Path) -> None:
    """Append a line for each render with a test's own values: the test, the chart, the layers of values."""

    def write(chart: str, layers: Sequence[Values], **rest: Any) -> None:
        # "PATH::NAME (call)"; a fixture of several tests renders for the first of them.
        test = os.environ["PYTEST_CURRENT_TEST"].rpartition(" ")[0]
        with file.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps({"test": test, "chart": chart, "layers": layers, **rest}) + "\n")

    render, template, batch = ChartRenderer.__call__, helm.template, Batch.render
    # A renderer answers the same question from memory, for another test.
    within: list[ChartRenderer] = []

    def note(chart: Path, values: Sequence[Path], options: Mapping[str, Any]) -> None:
        extra = options.get("extra", ())
        # What an option sets is in no file.
        if not options.get("set_values") and not any(option.startswith("--set") for option in extra):
            namespace = options.get("namespace", "default")
            write(
                read_values(chart / "Chart.yaml")["name"],
                [read_values(path) for path in values],
                release=options.get("release", "api"),
                namespace=extra[extra.index("--namespace") + 1] if "--namespace" in extra else namespace,
                upgrade="--is-upgrade" in extra,
                engine=options.get("engine") or NEWEST_ENGINE,
                batch=False,
                notes=(chart / notes.FILE).is_file(),
            )

    @functools.wraps(render)
    def answered(self: ChartRenderer, *values: str, **options: Any) -> Any:
        note(self.path, [*self._base, *map(self._file, values)], options)
        within.append(self)
        try:
            return render(self, *values, **options)
        finally:
            within.pop()

    @functools.wraps(template)
    def rendered(chart: Path, values: Sequence[Path] = (), **options: Any) -> str:
        if not within:
            note(chart, values, options)
        return template(chart, values, **options)

    @functools.wraps(batch)
    def rendered_batch(self: Batch, values: Mapping[str, Values], engine: int) -> dict[str, Outcome]:
        for each in values.values():
            one = {"release": "all", "namespace": "default", "upgrade": False, "engine": engine}
            write(self._name, [each], **one, batch=True, notes=False)
        return batch(self, values, engine)

    ChartRenderer.__call__ = answered  # type: ignore[method-assign]
    helm.template = rendered
    Batch.render = rendered_batch  # type: ignore[method-assign]


def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """With --mutants, run the tests of each change with it until one fails: FILE's .noticed has it."""
    file: Path | None = session.config.getoption("--mutants")
    if not file:
        return None
    items = {item.nodeid: item for item in session.items}
    failures: Counter[str] = Counter()
    with file.with_suffix(".noticed").open("w", encoding="utf-8") as answers:
        for mutant in json.loads(file.read_text(encoding="utf-8")):
            path = Path(mutant["path"])
            whole = path.read_text(encoding="utf-8")
            path.write_text(mutant["text"], encoding="utf-8")
            # What has noticed other changes is likely to notice this one too.
            tests = sorted(filter(items.get, mutant["tests"]), key=lambda test: -failures[test])
            failed = next((test for test in tests if _fails(items[test])), "")
            failures[failed] += 1
            path.write_text(whole, encoding="utf-8")
            answers.write(json.dumps({"name": mutant["name"], "test": failed}) + "\n")
            answers.flush()
    return True


def _fails(item: pytest.Item) -> bool:
    helm._renders.clear()
    # A test that runs once more asks for its fixtures again; all of them end after it.
    item._initrequest()  # type: ignore[attr-defined]
    return any(report.failed for report in runtestprotocol(item, nextitem=None, log=False))
