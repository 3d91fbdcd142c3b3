"""Logs are what containers wrote: the run that failed, each line once, through connections that are lost."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, cast

from ci.base.processes import CommandError
from ci.clusters.kubectl import Kubectl
from ci.deploy.pod_logs import LONGEST_LINE, Follower, last_lines
from tests.support.rollouts import container, pod, terminated, waiting

GONE = "unable to retrieve container logs for containerd://40981cde"
SECONDS = 20


class Logs:
    """A kubectl that has the log of a container's present run, and that of the run before."""

    def __init__(self, now: str | None = None, before: str | None = None) -> None:
        self.logs = {"--previous=false": now, "--previous=true": before}

    def __call__(self, *arguments: str, seconds: float) -> str:
        log = self.logs[arguments[-1]]
        if log is None:
            raise CommandError(
                "kubectl logs", ["kubectl"], "failed", "previous terminated container not found"
            )
        return log

    def last(self, **state: Any) -> tuple[str, ...]:
        status = container(containerID="containerd://1", **state)
        return last_lines(cast(Kubectl, self), pod(), status)


def test_a_container_that_has_ended_is_explained_by_its_last_run() -> None:
    assert Logs(now="one\ntwo\n", before="zero").last(state=terminated(1)) == ("one", "two")


def test_a_container_that_runs_again_is_explained_by_the_run_before() -> None:
    assert Logs(now="starts", before="KeyError").last(lastState=terminated(1)) == ("KeyError",)


def test_a_container_that_waits_to_run_again_is_explained_by_its_last_run() -> None:
    state = waiting("CrashLoopBackOff")
    assert Logs(now="starts", before="KeyError").last(state=state, lastState=terminated(1)) == ("KeyError",)


def test_a_container_that_has_started_since_its_end_was_read_is_explained_by_that_end() -> None:
    assert Logs(now="", before="KeyError").last(state=terminated(1)) == ("KeyError",)


def test_where_the_log_of_the_run_before_is_gone_there_is_this_ones() -> None:
    assert Logs(now="starts", before=GONE).last(lastState=terminated(1)) == ("starts",)
    assert Logs(now="starts").last(lastState=terminated(1)) == ("starts",)


def test_a_container_that_never_started_has_no_log() -> None:
    assert last_lines(cast(Kubectl, Logs(now="x")), pod(), container()) == ()


def test_long_lines_are_cut() -> None:
    (line,) = Logs(now="x" * 1000).last()
    assert line == "x" * LONGEST_LINE + "... (1000 characters)"


class Script:
    """A kubectl that is a shell script."""

    def __init__(self, folder: Path, text: str) -> None:
        self.file = folder / "kubectl"
        self.file.write_text(f"#!/bin/sh\ncd {folder}\n{text}")
        self.file.chmod(0o755)
        self.command = [str(self.file)]

    def follow(self) -> Follower:
        return Follower(cast(Kubectl, self), pod(), "api")


def collected(follower: Follower, number: int) -> list[str]:
    """Return so many lines of a follower, or what there is in time."""
    end = time.monotonic() + SECONDS
    lines: list[str] = []
    while len(lines) < number and time.monotonic() < end:
        lines += follower.take()
        time.sleep(0.02)
    follower.close(at_its_end=True)
    return [*lines, *follower.take()]


def test_each_line_is_collected_once_though_the_connection_is_lost(tmp_path: Path) -> None:
    follower = Script(
        tmp_path,
        "echo $@ >> calls; echo 2026-07-01T10:00:00.1Z one; echo 2026-07-01T10:00:00.2Z two words\n"
        '[ $(wc -l < calls) = 2 ] || exit 1\necho 2026-07-01T10:00:00.3Z "  three"\n',
    ).follow()
    assert collected(follower, 3) == ["one", "two words", "  three"]
    asked = (tmp_path / "calls").read_text().splitlines()
    assert asked[0] == "logs api-2-a --follow --timestamps --container=api"
    assert asked[1].endswith("--since-time=2026-07-01T10:00:00.2Z")


def test_a_follower_that_is_closed_ends_its_kubectl(tmp_path: Path) -> None:
    follower = Script(tmp_path, "echo 2026-07-01T10:00:00.1Z one\nexec sleep 60\n").follow()
    end = time.monotonic() + SECONDS
    while not follower.take() and time.monotonic() < end:
        time.sleep(0.02)
    began = time.monotonic()
    follower.close(at_its_end=False)
    assert time.monotonic() - began < SECONDS
    assert not follower._thread.is_alive()


def test_a_follower_that_is_closed_as_it_begins_leaves_no_kubectl(tmp_path: Path) -> None:
    follower = Script(tmp_path, "exec sleep 60\n").follow()
    follower.close(at_its_end=False)
    assert not follower._thread.is_alive()


def test_a_line_that_a_lost_connection_has_cut_off_is_collected_whole(tmp_path: Path) -> None:
    follower = Script(
        tmp_path,
        "echo >> calls; echo 2026-07-01T10:00:00.1Z one; printf '2026-07-01T10:00:00.2Z two wo'\n"
        "[ $(wc -l < calls) = 2 ] || exit 1\necho rds\n",
    ).follow()
    assert collected(follower, 2) == ["one", "two words"]


def test_words_of_the_kubelet_in_the_place_of_a_log_are_whole_and_no_time_to_go_on_from(
    tmp_path: Path,
) -> None:
    follower = Script(
        tmp_path,
        f"echo $@ >> calls; [ $(wc -l < calls) = 2 ] || {{ echo {GONE}; exit 1; }}\n"
        "echo 2026-07-01T10:00:00.1Z one\n",
    ).follow()
    assert collected(follower, 2) == [GONE, "one"]
    assert "--since-time" not in (tmp_path / "calls").read_text()


def test_a_line_that_returns_to_its_beginning_is_one_line(tmp_path: Path) -> None:
    follower = Script(tmp_path, r"printf '2026-07-01T10:00:00.1Z 10%%\r20%%\n'").follow()
    assert collected(follower, 1) == ["10%\r20%"]
