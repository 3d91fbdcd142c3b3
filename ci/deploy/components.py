"""The parts of a release, told apart by a label of the chart: the service itself, its workers, its jobs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ci.base.errors import UserError
from ci.deploy.reader import listed
from ci.deploy.target import Target
from ci.kubernetes.manifests import Key, Object
from ci.kubernetes.workloads import dig, main_container

APP = "app"
# Before a worker's name.
WORKER = "worker-"
# What runs on a schedule or when it is asked for, and is none of the workloads.
_OTHERS = ("cron", "test")
_LABEL = "app.kubernetes.io/component"
# The kinds of the chart's workloads, and where they are in the Kubernetes API.
WORKLOADS = {"Deployment": "deployments.apps", "StatefulSet": "statefulsets.apps"}


def component(one: Object) -> str:
    """Return which component of the chart an object is, "" for none."""
    return str(dig(one, "metadata", "labels", _LABEL) or "")


def main_image(objects: Mapping[Key, Object]) -> str:
    """Return the image of the service's main container, "" where the objects have no workload.

    That of a worker stands for it in what the chart does not make.
    """
    workloads = [made for key, made in objects.items() if key.kind in WORKLOADS]
    first = min(workloads, key=lambda made: component(made) != APP, default=None)
    return str(main_container(first)["image"]) if first else ""


def main_service(services: Iterable[Object]) -> Object | None:
    """Return the Service that serves requests to a service: the names of the others begin with its name."""
    return min(services, key=lambda one: len(one["metadata"]["name"]), default=None)


def selector(target: Target, workload: str = "") -> str:
    """Return what selects the pods of a workload by its name, or those of all and of the migration.

    Raise UserError, with the names that there are, where there is no such workload.
    """
    if not workload:
        return _selector(target, f"{_LABEL},{_LABEL} notin ({','.join(_OTHERS)})")
    found = {one["metadata"]["name"]: one for kind in WORKLOADS.values() for one in listed(target, kind)}
    if workload not in found:
        there = f"there are {', '.join(sorted(found))}" if found else "there is none"
        where = f"{target.service} in {target.environment.name}"
        raise UserError(f"{where} has no workload {workload}: {there}")
    labels = dig(found[workload], "spec", "selector", "matchLabels")
    return _selector(target, *(f"{name}={value}" for name, value in labels.items()))


def web(target: Target) -> str:
    """Return what selects the pods that serve requests."""
    return _selector(target, f"{_LABEL}={APP}")


def _selector(target: Target, *terms: str) -> str:
    return ",".join(dict.fromkeys((f"app.kubernetes.io/instance={target.service}", *terms)))
