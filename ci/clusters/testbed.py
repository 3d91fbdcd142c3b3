"""A cluster with everything in it that the chart is tried with."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace

from ci.base.console import step
from ci.base.errors import UserError
from ci.clusters import addons, docker, kubectl, lifecycle, sample_app
from ci.clusters.lifecycle import Cluster

IMAGE_VARIABLE = "KIND_NODE_IMAGE"
# One to drain, one to go on.
NODES = 2


@dataclass(frozen=True)
class Wanted:
    """Which cluster: what each task's option of that name says."""

    kube_context: str = ""
    push_to: str = ""
    node_image: str = ""
    nodes: int = NODES
    addons: str = ""


@contextmanager
def prepared(wanted: Wanted) -> Iterator[Cluster]:
    """Give the block a cluster in which the add-ons are ready and the app's images are known.

    Raises UserError where there can be none, with the reason.
    """
    check(wanted)
    if wanted.kube_context:
        with lifecycle.existing(wanted.kube_context) as found:
            yield _with_app(found, sample_app.reach(wanted.kube_context, wanted.push_to))
        return
    chosen = addons.chosen(wanted.addons)
    images = sample_app.build()
    image = wanted.node_image or os.environ.get(IMAGE_VARIABLE, "")
    with lifecycle.ephemeral(nodes=wanted.nodes, image=image) as made:
        with ThreadPoolExecutor() as pool:
            loaded = pool.submit(sample_app.load, made.name, images)
            addons.install(made.kubectl, chosen)
            addons.wait_until_ready(made.kubectl, made.name)
            loaded.result()
        yield _with_app(made, sample_app.REPOSITORY)


def check(wanted: Wanted) -> None:
    """Raise UserError for what can be seen to be wrong before anything is made."""
    if wanted.nodes < 1:
        raise UserError(f"a cluster of {wanted.nodes} nodes cannot be made: --nodes=1 is the least")
    if wanted.kube_context:
        kubectl.flattened(wanted.kube_context)
        return
    for addon in addons.chosen(wanted.addons):
        addons.source(addon)


def why_not(wanted: Wanted) -> str:
    """Return why there can be no such cluster here; "" where there can."""
    return "" if wanted.kube_context else docker.why_not()


def _with_app(found: Cluster, repository: str) -> Cluster:
    known = replace(found, app=repository)
    known.write()
    step(f"{known.name}: {known.kubeconfig}")
    return known
