"""Runs the test suite, with its cluster tests if a cluster is possible."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from invoke.exceptions import Exit

from ci.base import programs, repository
from ci.base.console import step
from ci.base.errors import UserError
from ci.charts import catalog
from ci.clusters import testbed
from ci.kubernetes.versions import NEWEST, OLDEST

FOLDER = "tests/cluster"
OPERATORS = f"{FOLDER}/operators"
# The cluster tests wait more than they compute.
AT_ONCE = 6
# They start Helm and kubectl a thousand times, which end soon: a fifth of their work is to collect garbage.
_LITTLE_GARBAGE = {"GOGC": "400"}
ENDING_SECONDS = 60
# pytest's exit code where no test is selected, as in a folder without quiet tests.
NONE_SELECTED = 5


def run(
    junit: str, wanted: testbed.Wanted, *, required: bool = False, without: bool = False, keep: bool = False
) -> None:
    """Run every test; ``junit`` names a report file, "" for none; those of cluster tests come beside it.

    Cluster tests use the ``wanted`` cluster, and those of OPERATORS a second one with the ``wanted``
    operators; in an existing cluster they find what it has. If no cluster is possible they are skipped, or
    this fails if one is ``required``; ``without`` always skips them. ``keep`` does not remove the clusters
    afterwards. Raises Exit with pytest's exit code, UserError if a required cluster is not possible.
    """
    if required and without:
        raise UserError("--cluster and --no-cluster contradict each other: use one of them")
    why_not = "--no-cluster was given" if without else testbed.why_not(wanted)
    if why_not and required:
        raise UserError(f"no cluster is possible here: {why_not}")
    without_operators = replace(wanted, operators="")
    if not why_not:
        testbed.check(without_operators)
        testbed.check(wanted)
    # Not left to the first test that needs one: pytest would hide the progress, for minutes.
    for tool in (*programs.HELM.values(), programs.KUBE_SCORE):
        programs.find(tool)
    for tool in (programs.COSIGN, programs.ACTIONLINT):
        # Without it only its own tests are skipped, and say why.
        with suppress(UserError):
            programs.find(tool)
    step(f"{len(catalog.cases())} cases, {len(programs.HELM)} Helms, Kubernetes {OLDEST} to {NEWEST}")
    pytest = [sys.executable, "-m", "pytest"]
    if why_not:
        step(f"skipping the cluster tests: {why_not}")
        # Replaced by pytest, which then gets the signals and gives the exit code.
        os.chdir(repository.root())
        os.execv(sys.executable, [*pytest, f"--no-cluster={why_not}", *_report(junit)])  # noqa: S606
    groups = [_Group("cluster", without_operators, [FOLDER, f"--ignore={OPERATORS}"], required)]
    if wanted.operators or wanted.kube_context:
        # The tests of a file share what takes long to be there: a Gateway, an autoscaler, a store of secrets.
        tests = [OPERATORS, "--dist=loadfile"]
        groups.append(_Group("operators", wanted, tests, required and bool(wanted.operators)))
    else:
        step(f"skipping {OPERATORS}: no --operators was given")
    # These first, and alone: they keep every CPU busy, which the clusters need too.
    failed = [_run([*pytest, f"--ignore={FOLDER}", *_report(junit)])]
    for group in groups:
        try:
            _run_in_cluster(group, pytest, junit, keep)
        except Exit as failure:
            failed.append(failure.code)
    for code in failed:
        _demand(code)


class _Group(NamedTuple):
    """Tests that share a cluster: ``all_of_it`` fails those that would be skipped."""

    name: str
    wanted: testbed.Wanted
    tests: list[str]
    all_of_it: bool


def _run_in_cluster(group: _Group, pytest: list[str], junit: str, keep: bool) -> None:
    """Run a group's tests; raise Exit, for which the cluster's logs are collected, if one fails."""
    began = time.monotonic()
    with testbed.prepared(group.wanted) as cluster:
        if keep:
            cluster.keep("invoke test --keep")
        ready = time.monotonic()
        inside = [*pytest, *group.tests, f"--kubeconfig={cluster.kubeconfig}"]
        inside += ["--all-of-it"] if group.all_of_it else []
        # A busy node notices too late that a pod ends, and sends it requests after that.
        alone = ["--numprocesses=0", "-m", "quiet", *_report(junit, f"-quiet-{group.name}")]
        quiet = _run([*inside, *alone], _LITTLE_GARBAGE)
        together = [f"--numprocesses={AT_ONCE}", "-m", "not quiet"]
        code = _run([*inside, *together, *_report(junit, f"-{group.name}")], _LITTLE_GARBAGE)
        making, testing = ready - began, time.monotonic() - ready
        step(
            f"{group.name}: ready after {making:.0f} s, its tests took {testing:.0f} s: "
            f"{testing / making:.1f} times that"
        )
        _demand(0 if quiet == NONE_SELECTED else quiet)
        _demand(code)


def _report(junit: str, suffix: str = "") -> list[str]:
    path = Path(junit)
    return [f"--junit-xml={path.absolute().with_stem(path.stem + suffix)}"] if junit else []


def _demand(code: int) -> None:
    if code:
        raise Exit(f"pytest ended with exit code {code}", code)


def _run(command: list[str], variables: Mapping[str, str] = MappingProxyType({})) -> int:
    """Run pytest, with these variables where the user has not set them, and return its exit code.

    When interrupted, give it time to clean up.

    Not by ``processes.run``: pytest prints for itself.
    """
    # In a session of its own it gets one SIGINT, ours; the terminal's would be a second, which ends cleanup.
    environment = {**variables, **os.environ}
    with subprocess.Popen(command, cwd=repository.root(), env=environment, start_new_session=True) as process:
        try:
            return process.wait()
        except KeyboardInterrupt:
            process.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                process.wait(ENDING_SECONDS)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            raise
