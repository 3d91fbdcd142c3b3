"""Installs add-ons into a new cluster and waits until everything in it is ready."""

from __future__ import annotations

import os
import shlex
import time
from pathlib import Path
from typing import Any

from ci.base.console import step
from ci.base.errors import UserError
from ci.base.processes import CommandError
from ci.base.suggestions import did_you_mean
from ci.clusters.kubectl import Kubectl

VARIABLE = "CLUSTER_ADDONS"
FOLDER = Path(__file__).parent / "cluster-addons"
DEFAULT = "metrics-server ingress gateway-api"
# A folder of an add-on: what is applied once the kinds that the add-on defines are known.
OBJECTS = "objects"
# As kubectl apply names it.
DNS_CONFIGURATION = "configmap/coredns "
# What has to be ready.
AWAITED = (
    *("nodes", "deployments", "daemonsets", "statefulsets", "apiservices"),
    *("mutatingwebhookconfigurations", "validatingwebhookconfigurations"),
)
READY_SECONDS = 300
POLL_SECONDS = 1
REPORT_SECONDS = 10


def chosen(text: str) -> list[str]:
    """Return the add-ons in ``text``, split as by a shell; if it is "", of CLUSTER_ADDONS, else DEFAULT."""
    return shlex.split(text or os.environ.get(VARIABLE, DEFAULT))


def names() -> list[str]:
    """Return the names of the add-ons in cluster-addons/, sorted."""
    return sorted(folder.name for folder in FOLDER.iterdir())


def install(kubectl: Kubectl, addons: list[str]) -> None:
    """Apply each add-on: one of cluster-addons/ by name, or a manifest or a folder of them by path or URL.

    What a folder has in OBJECTS follows when all are applied. If the DNS servers' configuration is among it,
    they are restarted. Raises UserError if an add-on does not exist or cannot be read, or if the cluster
    refuses it.
    """
    applied = ""
    for addon in addons:
        step(f"installing {addon}")
        try:
            applied += _apply(kubectl, source(addon))
        except CommandError as error:
            remedy = f"if {addon} cannot be reached, give your own manifests with --addons or --operators"
            raise UserError(f"{error}\n{remedy}") from None
    if following := [folder for addon in addons if (folder := _path(addon) / OBJECTS).is_dir()]:
        established = ["--for=condition=Established", f"--timeout={READY_SECONDS}s"]
        kubectl("wait", "customresourcedefinitions", "--all", *established, seconds=READY_SECONDS)
        for folder in following:
            applied += _apply(kubectl, ["--filename", str(folder)])
    if DNS_CONFIGURATION in applied:
        # Otherwise each server reads it at a time of its own, and for a minute their answers differ.
        kubectl("rollout", "restart", "deployment/coredns", "--namespace=kube-system")


def source(addon: str) -> list[str]:
    """Return the arguments of kubectl apply for an add-on; raise UserError if it does not exist."""
    if addon.startswith("https://"):
        return ["--filename", addon]
    path = _path(addon)
    if not path.exists():
        known = f"{', '.join(names())}, or the path or https URL of a manifest"
        raise UserError(f"{addon}: no such add-on; use {known}{did_you_mean(addon, names())}")
    return ["--kustomize" if (path / "kustomization.yaml").exists() else "--filename", str(path)]


def _path(addon: str) -> Path:
    return FOLDER / addon if addon in names() else Path(addon)


def _apply(kubectl: Kubectl, arguments: list[str]) -> str:
    # In a new cluster there is nobody whose fields these could be: of two add-ons the later one has its way.
    return kubectl("apply", "--server-side", "--force-conflicts", *arguments, seconds=READY_SECONDS)


def wait_until_ready(kubectl: Kubectl, name: str) -> None:
    """Wait until every node, workload, APIService and webhook is ready, and report what is not.

    Raises UserError after READY_SECONDS, with what is still not ready.
    """
    began = reported = time.monotonic()
    while missing := _missing(kubectl):
        now = time.monotonic()
        if now - began > READY_SECONDS:
            raise UserError(f"{name} was not ready after {READY_SECONDS} s: {', '.join(missing)}")
        if now - reported > REPORT_SECONDS:
            reported = now
            step(f"{name}: waiting for {', '.join(missing)}")
        time.sleep(POLL_SECONDS)
    step(f"{name}: ready after {time.monotonic() - began:.0f} s")


def _missing(kubectl: Kubectl) -> list[str]:
    try:
        found = kubectl.get(",".join(AWAITED), "--all-namespaces")
    except CommandError as error:
        # kubectl cannot list anything while the API of an add-on is registered but not served.
        return [str(error)]
    return [f"{made['kind']} {made['metadata']['name']}" for made in found if not _is_ready(made)]


def _is_ready(made: Any) -> bool:
    if made["kind"].endswith("WebhookConfiguration"):
        # An operator writes there, once it has one, by which certificate the API server knows it.
        clients = [hook["clientConfig"] for hook in made.get("webhooks") or []]
        return all(client.get("caBundle") for client in clients if "service" in client)
    status = made.get("status", {})
    is_workload = made["kind"] in ("DaemonSet", "Deployment", "StatefulSet")
    if is_workload and status.get("observedGeneration") != made["metadata"]["generation"]:
        return False
    if made["kind"] == "DaemonSet":
        wanted = status.get("desiredNumberScheduled", 0)
        return bool(status.get("numberAvailable", 0) == status.get("updatedNumberScheduled", 0) == wanted)
    if made["kind"] == "StatefulSet":
        return bool(status.get("availableReplicas", 0) == made["spec"]["replicas"])
    if made["kind"] == "Deployment" and status.get("updatedReplicas", 0) != status.get("replicas", 0):
        return False
    condition = "Ready" if made["kind"] == "Node" else "Available"
    return any(
        found["type"] == condition and found["status"] == "True" for found in status.get("conditions", [])
    )
