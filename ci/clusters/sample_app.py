"""The sample service of the cluster tests: builds two versions of its image and gives them to a cluster."""

from __future__ import annotations

from ci.base.console import step
from ci.base.errors import UserError
from ci.base.repository import root
from ci.clusters import images as images_
from ci.clusters import kind

FOLDER = root() / "tests" / "cluster" / "app"
REPOSITORY = "microservice-chart-app"
VERSIONS = ("1", "2")


def build(repository: str = REPOSITORY) -> list[str]:
    """Build the image of each version and return their names; raise CommandError if that fails."""
    step(f"building {repository}:{' and :'.join(VERSIONS)}")
    images = [f"{repository}:{version}" for version in VERSIONS]
    for image, version in zip(images, VERSIONS, strict=True):
        images_.build(images_.DOCKER, image, FOLDER, arguments={"VERSION": version})
    return images


def load(cluster: str, images: list[str]) -> None:
    """Copy the images to the nodes of a kind cluster."""
    step(f"loading {', '.join(images)} into {cluster}")
    kind.load(cluster, images)


def reach(context: str, push_to: str) -> str:
    """Build the images, make them available to the cluster of a context, and return their repository.

    They are pushed to the repository ``push_to``, if given, for the cluster to pull; else they are loaded,
    which only works for kind clusters on this machine: raises UserError for others.
    """
    if push_to:
        for image in build(push_to):
            step(f"pushing {image}")
            images_.push(images_.DOCKER, image)
        return push_to
    if name := kind.cluster_of(context):
        load(name, build())
        return REPOSITORY
    raise UserError(
        f"{context} is not a kind cluster on this machine, so it must pull the image of the sample service; "
        "name a repository for it: --push-to=registry.example.com/me/app"
    )
