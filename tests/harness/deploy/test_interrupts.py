"""Ctrl-C ends what a task does and never what it cleans up."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable

import pytest

from ci.base.repository import root
from ci.deploy.interrupts import closed_undisturbed

PROGRAM = """
import os, signal, time
from ci.deploy.interrupts import closed_undisturbed
signal.signal(signal.SIGTERM, signal.default_int_handler)
def close():
    os.kill(os.getpid(), signal.{second})
    time.sleep(0.1)
    print("closed")
try:
    with closed_undisturbed(close):
        os.kill(os.getpid(), signal.{first})
        time.sleep(10)
        print("not interrupted")
except KeyboardInterrupt:
    print("interrupted")
"""


@pytest.mark.parametrize("first", ["SIGINT", "SIGTERM"])
@pytest.mark.parametrize("second", ["SIGINT", "SIGTERM"])
def test_a_second_signal_does_not_cut_short_what_is_cleaned_up(first: str, second: str) -> None:
    program = PROGRAM.format(first=first, second=second)
    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=root(), capture_output=True, text=True, check=True
    )
    assert ended.stdout.splitlines() == ["closed", "interrupted"]


def test_without_an_interrupt_signals_do_afterwards_what_they_did_before() -> None:
    before: Callable[..., object] | int | None = signal.getsignal(signal.SIGINT)
    closed = []
    with closed_undisturbed(lambda: closed.append(os.getpid())):
        assert closed == []
    assert closed == [os.getpid()]
    assert signal.getsignal(signal.SIGINT) == before


WAITING = """
import queue, signal, threading, time
from ci.deploy.interrupts import next_of
def interrupt():
    time.sleep(0.2)
    signal.pthread_kill(threading.get_ident(), signal.SIGINT)
    time.sleep(10)
threading.Thread(target=interrupt, daemon=True).start()
try:
    next_of(queue.SimpleQueue())
except KeyboardInterrupt:
    print("interrupted")
"""


def test_who_waits_for_events_notices_an_interrupt_that_another_thread_got() -> None:
    command = [sys.executable, "-c", WAITING]
    ended = subprocess.run(command, cwd=root(), capture_output=True, text=True, check=True, timeout=9)
    assert ended.stdout == "interrupted\n"


LOST = """
import os, queue, signal
from contextlib import suppress
from ci.deploy.interrupts import closed_undisturbed, next_of
class Late:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)
        sum(range(1000))
with closed_undisturbed(lambda: print("closed")), suppress(KeyboardInterrupt):
    Late()
    print("not noticed")
    next_of(queue.SimpleQueue())
"""


def test_an_interrupt_that_python_loses_ends_the_wait_for_events() -> None:
    command = [sys.executable, "-c", LOST]
    ended = subprocess.run(command, cwd=root(), capture_output=True, text=True, check=True, timeout=9)
    assert ended.stdout.splitlines() == ["not noticed", "closed"]
