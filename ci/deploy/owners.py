"""To whom an object of a cluster belongs: to this release, to another tool, or to a GitOps controller."""

from __future__ import annotations

from ci.deploy.reasons import Code, Reason
from ci.deploy.target import Target
from ci.kubernetes import ownership
from ci.kubernetes.manifests import Object
from ci.kubernetes.workloads import dig

MANAGED_BY = "app.kubernetes.io/managed-by"


def marks(target: Target) -> dict[str, str]:
    """Return the annotations by which Helm marks what belongs to the release."""
    return {
        "meta.helm.sh/release-name": target.service,
        "meta.helm.sh/release-namespace": target.namespace,
    }


def marked(made: Object, target: Target) -> Object:
    """Return an object with the annotations and the label by which Helm marks what belongs to the release."""
    metadata = made["metadata"]
    added = {"annotations": marks(target), "labels": {MANAGED_BY: "Helm"}}
    return made | {
        "metadata": metadata | {field: (metadata.get(field) or {}) | more for field, more in added.items()}
    }


def refusal(made: Object, target: Target, *, installed: bool) -> Reason | None:
    """Return why an object must not be changed, None where it belongs to the release alone.

    Helm refuses to take over what is not ``installed`` by the release's current revision and lacks its marks.
    A GitOps controller's object may have them: Flux uses Helm itself.
    """
    name = f"{made['kind']} {made['metadata']['name']}"
    if controller := ownership.controller(made):
        words = f"belongs to {controller}, which would set it back: change it in its Git repository"
        return Reason(Code.FOREIGN_RELEASE, words, name)
    found = {mark: dig(made, "metadata", "annotations", mark) for mark in marks(target)}
    managed = dig(made, "metadata", "labels", MANAGED_BY) == "Helm"
    if installed or (managed and found == marks(target)):
        return None
    release, namespace = found.values()
    owner = f"release {release} in {namespace}" if release else "no release of Helm"
    resource = name.replace(made["kind"], made["kind"].lower(), 1)
    annotations = " ".join(f"{mark}={value}" for mark, value in marks(target).items())
    words = (
        f"is there already and belongs to {owner}; remove it or give it another name, or hand it over: "
        f"kubectl label {resource} --overwrite {MANAGED_BY}=Helm; "
        f"kubectl annotate {resource} --overwrite {annotations}"
    )
    return Reason(Code.FOREIGN_RELEASE, words, name)
