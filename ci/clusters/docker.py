"""The Docker engine: whether one answers, and what is asked of its containers."""

from __future__ import annotations

import re

from ci.base.processes import CommandError, run

ANSWER_SECONDS = 20


def why_not() -> str:
    """Return why no cluster can be created here: the error of docker version, "" if an engine answers."""
    try:
        run(
            ["docker", "version", "--format", "{{.Server.Version}}"],
            "no Docker engine answers",
            seconds=ANSWER_SECONDS,
        )
    except CommandError as error:
        return str(error)
    return ""


def containers(label: str) -> list[str]:
    """Return the names of the containers with a label (``name=value``) in any state, sorted."""
    command = ["docker", "ps", "--all", "--filter", f"label={label}", "--format", "{{.Names}}"]
    return sorted(run(command, f"listing the containers with {label}").split())


def ports_on_loopback(container: str) -> dict[int, int]:
    """Return the ports that a container publishes on 127.0.0.1: {port in the container: port there}."""
    output = run(["docker", "port", container], f"asking for the ports of {container}")
    return {
        int(inside): int(outside)
        for inside, outside in re.findall(r"^(\d+)/tcp -> 127\.0\.0\.1:(\d+)$", output, re.MULTILINE)
    }


def image_of(container: str) -> str:
    """Return the name of the image that a container was started from."""
    command = ["docker", "inspect", "--format", "{{.Config.Image}}", container]
    return run(command, f"asking for the image of {container}").strip()
