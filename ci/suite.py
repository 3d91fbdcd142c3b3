"""Runs the test suite, with its cluster tests if a cluster is possible."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from invoke.exceptions import Exit

from ci.base import programs, repository
from ci.base.console import step
from ci.base.errors import UserError
from ci.charts import catalog
from ci.clusters import testbed
from ci.kubernetes.versions import NEWEST, OLDEST

FOLDER = "tests/cluster"
# The cluster tests wait more than they compute.
AT_ONCE = 4
ENDING_SECONDS = 60


def run(
    junit: str, wanted: testbed.Wanted, *, required: bool = False, without: bool = False, keep: bool = False
) -> None:
    """Run every test; ``junit`` names a report file ("" for none), beside which the cluster tests write two.

    Cluster tests use the ``wanted`` cluster. If none is possible they are skipped, or this fails if one is
    ``required``; ``without`` always skips them. ``keep`` does not remove the cluster afterwards. Raises Exit
    with pytest's exit code, UserError if a required cluster is not possible.
    """
    if required and without:
        raise UserError("--cluster and --no-cluster contradict each other: use one of them")
    why_not = "--no-cluster was given" if without else testbed.why_not(wanted)
    if why_not and required:
        raise UserError(f"no cluster is possible here: {why_not}")
    if not why_not:
        testbed.check(wanted)
    # Not left to the first test that needs one: pytest would hide the progress, for minutes.
    for tool in (*programs.HELM.values(), programs.KUBE_SCORE):
        programs.find(tool)
    step(f"{len(catalog.cases())} cases, {len(programs.HELM)} Helms, Kubernetes {OLDEST} to {NEWEST}")
    pytest = [sys.executable, "-m", "pytest"]
    if why_not:
        step(f"skipping the cluster tests: {why_not}")
        # Replaced by pytest, which then gets the signals and gives the exit code.
        os.chdir(repository.root())
        os.execv(sys.executable, [*pytest, f"--no-cluster={why_not}", *_report(junit)])  # noqa: S606
    # These first, and alone: they keep every CPU busy, which the cluster needs too.
    outside = _run([*pytest, f"--ignore={FOLDER}", *_report(junit)])
    began = time.monotonic()
    with testbed.prepared(wanted) as cluster:
        if keep:
            cluster.keep("invoke test --keep")
        ready = time.monotonic()
        inside = [*pytest, FOLDER, f"--kubeconfig={cluster.kubeconfig}"]
        inside += ["--all-of-it"] if required else []
        # A busy node notices too late that a pod ends, and sends it requests after that.
        quiet = _run([*inside, "--numprocesses=0", "-m", "quiet", *_report(junit, "-quiet-cluster")])
        together = [f"--numprocesses={AT_ONCE}", "-m", "not quiet"]
        code = _run([*inside, *together, *_report(junit, "-cluster")])
        making, testing = ready - began, time.monotonic() - ready
        step(f"the cluster took {making:.0f} s, its tests {testing:.0f} s: {testing / making:.1f} times that")
        _demand(quiet)
        _demand(code)
    _demand(outside)


def _report(junit: str, suffix: str = "") -> list[str]:
    path = Path(junit)
    return [f"--junit-xml={path.absolute().with_stem(path.stem + suffix)}"] if junit else []


def _demand(code: int) -> None:
    if code:
        raise Exit(f"pytest ended with exit code {code}", code)


def _run(command: list[str]) -> int:
    """Run pytest and return its exit code; when interrupted, give it time to clean up.

    Not by ``processes.run``: pytest prints for itself.
    """
    # In a session of its own it gets one SIGINT, ours; the terminal's would be a second, which ends cleanup.
    with subprocess.Popen(command, cwd=repository.root(), start_new_session=True) as process:
        try:
            return process.wait()
        except KeyboardInterrupt:
            process.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                process.wait(ENDING_SECONDS)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            raise
