"""The report in a browser needs no script, no mouse and no wide screen, in light, in dark and on paper."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from ci.charts.catalog import Case, Chart
from ci.kubernetes.manifests import parse
from ci.reporting import reporting
from ci.reporting.states import NAMESPACE, Part, State
from ci.values.document import Fault
from tests.support.browser import Browser, browser
from tests.support.contrast import poor_contrasts
from tests.support.related_objects import STREAM

LONG = "".join(f"\n\n  line {number} {'x' * 200}" for number in range(40))
CHANGED = {
    "containers: [{name: clean}]": "containers: [{name: <b>clean</b>, image: a/b:2}]",
    "ame: api-data": f"ame: api-{'long-' * 30}data",
    "data: {LEVEL: info}}": f'data: {{LEVEL: info, TEXT: "{LONG}"}}}}',
}
QUOTA = "{apiVersion: v1, kind: ResourceQuota, metadata: {name: quota}, spec: {hard: {pods: 1}}}"
CASE = Case(Chart("microservice", Path()), "api/staging", (), "api")


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    new = STREAM
    for old, other in CHANGED.items():
        assert old in new
        new = new.replace(old, other)
    faults = [Fault(Path("values/api.yaml"), 1, 1, "a.b", "is unsafe " * 20, "guardrails.x", warning=True)]
    part, quota = Part("api", "staging"), State(CASE, parse(QUOTA))
    now = {part: State(CASE, parse(new), faults), Part(NAMESPACE, "staging"): quota}
    before = {part: State(CASE, parse(STREAM)), Part(NAMESPACE, "staging"): quota}
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(reporting.render(now, before, "main", "0123456789abcdef"), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def window() -> Iterator[Browser]:
    with browser() as opened:
        # As for everybody whose mail program or code review shows the page.
        opened.command("Emulation.setScriptExecutionDisabled", value=True)
        yield opened


@pytest.fixture
def page(window: Browser, file: Path) -> Browser:
    window.open(file.as_uri())
    return window


def test_the_page_opens_without_a_complaint(page: Browser) -> None:
    assert page.shown("h1") == ["What changes since main"]
    assert page.console_messages() == []


def test_its_policy_lets_nothing_else_in(page: Browser) -> None:
    page.run(
        "const image = document.createElement('img'); image.src = 'https://example.com/x.png';"
        "document.body.append(image)"
    )
    assert any("Content Security Policy" in message for message in page.console_messages())


def test_a_click_on_an_object_of_the_graph_leads_to_it(page: Browser, file: Path) -> None:
    page.click(".graph a[aria-label^='CronJob api-clean, changed'] rect")
    assert page.run("return location.hash") == "#api.staging.CronJob.api-clean"
    assert page.run("return document.querySelector(':target').getBoundingClientRect().top < innerHeight")


def test_the_keyboard_reaches_the_objects_of_the_graph_and_shows_where_it_is(page: Browser) -> None:
    page.run("document.querySelector('.graph').focus()")
    seen = []
    for _ in range(3):
        for kind in ("keyDown", "keyUp"):
            page.command("Input.dispatchKeyEvent", type=kind, key="Tab", code="Tab", windowsVirtualKeyCode=9)
        seen += page.run(
            "const at = document.activeElement;"
            "return [[at.getAttribute('href'), getComputedStyle(at.querySelector('rect')).strokeWidth]]"
        )
    links = page.run("return [...document.querySelectorAll('.graph a')].map((a) => a.getAttribute('href'))")
    assert seen == [[link, "4px"] for link in links[:3]]


def test_a_change_is_marked_by_a_word_and_not_by_colour_alone(page: Browser) -> None:
    states = page.run("return [...document.querySelectorAll('.graph .state')].map((one) => one.textContent)")
    assert {"~ changed", "+ new", "\N{MINUS SIGN} removed", "elsewhere"} <= set(states)


def test_headings_are_in_order(page: Browser) -> None:
    levels = page.run(
        "return [...document.querySelectorAll('h1, h2, h3, h4')].map((one) => Number(one.tagName[1]))"
    )
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert [later for one, later in itertools.pairwise(levels) if later > one + 1] == []


def test_what_is_long_is_folded_and_opens(page: Browser) -> None:
    def lines() -> int:
        return sum("line 39" in text for text in page.shown(".fields pre"))

    assert lines() == 0
    page.click(".fields details summary")
    assert lines() == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_is_written_can_be_read(page: Browser, scheme: str) -> None:
    names = ["--text", "--quiet", "--accent", "--good", "--bad", "--warn"]
    assert poor_contrasts(page, scheme, names) == []


@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_is_wider_than_the_screen(page: Browser, width: int) -> None:
    page.command(
        "Emulation.setDeviceMetricsOverride", width=width, height=640, deviceScaleFactor=1, mobile=width < 500
    )
    page.run("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert page.run("return document.documentElement.scrollWidth") == width
    page.command("Emulation.clearDeviceMetricsOverride")


def test_on_paper_the_graph_is_not_cut(page: Browser) -> None:
    page.command("Emulation.setEmulatedMedia", media="print")
    page.command(
        "Emulation.setDeviceMetricsOverride", width=700, height=900, deviceScaleFactor=1, mobile=False
    )
    right = "return document.querySelector(arguments[0]).getBoundingClientRect().right"
    assert page.run(right, ".graph svg") <= page.run(right, ".graph")
    page.command("Emulation.clearDeviceMetricsOverride")
    page.command("Emulation.setEmulatedMedia", media="")
