"""Deploys as a user runs them: `invoke deploy` and its like, as processes in a repository of a test's own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from ci.base import programs
from ci.base.repository import root
from tests.support.namespaces import Namespace

ENVIRONMENT = "trial"
# In a Secret of the service; no run may print or report it.
PASSWORD = "correct-horse-battery-staple"
# What the test's own repository has of this one, and which Helm it deploys with.
INVOKE = """
import functools, pathlib, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from ci.base import repository
repository._ROOT = pathlib.Path(sys.argv.pop(1))
from ci.deploy import target
target.Target = functools.partial(target.Target, engine=int(sys.argv.pop(1)))
import tasks
from invoke import Collection, Program
Program(namespace=Collection.from_module(tasks)).run(["invoke", *sys.argv[1:]])
"""


class Run:
    """A task that runs, with the time (of time.time) of each line that it prints."""

    def __init__(self, process: subprocess.Popen[str], report: Path) -> None:
        self.process = process
        self.lines: list[tuple[float, str]] = []
        self._report = report
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.lines.append((time.time(), line.rstrip()))

    @property
    def output(self) -> str:
        return "\n".join(line for _, line in self.lines)

    @property
    def report(self) -> Any:
        """The report, None where there is none."""
        return json.loads(self._report.read_text()) if self._report.exists() else None

    def ended(self, seconds: float = 240) -> int:
        """The exit code, once it has ended and all that it printed was read: no value of a Secret."""
        code = self.process.wait(seconds)
        self._reading.join(10)
        assert PASSWORD not in self.output
        assert PASSWORD not in json.dumps(self.report)
        return code

    def when(self, words: str) -> float:
        """When it first printed these words; AssertionError where it has not yet."""
        for moment, line in self.lines:
            if words in line:
                return moment
        raise AssertionError(f"{words!r} is not in:\n{self.output}")


class Deploys:
    """The service api in an environment that is a namespace of the test cluster."""

    def __init__(self, namespace: Namespace, folder: Path, **environment: Any) -> None:
        self.namespace = namespace
        self.folder = folder
        self.runs: list[Run] = []
        self.kubeconfig = namespace.cluster.kubeconfig
        (folder / "values").mkdir(parents=True)
        (folder / "charts").symlink_to(root() / "charts")
        context = namespace.cluster.kubectl("config", "current-context").strip()
        entry = {"context": context, "namespace": namespace.name, **environment}
        (folder / "values" / "environments.yaml").write_text(json.dumps({ENVIRONMENT: entry}))
        image = {"repository": namespace.cluster.app, "tag": "1"}
        self.write(
            {
                "image": image,
                "replicaCount": 2,
                "guardrails": "none",
                "secret": {"data": {"PASSWORD": PASSWORD}},
                "topologySpreadConstraints": [],
                "tests": {"enabled": False},
                "shutdown": {"drainSeconds": 1},
                "resources": {"requests": {"cpu": "10m", "memory": "32Mi"}},
                "readinessProbe": {"initialDelaySeconds": 1, "periodSeconds": 1},
            }
        )

    def write(self, values: Mapping[str, Any], name: str = "api") -> None:
        """Write the values of a service, or with ``api/trial`` those of the environment."""
        file = self.folder / "values" / f"{name}.yaml"
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps(values))

    def start(
        self,
        task: str,
        *arguments: str,
        values: Mapping[str, Any] | None = None,
        engine: int = 4,
        program: str = INVOKE,
        **popen: Any,
    ) -> Run:
        """Start a task in the environment; ``values`` are laid over the service's until the next one."""
        self.write(values or {}, f"api/{ENVIRONMENT}")
        report = self.folder / f"report-{len(self.runs)}.json"
        words = [*([f"--report={report}"] if task == "deploy" else []), *arguments]
        temporary = self.folder / "tmp"
        temporary.mkdir(exist_ok=True)
        environment = os.environ | {
            "KUBECONFIG": str(self.kubeconfig),
            "TMPDIR": str(temporary),
            "PATH": os.pathsep.join([str(programs.find(programs.KUBECTL).parent), os.environ["PATH"]]),
        }
        process = subprocess.Popen(
            [sys.executable, "-c", program, str(self.folder), str(engine), task, ENVIRONMENT, *words],
            cwd=root(),
            env=environment,
            text=True,
            **{
                "stdin": subprocess.DEVNULL,
                "stdout": subprocess.PIPE,
                "stderr": subprocess.STDOUT,
                "start_new_session": True,
                **popen,
            },
        )
        self.runs.append(Run(process, report))
        return self.runs[-1]

    @contextmanager
    def own_kubeconfig(self, folder: Path) -> Iterator[Path]:
        """Have the tasks that start in the block read a copy of the kubeconfig, which may be changed."""
        before, self.kubeconfig = self.kubeconfig, folder / "kubeconfig"
        self.kubeconfig.write_text(before.read_text())
        yield self.kubeconfig
        self.kubeconfig = before

    def run(self, task: str, *arguments: str, **more: Any) -> Run:
        """Run a task to its end."""
        run = self.start(task, *arguments, **more)
        run.ended()
        return run

    # ── What is left ──

    def history(self) -> list[tuple[int, str]]:
        """The release's revisions and their statuses."""
        return [(one.number, one.status) for one in self.namespace.helm().history("api")]

    def objects(self, kinds: str) -> list[str]:
        """The names of what is there of some kinds, with their kind."""
        return self.namespace.kubectl("get", kinds, "--output=name").split()

    def processes(self) -> dict[int, str]:
        """The processes that work with this repository or a kubeconfig of its tasks: their command lines."""
        found = {}
        for file in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                command = file.read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            if str(self.folder) in command:
                found[int(file.parent.name)] = command
        return found

    def private_folders(self) -> list[Path]:
        """The folders with the kubeconfigs of tasks in this namespace, running or killed."""
        found = []
        for file in (programs.cache_folder() / "deploys").glob("*/kubeconfig"):
            # Those of other tests come and go.
            with suppress(FileNotFoundError):
                if self.namespace.name in file.read_text():
                    found.append(file.parent)
        return found

    def files(self) -> list[str]:
        """What is left of temporary files."""
        return [path.name for path in (self.folder / "tmp").iterdir()]
