"""Everything that there is to say about a release at one moment, read with a few calls at once."""

from __future__ import annotations

import dataclasses
from concurrent.futures import ThreadPoolExecutor

from ci.base.processes import CommandError
from ci.deploy import history, namespaces
from ci.deploy.history import Stored
from ci.deploy.reader import EXTERNAL_SECRETS, STORES, Reader, listed
from ci.deploy.snapshot import Snapshot
from ci.deploy.target import Target
from ci.kubernetes.manifests import Object

BUDGETS = "poddisruptionbudgets.policy"
CERTIFICATES = "certificates.cert-manager.io"
# What leads to the pods, by kind: nothing notices where somebody deletes it.
WAYS = {"Service": "services", "Ingress": "ingresses.networking.k8s.io"}


@dataclasses.dataclass(frozen=True)
class State:
    """A release by its name: its revisions, oldest first, its rollout, and the objects beside it.

    ``objects`` holds those of BUDGETS and WAYS, and of the other kinds where the cluster serves them; None
    stands for what the user may not list. ``terminating`` is the namespace if it is being deleted, else "".
    """

    release: str
    revisions: list[Stored]
    snapshot: Snapshot
    objects: dict[str, list[Object] | None]
    terminating: str = ""


def read(target: Target) -> State:
    """Read the state of a release; raise UserError where nothing is installed."""
    with ThreadPoolExecutor() as pool:
        revisions = pool.submit(history.stored, target)
        snapshot = pool.submit(Reader(target).snapshot)
        phase = pool.submit(namespaces.phase, target)
        served = pool.submit(_served, target)
        others = (CERTIFICATES, EXTERNAL_SECRETS, STORES)
        kinds = [BUDGETS, *WAYS.values(), *(kind for kind in others if _group(kind) in served.result())]
        objects = dict(zip(kinds, pool.map(lambda kind: _listed(target, kind), kinds), strict=True))
        stored = revisions.result()
        newest = _of_the_newest(snapshot.result(), stored)
        terminating = target.namespace if phase.result() == namespaces.TERMINATING else ""
        return State(target.service, stored, newest, objects, terminating)


def _of_the_newest(snapshot: Snapshot, stored: list[Stored]) -> Snapshot:
    """Leave out hooks that failed in an earlier revision: one that is deployed had all of its own succeed."""
    is_deployed = stored[-1].revision.status == "deployed"
    return dataclasses.replace(snapshot, jobs=[]) if is_deployed else snapshot


def _served(target: Target) -> set[str]:
    return {group["name"] for group in target.api.get("/apis")["groups"]}


def _group(kind: str) -> str:
    return kind.partition(".")[2]


def _listed(target: Target, kind: str) -> list[Object] | None:
    try:
        return listed(target, kind)
    except CommandError as error:
        if "Forbidden" in error.output:
            return None
        # An operator of an older release serves its kinds in an earlier version only.
        if "NotFound" in error.output:
            return []
        raise
