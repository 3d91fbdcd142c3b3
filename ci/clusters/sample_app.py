"""The service that the chart is tried with: two versions of one image, and how a cluster gets them."""

from __future__ import annotations

from ci.base.console import step
from ci.base.errors import UserError
from ci.base.repository import root
from ci.clusters import docker, kind

FOLDER = root() / "tests" / "cluster" / "app"
REPOSITORY = "microservice-chart-app"
VERSIONS = ("1", "2")


def build(repository: str = REPOSITORY) -> list[str]:
    """Build the image of each version and return their names; raise CommandError where that fails."""
    step(f"building {repository}:{' and :'.join(VERSIONS)}")
    images = [f"{repository}:{version}" for version in VERSIONS]
    for image, version in zip(images, VERSIONS, strict=True):
        docker.build(FOLDER, image, {"VERSION": version})
    return images


def load(cluster: str, images: list[str]) -> None:
    """Copy the images to the nodes of a kind cluster."""
    step(f"loading {', '.join(images)} into {cluster}")
    kind.load(cluster, images)


def reach(context: str, push_to: str) -> str:
    """Build the images, let the existing cluster of a context have them, and return their repository.

    A cluster of kind's on this machine gets them loaded; any other pulls them from the registry to which they
    are pushed: ``push_to``, a repository's name. Raises UserError where there is none.
    """
    name = context.removeprefix("kind-")
    if push_to:
        for image in build(push_to):
            step(f"pushing {image}")
            docker.push(image)
        return push_to
    if context.startswith("kind-") and name in kind.names():
        load(name, build())
        return REPOSITORY
    raise UserError(
        f"{context} is no kind cluster of this machine, so it has to pull the image that the chart is tried "
        "with: name a repository that you push to and it pulls from, --push-to=registry.example.com/me/app"
    )
