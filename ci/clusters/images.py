"""Images, built and pushed by Docker or by Podman, whose command lines are alike."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping
from pathlib import Path

from ci.base import processes
from ci.base.errors import UserError
from ci.base.processes import CommandError
from ci.clusters import docker

DOCKER, PODMAN = "docker", "podman"
# What Docker Hub and the registries of https://github.com/distribution/distribution say, and the clouds' own.
_LOGIN = re.compile(r"denied|unauthorized|no basic auth|authentication required|forbidden", re.IGNORECASE)


def engine() -> str:
    """Return the program that builds images here: DOCKER if it answers, else PODMAN; else raise UserError."""
    why_not = docker.why_not()
    if not why_not:
        return DOCKER
    try:
        asked = [PODMAN, "info", "--format", "{{.Version.Version}}"]
        processes.run(asked, "no Podman answers", seconds=docker.ANSWER_SECONDS)
    except CommandError as error:
        remedy = "start or install one of them: https://docs.docker.com/engine/install/"
        raise UserError(f"{why_not}\n{error}\nan image takes Docker or Podman; {remedy}") from None
    return PODMAN


def build(
    engine: str,
    image: str,
    context: Path,
    *,
    dockerfile: Path | None = None,
    labels: Mapping[str, str] | None = None,
    arguments: Mapping[str, str] | None = None,
    shown: bool = False,
) -> None:
    """Build ``image`` from the folder ``context``; raise CommandError with the build's last lines.

    ``dockerfile`` is Dockerfile in that folder by default, ``arguments`` are the build's, and what the build
    prints is on standard error where it is ``shown``.
    """
    options = ["--file", str(dockerfile)] if dockerfile else []
    options += [word for name, text in (labels or {}).items() for word in ("--label", f"{name}={text}")]
    options += [
        word for name, text in (arguments or {}).items() for word in ("--build-arg", f"{name}={text}")
    ]
    command = [engine, "build", "--tag", image, *options, str(context)]
    (processes.run_shown if shown else processes.run)(command, f"building the image {image}")


def push(engine: str, image: str) -> str:
    """Push an image to the registry that its name begins with, and return it by its digest there.

    Raise UserError where the registry does not let us, with how to log in.
    """
    repository = image.rpartition(":")[0]
    registry = registry_of(repository)
    with tempfile.TemporaryDirectory(prefix="push-") as folder:
        # Docker prints the digest. Podman writes it to a file, and knows no registry by default.
        file = Path(folder) / "digest"
        words = [image]
        if engine == PODMAN:
            place = image if image.startswith(f"{registry}/") else f"{registry}/{image}"
            words = ["--digestfile", str(file), image, f"docker://{place}"]
        try:
            told = processes.run_shown([engine, "push", *words], f"pushing the image {image}")
        except CommandError as error:
            if not _LOGIN.search(error.output):
                raise
            raise UserError(
                f"{error}\n{registry} does not let you push to {repository}: log in with "
                f"`{engine} login {registry}`, or name a repository of your own in image.repository"
            ) from None
        if engine == PODMAN:
            told = f"digest: {file.read_text(encoding='utf-8')}"
    digest = re.search(r"digest: (sha256:[0-9a-f]{64})", told)
    if not digest:
        raise UserError(f"{image} was pushed, but {engine} did not print its digest")
    return f"{repository}@{digest[1]}"


def registry_of(repository: str) -> str:
    """Return the host of an image's registry, Docker Hub where its name has none.

    The rule: https://pkg.go.dev/github.com/distribution/reference#ParseNormalizedNamed.
    """
    host, slash, _ = repository.partition("/")
    return host if slash and (re.search("[.:]", host) or host == "localhost") else "docker.io"
