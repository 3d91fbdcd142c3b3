"""The operators that tests of tests/cluster/operators may need, and which of them a cluster has."""

from __future__ import annotations

from collections.abc import Iterable

from ci.clusters.kubectl import Kubectl

ALL = "all"

# Where each one runs: the Deployment, in the namespace where its users look for it.
DEPLOYMENTS = {
    "external-secrets": "external-secrets/external-secrets",
    "openbao": "openbao/openbao",
    "moto": "moto/moto",
    "contour": "projectcontour/contour",
    "keda": "keda/keda-operator",
    "prometheus-operator": "monitoring/prometheus-operator",
    "cert-manager": "cert-manager/cert-manager",
    "pebble": "pebble/pebble",
}


def chosen(text: str) -> list[str]:
    """Return the add-ons in ``text``, separated by commas; ALL are metrics-server and the DEPLOYMENTS."""
    named = [name.strip() for name in text.split(",") if name.strip()]
    return [one for name in named for one in (["metrics-server", *DEPLOYMENTS] if name == ALL else [name])]


def missing(kubectl: Kubectl, names: Iterable[str]) -> dict[str, str]:
    """Return those of ``names`` that a cluster does not have, each with the Deployment that is not there.

    Raises CommandError if the cluster does not say.
    """
    if not (names := list(names)):
        return {}
    found = kubectl.get("deployments", "--all-namespaces")
    there = {f"{one['metadata']['namespace']}/{one['metadata']['name']}" for one in found}
    return {name: DEPLOYMENTS[name] for name in names if DEPLOYMENTS[name] not in there}
