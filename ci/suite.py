"""Runs the test suite, in a cluster where there can be one."""

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
# They wait more than they work.
AT_ONCE = 4
ENDING_SECONDS = 60


def run(
    junit: str, wanted: testbed.Wanted, *, required: bool = False, without: bool = False, keep: bool = False
) -> None:
    """Run every test; ``junit`` names a report to write, and two for the tests in a cluster beside it.

    Those that need a cluster get the one that is ``wanted``. Where there can be none they are skipped, or
    this fails if it is ``required``; ``without`` has them skipped anyway. ``keep`` leaves the cluster as the
    tests leave it. Raises Exit with pytest's exit code, UserError where a required cluster cannot be had.
    """
    if required and without:
        raise UserError("--cluster and --no-cluster ask for opposite things: leave one of them out")
    why_not = "--no-cluster was given" if without else testbed.why_not(wanted)
    if why_not and required:
        raise UserError(f"there can be no cluster here: {why_not}")
    if not why_not:
        testbed.check(wanted)
    # Here and not by the first test that needs one: pytest would keep the minutes that it can take to itself.
    for tool in (*programs.HELM.values(), programs.KUBE_SCORE):
        programs.find(tool)
    step(f"{len(catalog.cases())} cases, {len(programs.HELM)} Helms, Kubernetes {OLDEST} to {NEWEST}")
    pytest = [sys.executable, "-m", "pytest"]
    if why_not:
        step(f"no tests in a cluster: {why_not}")
        # Become pytest, so that signals reach it and its exit code is ours.
        os.chdir(repository.root())
        os.execv(sys.executable, [*pytest, f"--no-cluster={why_not}", *_report(junit)])  # noqa: S606
    # First those that keep every CPU busy: the cluster needs them too.
    outside = _run([*pytest, f"--ignore={FOLDER}", *_report(junit)])
    began = time.monotonic()
    with testbed.prepared(wanted) as cluster:
        if keep:
            cluster.keep("invoke test --keep")
        ready = time.monotonic()
        inside = [*pytest, FOLDER, f"--kubeconfig={cluster.kubeconfig}"]
        inside += ["--all-of-it"] if required else []
        # A busy node learns too late that a pod goes, and sends it requests after its end.
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
    """Run pytest, give it the time to end as it should if we are told to end, and return its exit code."""
    # In a session of its own it gets our signal alone: at the terminal's, a second one, it would break off.
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
