"""A shell in a pod of a service, also where its image has none: what `invoke shell` opens."""

from __future__ import annotations

import json
import re
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from invoke.exceptions import Exit

from ci.base.console import step
from ci.base.errors import UserError
from ci.base.processes import CommandError
from ci.clusters import kubectl
from ci.deploy import components, release_pods
from ci.deploy.remedies import command
from ci.deploy.snapshot import is_going, is_ready, statuses
from ci.deploy.target import Target, reached
from ci.kubernetes.manifests import Object
from ci.kubernetes.workloads import dig, entries, main_container

DEBUG_IMAGE = "busybox:1.37"
# The user of the chart's containers, where the values name no other.
CHART_USER = 10001
START_SECONDS = 60
# A busy kubelet reports late how a container ended.
END_SECONDS = 30
POLL_SECONDS = 0.5
_NO_SHELL = re.compile(r"executable file not found|no such file or directory")
# Of what waits, these are passed on the way to a running container.
_STARTING = ("", "ContainerCreating", "PodInitializing")


def run(environment: str, service: str = "", *, workload: str = "", debug: bool = False) -> None:
    """Open a shell in the youngest pod that is ready, else in one that runs; without a terminal, feed it.

    The pod serves requests, or is one of a ``workload``. ``debug`` opens it in an ephemeral container beside
    the pod's own. Raise UserError for an unknown environment, service or workload, without such a pod, and
    for an image without a shell; Exit with the code of a shell that fails.
    """
    with reached(environment, service) as target:
        pod = _chosen(target, workload)
        code = _debug(target, pod) if debug else _shell(target, pod)
    if code:
        raise Exit(code=code)


def _chosen(target: Target, workload: str) -> Object:
    selector = components.selector(target, workload) if workload else components.web(target)
    found = release_pods.pods(target, selector)
    running = [pod for pod in found if _main_is_running(pod) and not is_going(pod)]
    if not running or any(map(is_ready, running)):
        return release_pods.require_ready(target, found)
    return running[-1]


def _main_is_running(pod: Object) -> bool:
    main = main_container(pod)["name"]
    return any(one["name"] == main and dig(one, "state", "running") is not None for one in statuses(pod))


def _shell(target: Target, pod: Object) -> int:
    main = main_container(pod)
    name = pod["metadata"]["name"]
    where = [name, f"--container={main['name']}"]
    try:
        found = target.kubectl("exec", *where, "--", "sh", "-c", "command -v bash || command -v sh")
    except CommandError as error:
        if not _NO_SHELL.search(error.output):
            raise
        again = command(target, "shell", "--debug")
        message = f"the image {main['image']} has no shell: {again} opens one in a container beside it"
        raise UserError(message) from None
    _announce(pod, main["name"])
    return _connected(target, ["exec", *where, *_streams(), "--", found.split()[0]])


def _debug(target: Target, pod: Object) -> int:
    """Open a shell in an ephemeral container, which sees the service's processes; return its exit code."""
    main, name = main_container(pod)["name"], pod["metadata"]["name"]
    container = f"debug-{secrets.token_hex(3)}"
    where = [name, f"--container={container}"]
    with tempfile.TemporaryDirectory(prefix="shell-") as folder:
        profile = Path(folder) / "profile.json"
        profile.write_text(json.dumps(_profile(pod)), encoding="utf-8")
        how = ["--profile=restricted", f"--custom={profile}", f"--target={main}", f"--image={DEBUG_IMAGE}"]
        begin = ["debug", *where, *how, *_streams(), "--attach=false", "--", "sh"]
        target.kubectl(*begin)
    _await_start(target, name, container)
    _announce(pod, container)
    code = _connected(target, ["attach", *where, *_streams()])
    return code or _exit_code(target, name, container)


def _profile(pod: Object) -> dict[str, Any]:
    """Return what an ephemeral container needs under the Pod Security Standard `restricted`.

    kubectl's own profile of that name lacks the user, without which an image whose user is root is refused:
    https://github.com/kubernetes/kubernetes/issues/115671
    """
    main = main_container(pod)
    settings = (main.get("securityContext") or {}, dig(pod, "spec", "securityContext") or {})

    def chosen(key: str) -> int:
        return next((int(one[key]) for one in settings if key in one), CHART_USER)

    context = {
        "runAsUser": chosen("runAsUser"),
        "runAsGroup": chosen("runAsGroup"),
        "runAsNonRoot": chosen("runAsUser") != 0,
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    # With stdinOnce the shell ends with what it is fed, and when the connection is lost.
    return {"securityContext": context, "stdinOnce": True}


def _await_start(target: Target, pod: str, container: str) -> None:
    """Wait until an ephemeral container runs; raise UserError with the reason where it does not."""
    end = time.monotonic() + START_SECONDS
    while True:
        state = _state(target, pod, container)
        waiting = state.get("waiting") or {}
        if state and not waiting:
            return
        reason = waiting.get("reason") or ""
        if reason not in _STARTING or time.monotonic() > end:
            words = ": ".join(filter(None, (reason, waiting.get("message")))) or "it has not started"
            raise UserError(f"no shell beside {pod}: the image {DEBUG_IMAGE}, container {container}: {words}")
        time.sleep(POLL_SECONDS)


def _exit_code(target: Target, pod: str, container: str) -> int:
    """Return how an ephemeral container ended; 0 where it goes on, for nobody is connected to it any more."""
    end = time.monotonic() + END_SECONDS
    while time.monotonic() < end:
        if ended := _state(target, pod, container).get("terminated"):
            return int(ended["exitCode"])
        time.sleep(POLL_SECONDS)
    step(f"{container} still runs in {pod}")
    return 0


def _state(target: Target, pod: str, container: str) -> Mapping[str, Any]:
    read = target.kubectl.get("pod", pod)
    found = entries(read, "status", "ephemeralContainerStatuses")
    return next((one.get("state") or {} for _, one in found if one["name"] == container), {})


def _announce(pod: Object, container: str) -> None:
    unready = "" if is_ready(pod) else ", which is not ready"
    step(f"a shell in container {container} of {pod['metadata']['name']}{unready}")


def _streams() -> list[str]:
    """Return kubectl's options for what is connected: a terminal only where there is one on both sides."""
    has_terminal = sys.stdin.isatty() and sys.stdout.isatty()
    return ["--stdin", "--tty"] if has_terminal else ["--stdin", "--quiet"]


def _connected(target: Target, arguments: Sequence[str]) -> int:
    """Run kubectl on this process's input and output; return its exit code, which is the command's."""
    command = [*target.kubectl.command, *arguments]
    return subprocess.run(command, env=kubectl.environment(), check=False).returncode
