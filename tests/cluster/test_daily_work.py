"""What people do every day with a service that runs: status, history, logs, shell, forward."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from ci.base.repository import root
from tests.support.deploys import INVOKE, Deploys
from tests.support.namespaces import CHART, QUICK, Namespace, eventually

SECRET_VALUE = "hunter2hunter2"
ONE_POD = f"""
replicaCount: 1
secret: {{data: {{JWT_SECRET: {SECRET_VALUE}}}}}
initContainers: [{{name: prepare, image: "IMAGE", command: [python, -c, "print('prepared')"]}}]
"""
SECONDS = 120


class Ended(NamedTuple):
    """What a task printed, and its exit code."""

    code: int
    out: str
    err: str


class Desk:
    """Where a person calls tasks: a repository with the service api and the environment staging."""

    def __init__(self, namespace: Namespace, folder: Path) -> None:
        self._namespace = namespace
        self._root = folder
        context = namespace.kubectl("config", "current-context").strip()
        staging = {"staging": {"context": context, "namespace": namespace.name}}
        (folder / "values").mkdir()
        (folder / "charts").symlink_to(root() / "charts")
        (folder / "values" / "api.yaml").write_text("{}")
        (folder / "values" / "environments.yaml").write_text(json.dumps(staging))

    def invoke(self, *words: str, stdin: str = "") -> Ended:
        """Run a task to its end."""
        process = self._start(words)
        out, err = process.communicate(stdin, timeout=SECONDS)
        assert SECRET_VALUE not in out + err
        return Ended(process.returncode, out, err)

    @contextmanager
    def running(self, *words: str, output: Path) -> Iterator[Callable[[], str]]:
        """Run a task during the block, which is given what it has printed, and end it by Ctrl-C."""
        with output.open("w") as file:
            process = self._start(words, output=file.fileno())
            try:
                yield output.read_text
                # As a terminal does, to the whole group.
                os.killpg(process.pid, signal.SIGINT)
                assert process.wait(SECONDS) == 0, output.read_text()
            finally:
                process.kill()
                process.communicate()
        assert not processes_of(process.pid)
        assert SECRET_VALUE not in output.read_text()

    def _start(self, words: tuple[str, ...], output: int = subprocess.PIPE) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", INVOKE, str(self._root), "4", *words],
            cwd=root(),
            env=os.environ | {"KUBECONFIG": str(self._namespace.cluster.kubeconfig)},
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.PIPE if output == subprocess.PIPE else subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )


def processes_of(group: int) -> list[str]:
    """The command lines of what still runs in a group of processes."""
    listed = subprocess.run(["ps", "-eo", "pgid=,stat=,args="], capture_output=True, text=True, check=True)
    fields = [line.split(None, 2) for line in listed.stdout.splitlines()]
    return [args for number, state, args in fields if int(number) == group and not state.startswith("Z")]


@pytest.fixture
def desk(namespace: Namespace, tmp_path: Path) -> Desk:
    folder = tmp_path / "desk"
    folder.mkdir()
    return Desk(namespace, folder)


def values(namespace: Namespace, *texts: str, version: str = "1") -> list[Path]:
    own = ONE_POD.replace("IMAGE", f"{namespace.cluster.app}:1")
    return namespace.values(QUICK, own, *texts, version=version)


def test_logs_across_a_rollout_show_new_pods_and_how_the_old_ended(
    namespace: Namespace, desk: Desk, tmp_path: Path, observed: Callable[[str], None]
) -> None:
    namespace.helm().install("api", CHART, values(namespace))
    (old,) = namespace.ready_pods()
    with desk.running("logs", "staging", "--follow", output=tmp_path / "logs") as printed:
        eventually(partial(holds, f"{short(old)}/api  version 1 listens", printed))
        namespace.helm().upgrade("api", CHART, values(namespace, version="2"))
        (new,) = namespace.ready_pods()
        expected = [
            f"+ {new}",
            f"{short(new)}/prepare (init)  prepared",
            f"{short(new)}/api  version 2 listens",
            f"{short(old)}/api  got SIGTERM",
            rf"{short(old)}/api  ended \d+ s ago with exit code 0 \(Completed\)",
            f"- {old}",
        ]
        for line in expected:
            eventually(partial(holds, line, printed))
    lines = (tmp_path / "logs").read_text().splitlines()
    assert len(lines) == len(set(lines)), "a line came twice"
    observed("the new pod joined, the old one said how it ended, and no line came twice")


def test_the_run_before_a_crash_is_shown(namespace: Namespace, desk: Desk) -> None:
    namespace.helm().install("api", CHART, values(namespace))
    (pod,) = namespace.ready_pods()
    assert desk.invoke("logs", "staging", "--previous").err == (
        "api in staging: no container was restarted, of 1 pods\n"
    )
    namespace.ask_pod(pod, "/crash")

    def recorded() -> None:
        status = namespace.object("Pod", pod)["status"]["containerStatuses"][0]
        is_there = "terminated" in status["lastState"]
        # A busy kubelet may lose how a container ended.
        if status["restartCount"] and status["ready"] and not is_there:
            namespace.ask_pod(pod, "/crash")
        assert is_there, status

    eventually(recorded)

    def restarted() -> None:
        ended = desk.invoke("logs", "staging", "--previous")
        assert (ended.code, ended.out) == (0, f"{short(pod)}/api  version 1 listens on port 8000\n")
        assert re.search(r"/api  ended \d+ s ago with exit code 3$", desk.invoke("logs", "staging").err, re.M)

    eventually(restarted)


def test_a_shell_opens_where_there_is_one_and_its_exit_code_is_the_tasks(
    namespace: Namespace, desk: Desk
) -> None:
    namespace.helm().install("api", CHART, values(namespace))
    ended = desk.invoke("shell", "staging", stdin="id -u; exit 3\n")
    assert (ended.code, ended.out) == (3, "10001\n")


def test_a_shell_beside_an_image_without_one_opens_under_restricted(
    namespace: Namespace, desk: Desk, observed: Callable[[str], None]
) -> None:
    # Every node has this image, whose one program does nothing.
    images = namespace.cluster.kubectl("get", "nodes", "--output=jsonpath={.items[*].status.images[*].names}")
    pause = re.search(r'"([^"@]+/pause):([\w.-]+)"', images)
    assert pause
    shellless = (
        f"image: {{repository: {pause[1]}, tag: '{pause[2]}'}}\nports: {{http: null}}\nreplicaCount: 1"
    )
    namespace.helm().install("api", CHART, [namespace.file(shellless)])
    refused = desk.invoke("shell", "staging", stdin="id\n")
    assert (refused.code, refused.out) == (1, "")
    assert refused.err.endswith(
        "has no shell: invoke shell staging --debug opens one in a container beside it\n"
    )
    ended = desk.invoke("shell", "staging", "--debug", stdin="id -u; ps; exit 4\n")
    assert ended.code == 4, ended.err
    assert ended.out.startswith("10001\n")
    assert "/pause" in ended.out, "it does not see the service's processes"
    observed(f"beside {pause[1]}, as user 10001, with the service's processes in sight")


def test_status_and_history_of_a_healthy_and_of_a_broken_release(
    namespace: Namespace, desk: Desk, observed: Callable[[str], None]
) -> None:
    missing = desk.invoke("status", "staging")
    assert (missing.code, missing.out) == (1, "")
    assert missing.err.startswith("api is not installed in staging (context ")
    namespace.helm().install("api", CHART, values(namespace))
    healthy = desk.invoke("status", "staging")
    assert healthy.code == 0, healthy
    assert re.search(r"^image +api +runs +\S+:1@sha256:[0-9a-f]{64}$", healthy.out, re.M)
    assert re.search(r"^deployment +api +1 of 1 ready$", healthy.out, re.M)
    assert healthy.out.endswith("all is well\n")
    namespace.kubectl("set", "image", "deployment/api", "api=not.a.registry.invalid/app:1")

    def says_why() -> None:
        broken = desk.invoke("status", "staging")
        assert broken.code == 1
        assert re.search(r"^pod +api-\S+ +not ready +.*not\.a\.registry\.invalid/app:1", broken.out, re.M)
        assert broken.err.startswith("not well: deployment api, pod api-")

    eventually(says_why)
    # The field belongs to `kubectl set image` now.
    namespace.helm().upgrade("api", CHART, values(namespace, version="2"), "--force-conflicts")
    listed = desk.invoke("history", "staging").out.splitlines()[2:]
    assert [re.findall(r"^\*|\b(?:superseded|deployed)\b|\S+:[12]\s", line) for line in listed] == [
        ["superseded", f"{namespace.cluster.app}:1 "],
        ["*", "deployed", f"{namespace.cluster.app}:2 "],
    ]
    observed("a healthy release ends with 0, a broken one with 1 and the reason")


def test_a_forwarded_port_answers_also_when_its_pod_is_replaced_and_ends_with_ctrl_c(
    namespace: Namespace, desk: Desk, tmp_path: Path, observed: Callable[[str], None]
) -> None:
    namespace.helm().install("api", CHART, values(namespace, "replicaCount: 2"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    def answering() -> str:
        try:
            answer = httpx.get(f"http://127.0.0.1:{port}/x", trust_env=False)
        except httpx.HTTPError as error:
            raise AssertionError(error) from error
        pod: str = answer.json()["pod"]
        return pod

    with desk.running("forward", "staging", f"--port={port}", output=tmp_path / "forward") as printed:
        first = eventually(answering)

        def named() -> None:
            assert printed() == f"http://127.0.0.1:{port} is api, by pod {first}\n"

        # The port is open a moment before the line about it is written.
        eventually(named)
        namespace.kubectl("delete", "pod", first, "--wait=false")
        gone = time.monotonic()

        def by_another() -> None:
            assert answering() != first

        eventually(by_another)
        seconds = time.monotonic() - gone
    with pytest.raises(AssertionError):
        answering()
    observed(f"another pod answered {seconds:.1f} s after the first was deleted")


def test_either_helm_looks_into_and_rolls_back_what_helm_3_has_deployed(
    namespace: Namespace, tmp_path: Path
) -> None:
    deploys = Deploys(namespace, tmp_path / "root")

    def printed(engine: int, task: str, *words: str, code: int = 0) -> str:
        run = deploys.run(task, *words, engine=engine)
        assert run.process.returncode == code, run.output
        return run.output

    app = namespace.cluster.app
    for tag in ("1", "2"):
        printed(3, "deploy", f"--tag={tag}")
    for engine in (3, 4):
        assert printed(engine, "status").endswith("all is well")
        assert [line[:1] for line in printed(engine, "history").splitlines()[-2:]] == [" ", "*"]
        assert f'"{app}:2" -> "{app}:1"' in printed(engine, "diff", "--tag=1", "--exit-code", code=2)
    assert "version 2 listens" in printed(3, "logs")
    assert "revision 3 is revision 1 again" in printed(3, "rollback")
    assert "image" not in printed(3, "diff", "--tag=1")
    assert "revision 4 is revision 2 again" in printed(4, "rollback")
    assert deploys.history() == [*((number, "superseded") for number in (1, 2, 3)), (4, "deployed")]


def short(pod: str) -> str:
    return pod.rpartition("-")[2]


def holds(line: str, printed: Callable[[], str]) -> None:
    pattern = line if "\\d" in line else re.escape(line)
    assert re.search(f"^{pattern}", printed(), re.M), f"{line}\nis not in\n{printed()}"
