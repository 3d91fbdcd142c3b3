"""Prepares a cluster for the cluster tests and `invoke up`: add-ons and the images of the sample service."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace

from ci.base.console import step
from ci.base.errors import UserError
from ci.clusters import addons, docker, kubectl, lifecycle, operators, sample_app
from ci.clusters.lifecycle import Cluster

IMAGE_VARIABLE = "KIND_NODE_IMAGE"
# One to drain, and one for the pods to move to.
NODES = 2


@dataclass(frozen=True)
class Wanted:
    """The cluster to use: the options of the tasks, by name; it has ``operators`` in place of ``addons``."""

    kube_context: str = ""
    push_to: str = ""
    node_image: str = ""
    nodes: int = NODES
    addons: str = ""
    operators: str = ""


@contextmanager
def prepared(wanted: Wanted) -> Iterator[Cluster]:
    """Yield a cluster in which the add-ons are ready and the images of the sample service are available.

    Raises UserError, with the reason, if that is not possible.
    """
    check(wanted)
    if wanted.kube_context:
        with lifecycle.existing(wanted.kube_context) as found:
            yield _with_app(found, sample_app.reach(wanted.kube_context, wanted.push_to))
        return
    chosen = _chosen(wanted)
    images = sample_app.build()
    with lifecycle.ephemeral(nodes=wanted.nodes, image=_image(wanted)) as made:
        with ThreadPoolExecutor() as pool:
            loaded = pool.submit(sample_app.load, made.name, images)
            addons.install(made.kubectl, chosen)
            addons.wait_until_ready(made.kubectl, made.name)
            loaded.result()
        yield _with_app(made, sample_app.REPOSITORY)


@contextmanager
def bare(wanted: Wanted) -> Iterator[Cluster]:
    """Yield a cluster of which only the API server is of use: the add-ons may not be ready.

    Raises UserError, with the reason, if that is not possible.
    """
    check(wanted)
    if wanted.kube_context:
        with lifecycle.existing(wanted.kube_context) as found:
            yield found
        return
    chosen = _chosen(wanted)
    with lifecycle.ephemeral(nodes=wanted.nodes, image=_image(wanted)) as made:
        addons.install(made.kubectl, chosen)
        yield made


def check(wanted: Wanted) -> None:
    """Raise UserError for options that are wrong, before anything is created."""
    if wanted.nodes < 1:
        raise UserError(f"--nodes={wanted.nodes}: a cluster needs at least one node")
    if wanted.kube_context:
        kubectl.flattened(wanted.kube_context)
        return
    for addon in _chosen(wanted):
        addons.source(addon)


def why_not(wanted: Wanted) -> str:
    """Return why no such cluster is possible here, "" if it is."""
    return "" if wanted.kube_context else docker.why_not()


def _chosen(wanted: Wanted) -> list[str]:
    return operators.chosen(wanted.operators) if wanted.operators else addons.chosen(wanted.addons)


def _image(wanted: Wanted) -> str:
    return wanted.node_image or os.environ.get(IMAGE_VARIABLE, "")


def _with_app(found: Cluster, repository: str) -> Cluster:
    known = replace(found, app=repository)
    known.write()
    step(f"{known.name}: {known.kubeconfig}")
    return known
