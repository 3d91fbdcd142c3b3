"""What one process of a run has rendered, another reads; nothing else is taken for it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import pytest

from ci.charts import catalog, helm, render_cache
from ci.charts.catalog import Case
from ci.charts.helm import ENGINES
from tests.support.repository import Repository

Next = Callable[[], None]


@pytest.fixture
def next_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Next]:
    """Share renders in a folder of the test's own; each call forgets what a process keeps to itself."""
    monkeypatch.setattr(render_cache, "_folder", None)
    render_cache.share(tmp_path / "renders")

    def forget() -> None:
        monkeypatch.setattr(helm, "_renders", {})
        render_cache._content.cache_clear()

    forget()
    yield forget
    render_cache._content.cache_clear()


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The number of the engine for each time that Helm renders."""
    made: list[int] = []
    template = helm.template

    def counted(*arguments: object, engine: int, **options: object) -> str:
        made.append(engine)
        return template(*arguments, engine=engine, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(helm, "template", counted)
    return made


@pytest.fixture
def case(repository: Repository) -> Case:
    return repository.case("worker")


def test_a_case_is_rendered_by_one_process_alone(case: Case, next_process: Next, calls: list[int]) -> None:
    first = helm.render(case, 4)
    next_process()
    assert (helm.render(case, 4), calls) == (first, [4])


def test_processes_that_ask_at_once_get_one_render(next_process: Next) -> None:
    made = []

    def render() -> str:
        made.append("a render")
        time.sleep(0.1)
        return made[-1]

    # Each call opens the lock for itself, as in a process of its own.
    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(render_cache.shared, render, Path(__file__), [], []) for _ in range(8)]
    assert ({one.result() for one in asked}, made) == ({"a render"}, ["a render"])


def test_other_content_is_rendered_anew(repository: Repository, next_process: Next) -> None:
    repository.write("values/api.yaml", "colour: blue")
    case = catalog.find_case("api")
    assert "colour: 'blue'" in helm.render(case, 4)
    repository.write("values/api.yaml", "colour: red")
    next_process()
    assert "colour: 'red'" in helm.render(case, 4)
    repository.write("charts/microservice/templates/another.yaml", "kind: Another")
    next_process()
    assert "kind: Another" in helm.render(case, 4)


def test_another_question_is_not_taken_for_the_same(case: Case, next_process: Next, calls: list[int]) -> None:
    answers = {
        helm.render(case, 4),
        helm.render(case, 4, release="another"),
        helm.render(case, 4, kube_version="1.30"),
        helm.render(replace(case, namespace="another"), 4),
    }
    assert len(answers) == 4
    for engine in ENGINES:
        helm.render(case, engine)
    assert calls == [4, 4, 4, 4, 3]


def test_a_program_that_was_replaced_is_asked_again(next_process: Next, tmp_path: Path) -> None:
    program = tmp_path / "helm"
    program.write_text("old", encoding="utf-8")
    assert render_cache.shared(lambda: "old", program, [], []) == "old"
    program.write_text("newer", encoding="utf-8")
    assert render_cache.shared(lambda: "newer", program, [], []) == "newer"


def test_an_error_is_not_kept(next_process: Next) -> None:
    def fail() -> NoReturn:
        raise ValueError("mine alone")

    with pytest.raises(ValueError, match="mine alone"):
        render_cache.shared(fail, Path(__file__), [], [])
    assert render_cache.shared(lambda: "a render", Path(__file__), [], []) == "a render"


def test_half_a_render_is_never_read(next_process: Next, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(file: int) -> NoReturn:
        raise OSError("the disk is full")

    with monkeypatch.context() as disk:
        disk.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="full"):
            render_cache.shared(lambda: "half of", Path(__file__), [], [])
    assert render_cache.shared(lambda: "all of it", Path(__file__), [], []) == "all of it"


def test_nobody_else_reads_what_is_rendered(next_process: Next, tmp_path: Path) -> None:
    render_cache.shared(lambda: "kind: Secret", Path(__file__), [], [])
    assert (tmp_path / "renders").stat().st_mode & 0o077 == 0
