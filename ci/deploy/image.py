"""The image of a service: built from what its values file names in ``x-build``, and tagged by git."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from ci.base.console import out, step
from ci.base.errors import UserError
from ci.base.processes import CommandError
from ci.base.repository import root, shown
from ci.charts import catalog, environments
from ci.charts.environments import OWN_CLUSTER, Environment
from ci.charts.values_file import read_values
from ci.clusters import images, kind, lifecycle
from ci.deploy import candidate
from ci.deploy import commit as commit_
from ci.deploy.commit import Commit
from ci.deploy.target import KEPT_BY
from ci.values import lint

_MOST_FILES_SHOWN = 5


class Build(NamedTuple):
    """What an image is built from, and its name without a tag."""

    repository: str
    context: Path
    dockerfile: Path


def run(service: str, tag: str, *, push: bool, load: str) -> None:
    """Build a service's image, and print its reference as the last line: by its digest if it is pushed.

    ``service`` may be "" if there is only one, and ``tag`` for the one that git gives; ``load`` is the
    environment whose kind cluster gets the image, "" for none. Raise UserError, before anything is built, for
    what can be seen to be wrong, and where building, loading or pushing fails.
    """
    candidate.require_image(tag, digest="")
    environment = environments.environment(load) if load else None
    build = build_of(environments.find_service(service), environment)
    commit = _commit(build.context, needed=not tag)
    if commit and commit.changed:
        _report(commit.changed)
    image = f"{build.repository}:{tag if tag or not commit else commit.image_tag}"
    engine = images.engine()
    if load and engine != images.DOCKER:
        raise UserError("--load: kind gets images from Docker only, and no Docker answers; Podman can --push")
    cluster = _cluster(environment) if environment else ""
    step(f"building {image} from {shown(build.dockerfile)}")
    labels = commit.labels if commit else {}
    images.build(engine, image, build.context, dockerfile=build.dockerfile, labels=labels, shown=True)
    if cluster:
        step(f"loading {image} into {cluster}")
        kind.load(cluster, [image])
    if push:
        step(f"pushing {image}")
        image = images.push(engine, image)
    out.out(image)


def build_of(service: str, environment: Environment | None = None) -> Build:
    """Return what a service's image is built from, with its name in an environment if there is one.

    Raise UserError for mistakes in the service's values file, and for a folder or file that is missing.
    """
    file = environments.unchecked()[service]
    if faults := lint.faults(file, catalog.service_chart()):
        raise UserError("\n".join(map(str, faults)))
    wanted = read_values(file).get("x-build")
    if wanted is None:
        raise UserError(
            f"{shown(file)} does not say what the image is built from: add `x-build: {{context: FOLDER}}`, "
            "a folder with a Dockerfile, relative to the repository's root"
        )
    image: dict[str, Any] = {}
    for values in environments.values_of(service, environment) if environment else (file,):
        image |= read_values(values).get("image") or {}
    if not image.get("repository"):
        raise UserError(
            f"{shown(file)} does not name the image: add `image: {{repository: myrepo/{service}}}`"
        )
    context = root() / wanted["context"]
    dockerfile = context / wanted.get("dockerfile", "Dockerfile")
    where = f"{shown(file)}: x-build"
    if not context.is_dir():
        raise UserError(f"{where}.context: there is no folder {shown(context)}; create it, or name another")
    if not dockerfile.is_file():
        raise UserError(f"{where}.dockerfile: there is no {shown(dockerfile)}; create it, or name another")
    return Build("/".join(filter(None, [image.get("registry"), image["repository"]])), context, dockerfile)


def _commit(folder: Path, *, needed: bool) -> Commit | None:
    """Return the commit of a folder's repository; None where there is none and none is ``needed``."""
    try:
        return commit_.of(folder)
    except CommandError as error:
        if needed:
            raise UserError(f"{error}\nwithout a commit, name the image's tag: --tag v1.2.3") from None
        return None


def _report(changed: list[str]) -> None:
    more = f" and {len(changed) - _MOST_FILES_SHOWN} more" if len(changed) > _MOST_FILES_SHOWN else ""
    step(f"not committed, and perhaps in the image: {', '.join(changed[:_MOST_FILES_SHOWN])}{more}")


def _cluster(environment: Environment) -> str:
    """Return the kind cluster of an environment; UserError where it is not one of this machine."""
    context = environment.context
    if context == OWN_CLUSTER:
        own = lifecycle.kept_by(KEPT_BY)
        if own is None:
            raise UserError(f"{environment.name} is the cluster of `invoke up`, and there is none: invoke up")
        context = own.context or f"kind-{own.name}"
    if cluster := kind.cluster_of(context):
        return cluster
    raise UserError(
        f"{environment.name} is the context {context}, which is not a kind cluster of this machine: it pulls "
        "its images from a registry, so --push in place of --load"
    )
