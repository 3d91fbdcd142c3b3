"""Ctrl-C while other programs run for a task."""

from __future__ import annotations

import queue
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TypeVar

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_WAKE_SECONDS = 1

T = TypeVar("T")


@contextmanager
def closed_undisturbed(close: Callable[[], None]) -> Iterator[None]:
    """Call ``close`` after the block, however it ends; one Ctrl-C or SIGTERM ends the block, more do nothing.

    One press can arrive twice, from the terminal and from a program that passes it on. The second one must
    not cut short what is cleaned up, here and until the end of the task.
    """
    interrupted = False

    def interrupt(*_: object) -> None:
        nonlocal interrupted
        interrupted = True
        _set(signal.SIG_IGN)
        raise KeyboardInterrupt

    before = _set(interrupt)
    try:
        yield
    finally:
        _set(signal.SIG_IGN)
        try:
            close()
        finally:
            if not interrupted:
                for number, handler in before.items():
                    signal.signal(number, handler)


def next_of(events: queue.SimpleQueue[T]) -> T:
    """Wait for the next event, and for Ctrl-C.

    The system may give a signal to another thread. Python acts on it in the main thread alone, which does not
    notice as long as it waits, and so wakes up every second.
    """
    while True:
        with suppress(queue.Empty):
            return events.get(timeout=_WAKE_SECONDS)


def _set(handler: signal._HANDLER) -> dict[signal.Signals, signal._HANDLER]:
    return {number: signal.signal(number, handler) for number in _SIGNALS}
