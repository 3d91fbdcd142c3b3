"""Ctrl-C while other programs run for a task."""

from __future__ import annotations

import math
import queue
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_WAKE_SECONDS = 1
# That a block of ``closed_undisturbed`` is to end.
_interrupted = threading.Event()

T = TypeVar("T")


@contextmanager
def closed_undisturbed(close: Callable[[], None]) -> Iterator[None]:
    """Call ``close`` after the block, however it ends; one Ctrl-C or SIGTERM ends the block, more do nothing.

    One press can arrive twice, from the terminal and from a program that passes it on. The second one must
    not cut short what is cleaned up, here and until the end of the task.
    """

    def interrupt(*_: object) -> None:
        _interrupted.set()
        _set(signal.SIG_IGN)
        raise KeyboardInterrupt

    before = _set(interrupt)
    try:
        yield
    finally:
        _set(signal.SIG_IGN)
        was_interrupted = _interrupted.is_set()
        _interrupted.clear()
        try:
            close()
        finally:
            if not was_interrupted:
                for number, handler in before.items():
                    signal.signal(number, handler)


def next_of(events: queue.SimpleQueue[T], seconds: float = math.inf) -> T:
    """Wait for the next event, and for Ctrl-C; raise queue.Empty where none comes in time.

    The system may give a signal to another thread. Python acts on it in the main thread alone, which does not
    notice as long as it waits, and so wakes up every second. What is raised then is lost where Python is just
    in a ``__del__`` or another place that can raise nothing, and so is raised again here.
    """
    end = time.monotonic() + seconds
    while True:
        if _interrupted.is_set():
            raise KeyboardInterrupt
        try:
            return events.get(timeout=_WAKE_SECONDS)
        except queue.Empty:
            if time.monotonic() >= end:
                raise


def _set(handler: signal._HANDLER) -> dict[signal.Signals, signal._HANDLER]:
    return {number: signal.signal(number, handler) for number in _SIGNALS}
