"""The page of a chart repository in a browser: it works, without scripts too, in light and in dark."""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urldefrag

import httpx
import pytest

from ci.publishing import repository_page
from tests.support.browser import Browser, browser
from tests.support.contrast import poor_contrasts
from tests.support.indexed import index_charts

FIELD = "#microservice search input"
ROWS = "#microservice .values tbody tr"


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve a repository with its page on the loopback interface, and yield the page's address."""
    folder = index_charts(tmp_path_factory.mktemp("site"))
    repository_page.write(folder)
    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture(scope="module")
def window() -> Iterator[Browser]:
    with browser() as opened:
        yield opened


@pytest.fixture
def page(window: Browser, address: str) -> Browser:
    window.open(address)
    return window


def test_the_page_opens_without_a_complaint(page: Browser) -> None:
    assert page.shown("h1") != []
    assert page.console_messages() == []


def test_a_search_leaves_the_keys_that_hold_every_word(page: Browser) -> None:
    page.type(FIELD, "autoscaling MEMORY")
    # More than one table may have the key.
    rows = page.shown(ROWS)
    assert {row.split()[0] for row in rows} == {"autoscaling.targetMemoryUtilizationPercentage"}
    (count,) = page.shown("#microservice output")
    assert count.startswith(f"{len(rows)} of ")


def test_a_search_for_nothing_shows_every_key_again(page: Browser) -> None:
    page.type(FIELD, "autoscaling")
    page.type(FIELD, " ")
    hidden = page.run("return document.querySelectorAll(arguments[0] + '[hidden]').length", ROWS)
    assert hidden == 0


def test_a_search_leaves_no_table_without_a_row(page: Browser) -> None:
    page.type(FIELD, "no such key")
    assert page.shown("#microservice details.all figure") == []


def test_a_click_copies_the_command(page: Browser, address: str) -> None:
    page.command("Browser.grantPermissions", permissions=["clipboardReadWrite", "clipboardSanitizedWrite"])
    page.click("#microservice .command button")
    copied = page.run("return navigator.clipboard.readText()")
    assert copied == f"helm repo add microservice-chart {address.rstrip('/')}"


def test_every_link_leads_somewhere(page: Browser, address: str) -> None:
    links = page.run("return [...document.querySelectorAll('a')].map((link) => link.href)")
    assert len(links) > 100
    ids = set(page.run("return [...document.querySelectorAll('[id]')].map((one) => one.id)")) | {"top"}
    pages = {urldefrag(link).url for link in links}
    wrong = [link for link in links if (part := unquote(urldefrag(link).fragment)) and part not in ids]
    wrong += [
        link
        for link in pages
        if link.startswith(address) and httpx.get(link, trust_env=False).status_code != 200
    ]
    assert wrong == []


def test_a_link_to_a_key_opens_what_it_is_in(page: Browser, address: str) -> None:
    page.open(f"{address}#microservice.image.tag")
    assert any(row.startswith("image.tag") for row in page.shown(ROWS))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_is_written_can_be_read(page: Browser, scheme: str) -> None:
    assert poor_contrasts(page, scheme, ["--text", "--quiet", "--accent"]) == []


def test_nothing_is_wider_than_a_phone(page: Browser) -> None:
    page.command(
        "Emulation.setDeviceMetricsOverride", width=360, height=640, deviceScaleFactor=1, mobile=True
    )
    page.run("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert page.run("return document.documentElement.scrollWidth") == 360
    page.command("Emulation.clearDeviceMetricsOverride")


@pytest.fixture
def plain(window: Browser, address: str) -> Iterator[Browser]:
    """Open the page without its scripts; those of a test run."""
    window.command("Emulation.setScriptExecutionDisabled", value=True)
    window.open(address)
    yield window
    window.command("Emulation.setScriptExecutionDisabled", value=False)


def test_without_scripts_everything_can_be_read_and_nothing_is_dead(plain: Browser) -> None:
    assert any("helm install api" in command for command in plain.shown("pre"))
    assert plain.shown("search, button") == []
    plain.click("#microservice details.all summary")
    assert any(row.startswith("image.tag") for row in plain.shown(ROWS))
