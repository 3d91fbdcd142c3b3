"""Measures deploys in a cluster, beside Helm's own commands for the same change."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from ci.base import processes, programs
from ci.base.console import step
from ci.base.processes import CommandError
from ci.base.repository import root
from ci.bench.measures import Measure, interleaved, ratio, seconds
from ci.clusters import kubectl, testbed
from ci.clusters.lifecycle import RUN_LABEL, Cluster
from ci.clusters.sample_app import VERSIONS

SERVICE = "api"
ROUNDS = 4
PLAN_ROUNDS = 10
COPIED = ("charts", "ci")
WORKING = "working"
# Versions that never work, by the environment to which they are deployed.
FAULTS: dict[str, dict[str, Any]] = {
    "crash-loop": {"command": ["python", "-c", "raise SystemExit(1)"]},
    "missing-image": {"image": {"tag": "absent", "pullPolicy": "Never"}},
    # Of a ConfigMap that is in every namespace: the chart itself refuses a key that its own do not have.
    "missing-key": {"env": {"ABSENT": {"configMapKeyRef": {"name": "kube-root-ca.crt", "key": "ABSENT"}}}},
}


def measures(wanted: testbed.Wanted) -> list[Measure]:
    """Return the measures of deploys of values/api.yaml in the ``wanted`` cluster, with Helm 4.

    Raise UserError where no such cluster is possible, CommandError where a command fails that should not.
    """
    with testbed.prepared(wanted) as cluster, tempfile.TemporaryDirectory(prefix="bench-") as folder:
        trial = _Trial(Path(folder), cluster)
        return [*_working(trial), *_failing(trial)]


class _Trial:
    """A copy of the repository whose environments are namespaces of the cluster."""

    def __init__(self, folder: Path, cluster: Cluster) -> None:
        self.folder = folder
        self._cluster = cluster
        for name in COPIED:
            shutil.copytree(root() / name, folder / name)
        shutil.copy(root() / "tasks.py", folder)
        (folder / "values" / SERVICE).mkdir(parents=True)
        shutil.copy(root() / "values" / f"{SERVICE}.yaml", folder / "values")
        context = cluster.kubectl("config", "current-context").strip()
        environments = {name: self._namespace(name) for name in (WORKING, *FAULTS)}
        entries = {name: {"context": context, "namespace": made} for name, made in environments.items()}
        (folder / "values" / "environments.yaml").write_text(json.dumps(entries))
        self._namespaces = environments
        for name in environments:
            self.write(name)

    def _namespace(self, environment: str) -> str:
        name = f"{self._cluster.name}-{environment}"
        metadata = {"name": name, "labels": {RUN_LABEL: self._cluster.name}}
        made = {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}
        self._cluster.kubectl("create", "--filename=-", stdin=json.dumps(made))
        return name

    def write(self, environment: str, values: Mapping[str, Any] | None = None) -> None:
        """Write what is particular to an environment: the sample service's image, and ``values``."""
        written = dict(values or {})
        image = {"repository": self._cluster.app, "tag": VERSIONS[0], **written.get("image", {})}
        file = self.folder / "values" / SERVICE / f"{environment}.yaml"
        file.write_text(json.dumps(written | {"image": image}))

    def helm(self, environment: str, *options: str) -> None:
        """Upgrade the service as one would without this project; raise CommandError where Helm fails."""
        values = self.folder / "values"
        files = (values / f"{SERVICE}.yaml", values / SERVICE / f"{environment}.yaml")
        chart = self.folder / "charts" / "microservice"
        command = [
            *(str(programs.find(programs.HELM[4])), "upgrade", "--install", SERVICE, str(chart)),
            *(f"--values={file}" for file in files),
            f"--namespace={self._namespaces[environment]}",
            f"--kubeconfig={self._cluster.kubeconfig}",
            *options,
        ]
        processes.run(command, f"helm upgrade in {environment}")

    def invoke(self, task: str, environment: str) -> None:
        """Run a task to its end; raise CommandError where it fails."""
        processes.run(
            self._command(task, environment),
            f"invoke {task} {environment}",
            folder=self.folder,
            env=self._environment,
        )

    def seconds_to_failure(self, environment: str) -> float:
        """Deploy what can't work, and return the seconds until the deploy says so."""
        began = time.perf_counter()
        told = []
        failed = 0.0
        with subprocess.Popen(
            self._command("deploy", environment),
            cwd=self.folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        ) as process:
            for line in process.stdout or ():
                told.append(line)
                if line.startswith("failed") and not failed:
                    failed = time.perf_counter() - began
        if not failed:
            raise CommandError(f"deploying a {environment}", ["invoke"], "did not fail", "".join(told))
        return failed

    def _command(self, task: str, environment: str) -> list[str]:
        return [sys.executable, "-m", "invoke", task, environment]

    @property
    def _environment(self) -> dict[str, str]:
        program = str(programs.find(programs.KUBECTL).parent)
        path = os.pathsep.join([program, os.environ["PATH"]])
        return kubectl.environment() | {"KUBECONFIG": str(self._cluster.kubeconfig), "PATH": path}


def _working(trial: _Trial) -> list[Measure]:
    """Compare a deploy with Helm's upgrade, and a plan with Helm's dry run, of changes that work."""
    step("installing the service")
    trial.helm(WORKING, "--wait")
    versions = itertools.count()

    def changed(call: Callable[[], object]) -> Callable[[], None]:
        def run() -> None:
            trial.write(WORKING, {"podAnnotations": {"version": str(next(versions))}})
            call()

        return run

    upgrades = {
        "helm": changed(lambda: trial.helm(WORKING, "--wait")),
        "deploy": changed(lambda: trial.invoke("deploy", WORKING)),
    }
    taken = interleaved(upgrades, ROUNDS, f"{ROUNDS} rounds of an upgrade and a deploy")
    trial.write(WORKING, {"podAnnotations": {"version": "planned"}})
    plans = {
        "helm": lambda: trial.helm(WORKING, "--dry-run=server"),
        "diff": lambda: trial.invoke("diff", WORKING),
    }
    planned = interleaved(plans, PLAN_ROUNDS, f"{PLAN_ROUNDS} rounds of a dry run and a plan")
    return [
        Measure("invoke deploy / helm upgrade --wait", ratio(taken["deploy"], taken["helm"]), "", 1.15),
        Measure("invoke diff / helm --dry-run=server", ratio(planned["diff"], planned["helm"]), "", 2.5),
    ]


def _failing(trial: _Trial) -> list[Measure]:
    """Compare how soon a deploy reports a version that never works with how soon Helm does."""
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda name: trial.helm(name, "--wait"), FAULTS))
    ours = {}
    for name, values in FAULTS.items():
        trial.write(name, values)
        step(f"deploying the {name}")
        ours[name] = trial.seconds_to_failure(name)

    def seconds_of_helm(name: str) -> float:
        def fail() -> None:
            try:
                trial.helm(name, "--wait")
            except CommandError:
                return
            raise CommandError(f"upgrading to the {name}", ["helm"], "did not fail", "")

        return seconds(fail)

    step("the same by helm upgrade --wait, which ends after its time-out of 5 minutes")
    with ThreadPoolExecutor() as pool:
        helm = dict(zip(FAULTS, pool.map(seconds_of_helm, FAULTS), strict=True))
    return [
        Measure(
            f"{name}: helm upgrade --wait ({helm[name]:.0f} s) / invoke deploy ({ours[name]:.0f} s)",
            helm[name] / ours[name],
            "",
            10,
            at_least=True,
        )
        for name in FAULTS
    ]
