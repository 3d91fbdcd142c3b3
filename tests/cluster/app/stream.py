"""Sends requests at a steady rate until its standard input is closed, then prints the results as JSON.

stream.py URL [--host NAME] [--keep-alive] [--per-second N] [--at-least N]

The name is resolved once, as by most clients. A request fails without a 200 within 10 seconds, and is not
repeated.
"""

from __future__ import annotations

import argparse
import http.client
import json
import socket
import sys
import threading
import time
from collections import Counter
from urllib.parse import urlsplit

ANSWER_SECONDS = 10
LOOK_UP_SECONDS = 60


def main() -> None:
    """Send requests at a steady pace."""
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("--host", default="")
    parser.add_argument("--keep-alive", action="store_true")
    parser.add_argument("--per-second", type=float, default=40)
    parser.add_argument("--at-least", type=int, default=0)
    arguments = parser.parse_args()
    url = urlsplit(arguments.url)
    headers = {"Host": arguments.host or url.netloc}
    if not arguments.keep_alive:
        headers["Connection"] = "close"
    ended = threading.Event()

    def wait_for_the_end() -> None:
        sys.stdin.read()
        ended.set()

    threading.Thread(target=wait_for_the_end, daemon=True).start()
    address = look_up(str(url.hostname))
    connection = http.client.HTTPConnection(address, url.port or 80, timeout=ANSWER_SECONDS)
    sent = 0
    versions: Counter[str] = Counter()
    failures: Counter[str] = Counter()
    slowest = 0.0
    due = time.monotonic()
    while not ended.wait(max(0, due - time.monotonic())) or sent < arguments.at_least:
        sent += 1
        began = time.monotonic()
        due = max(due + 1 / arguments.per_second, began - 1)
        try:
            connection.request("GET", url.path or "/", headers=headers)
            answer = connection.getresponse()
            body = answer.read()
            if answer.status != http.client.OK:
                raise ValueError(f"HTTP {answer.status}")
            versions[json.loads(body)["version"]] += 1
        except (OSError, http.client.HTTPException, ValueError) as error:
            failures[f"{type(error).__name__}: {error}"] += 1
            connection.close()
        if not arguments.keep_alive:
            connection.close()
        slowest = max(slowest, time.monotonic() - began)
    print(
        json.dumps({"sent": sent, "failures": failures, "versions": versions, "slowest": round(slowest, 3)})
    )


def look_up(name: str) -> str:
    """Return the address of a name, which the cluster may not serve yet."""
    end = time.monotonic() + LOOK_UP_SECONDS
    while True:
        try:
            return socket.gethostbyname(name)
        except OSError:
            if time.monotonic() > end:
                raise


if __name__ == "__main__":
    main()
