"""What a new cluster needs beside Kubernetes itself, and the wait until all of it is ready."""

from __future__ import annotations

import os
import shlex
import time
from pathlib import Path
from typing import Any

from ci.base.console import step
from ci.base.errors import UserError
from ci.base.processes import CommandError
from ci.clusters.kubectl import Kubectl

VARIABLE = "CLUSTER_ADDONS"
FOLDER = Path(__file__).parent / "cluster-addons"
DEFAULT = "metrics-server contour gateway-api"
READY_SECONDS = 300
POLL_SECONDS = 1
REPORT_SECONDS = 10


def chosen(text: str) -> list[str]:
    """Return the parts of a list of add-ons as a shell would; "" means CLUSTER_ADDONS, or the usual ones."""
    return shlex.split(text or os.environ.get(VARIABLE, DEFAULT))


def install(kubectl: Kubectl, addons: list[str]) -> None:
    """Apply each add-on: one of cluster-addons/ by name, or a manifest or kustomization by path or URL.

    Raises UserError where there is no such thing, it cannot be read, or the cluster refuses it.
    """
    for addon in addons:
        step(f"installing {addon}")
        try:
            kubectl("apply", "--server-side", *source(addon), seconds=READY_SECONDS)
        except CommandError as error:
            remedy = f"--addons or {VARIABLE} takes manifests of your own, where {addon} is out of reach"
            raise UserError(f"{error}\n{remedy}") from None


def source(addon: str) -> list[str]:
    """Return the arguments by which kubectl apply reads an add-on; raise UserError where it is not there."""
    if addon.startswith("https://"):
        return ["--filename", addon]
    path = Path(addon)
    if addon in DEFAULT.split():
        path = FOLDER / addon
    if not path.exists():
        ours = " or ".join(DEFAULT.split())
        raise UserError(f"{addon}: there is no such add-on: give {ours}, or a manifest's path or https URL")
    return ["--kustomize" if path.is_dir() else "--filename", str(path)]


def wait_until_ready(kubectl: Kubectl, name: str) -> None:
    """Wait for every node, Deployment, DaemonSet and APIService, telling now and then what is missing.

    Raises UserError after READY_SECONDS, with what still is.
    """
    began = told = time.monotonic()
    while missing := _missing(kubectl):
        now = time.monotonic()
        if now - began > READY_SECONDS:
            raise UserError(f"{name} was not ready after {READY_SECONDS} s: {', '.join(missing)}")
        if now - told > REPORT_SECONDS:
            told = now
            step(f"{name}: waiting for {', '.join(missing)}")
        time.sleep(POLL_SECONDS)
    step(f"{name}: ready after another {time.monotonic() - began:.0f} s")


def _missing(kubectl: Kubectl) -> list[str]:
    try:
        found = kubectl.get("nodes,deployments,daemonsets,apiservices", "--all-namespaces")
    except CommandError as error:
        # While an add-on's API is not served, kubectl cannot list what there is.
        return [str(error)]
    return [f"{made['kind']} {made['metadata']['name']}" for made in found if not _is_ready(made)]


def _is_ready(made: Any) -> bool:
    status = made.get("status", {})
    if made["kind"] == "DaemonSet":
        wanted = status.get("desiredNumberScheduled", 0)
        return bool(
            status.get("observedGeneration") == made["metadata"]["generation"]
            and status.get("numberAvailable", 0) == status.get("updatedNumberScheduled", 0) == wanted
        )
    condition = "Ready" if made["kind"] == "Node" else "Available"
    return any(
        found["type"] == condition and found["status"] == "True" for found in status.get("conditions", [])
    )
