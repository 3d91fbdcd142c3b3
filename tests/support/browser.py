"""A headless Chromium, controlled through the W3C WebDriver protocol: https://www.w3.org/TR/webdriver2/."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import filelock
import httpx
import pytest

# The key of an element's reference in the protocol.
_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


class Browser:
    """One window of a browser."""

    def __init__(self, client: httpx.Client, session: str) -> None:
        self._client = client
        self._session = session

    def open(self, url: str) -> None:
        """Open a page, and wait until it is loaded."""
        self._ask("url", {"url": url})

    def run(self, script: str, *arguments: object) -> Any:
        """Run the body of a function in the page, and return its result."""
        return self._ask("execute/sync", {"script": script, "args": arguments})

    def click(self, selector: str) -> None:
        """Click an element, which must be visible and not covered."""
        self._ask(f"element/{self._find(selector)}/click", {})

    def type(self, selector: str, text: str) -> None:
        """Replace the text of a field."""
        element = self._find(selector)
        self._ask(f"element/{element}/clear", {})
        self._ask(f"element/{element}/value", {"text": text})

    def shown(self, selector: str) -> list[str]:
        """Return the displayed text of each visible element."""
        texts: list[str] = self.run(
            "return [...document.querySelectorAll(arguments[0])]"
            ".filter((element) => element.checkVisibility()).map((element) => element.innerText)",
            selector,
        )
        return texts

    def console_messages(self) -> list[str]:
        """Return the console messages since the last call."""
        return [entry["message"] for entry in self._ask("se/log", {"type": "browser"})]

    def command(self, name: str, **parameters: object) -> Any:
        """Run a command of https://chromedevtools.github.io/devtools-protocol/."""
        return self._ask("goog/cdp/execute", {"cmd": name, "params": parameters})

    def screenshot(self, path: Path) -> None:
        """Write a screenshot of the whole page as a PNG file."""
        taken = self.command("Page.captureScreenshot", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(taken["data"]))

    def _find(self, selector: str) -> str:
        return str(self._ask("element", {"using": "css selector", "value": selector})[_ELEMENT])

    def _ask(self, command: str, body: dict[str, Any] | None = None) -> Any:
        method = "GET" if body is None else "POST"
        answer = self._client.request(method, f"session/{self._session}/{command}", json=body)
        value = answer.json()["value"]
        if answer.is_error:
            raise RuntimeError(f"{command}: {value['message']}")
        return value


@contextmanager
def browser() -> Iterator[Browser]:
    """Yield a browser, which ends with the block; the test is skipped where none can be had."""
    _require_chromium()
    # It chooses a free port by itself, and says which.
    driver = subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE, text=True)
    try:
        assert driver.stdout
        line = next(line for line in driver.stdout if "started successfully on port" in line)
        port = line.rpartition(" ")[2].strip().rstrip(".")
        options = {
            # Chromium's own sandbox does not start as root, nor in most containers; the pages are our own.
            "args": ["--headless=new", "--no-sandbox", "--window-size=1280,900", "--hide-scrollbars"],
        }
        wanted = {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False) as client:
            made = client.post("session", json={"capabilities": {"alwaysMatch": wanted}}).json()["value"]
            session = made.get("sessionId") or pytest.fail(f"no browser: {made.get('message')}")
            try:
                yield Browser(client, session)
            finally:
                client.delete(f"session/{session}")
    finally:
        driver.terminate()
        driver.wait()


def _require_chromium() -> None:
    """Require Chromium and its driver: as root on Debian or Ubuntu install them, else skip the test."""
    if shutil.which("chromedriver"):
        return
    reason = "no chromedriver: install Chromium with its driver (Debian: apt-get install chromium-driver)"
    if os.geteuid() or not shutil.which("apt-get"):
        pytest.skip(reason)
    apt = ["apt-get", "-q", "-y", "-o", "Acquire::Retries=0", "-o", "Acquire::http::Timeout=10"]
    with filelock.FileLock("/tmp/apt-get-chromium.lock"):  # noqa: S108
        for command in (["update"], ["install", "--no-install-recommends", "chromium", "chromium-driver"]):
            if shutil.which("chromedriver"):
                return
            got = subprocess.run(
                [*apt, *command],
                env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
            )
            if got.returncode:
                pytest.skip(f"{reason}; apt-get failed: {got.stdout.strip().splitlines()[-1]}")
