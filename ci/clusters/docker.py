"""The Docker engine: whether one answers, the images built there, and what is asked of its containers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from ci.base.processes import CommandError, run

ANSWER_SECONDS = 20


def why_not() -> str:
    """Return why no cluster can be made here: no engine answers; "" where one does."""
    try:
        run(
            ["docker", "version", "--format", "{{.Server.Version}}"],
            "no Docker engine answers",
            seconds=ANSWER_SECONDS,
        )
    except CommandError as error:
        return str(error)
    return ""


def build(folder: Path, image: str, arguments: Mapping[str, str]) -> None:
    """Build the Dockerfile in ``folder`` as ``image``, with these build arguments."""
    given = [word for name, text in arguments.items() for word in ("--build-arg", f"{name}={text}")]
    run(["docker", "build", "--tag", image, *given, folder], f"building the image {image}")


def push(image: str) -> None:
    """Push an image to the registry that its name begins with."""
    run(["docker", "push", image], f"pushing the image {image}")


def containers(label: str) -> list[str]:
    """Return the names of the containers with a label (``name=value``), whatever their state, sorted."""
    command = ["docker", "ps", "--all", "--filter", f"label={label}", "--format", "{{.Names}}"]
    return sorted(run(command, f"listing the containers with {label}").split())


def ports_on_loopback(container: str) -> dict[int, int]:
    """Return which port of 127.0.0.1 leads to each port of a container that is published there."""
    told = run(["docker", "port", container], f"asking for the ports of {container}")
    return {
        int(inside): int(outside)
        for inside, outside in re.findall(r"^(\d+)/tcp -> 127\.0\.0\.1:(\d+)$", told, re.MULTILINE)
    }


def image_of(container: str) -> str:
    """Return the image that a container was started from, as it was named then."""
    command = ["docker", "inspect", "--format", "{{.Config.Image}}", container]
    return run(command, f"asking for the image of {container}").strip()
