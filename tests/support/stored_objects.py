"""Compares rendered objects with those that the API server stored."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ci.base.processes import CommandError
from ci.charts import helm
from ci.clusters.lifecycle import Cluster
from ci.kubernetes import manifests
from tests.support.namespaces import CHART, Namespace, eventually

NOT_OURS = {"events", "events.events.k8s.io", "pods.metrics.k8s.io"}


def served_kinds(cluster: Cluster) -> set[tuple[str, str]]:
    """Return the (API version, kind) pairs that the API server serves."""
    table = api_resources(cluster, "--no-headers")
    return {(line.split()[-3], line.split()[-1]) for line in table}


def api_resources(cluster: Cluster, *options: str) -> list[str]:
    """Return what the API server serves, a line for each kind.

    kubectl fails while one of the servers behind it, such as that of metrics, gives no answer.
    """

    def listed() -> list[str]:
        try:
            return cluster.kubectl("api-resources", *options).splitlines()
        except CommandError as error:
            raise AssertionError(error) from error

    return eventually(listed)


def names(namespace: Namespace, kinds: str = "") -> set[str]:
    """Return kind and name of each object in a namespace, or of those of some kinds ("secrets,ingresses").

    What the cluster itself creates is left out.
    """
    if not kinds:
        listable = api_resources(namespace.cluster, "--namespaced", "--verbs=list", "--output=name")
        kinds = ",".join(sorted(set(listable) - NOT_OURS))
    found = namespace.cluster.kubectl.get(kinds, f"--namespace={namespace.name}")
    return {f"{made['kind']} {made['metadata']['name']}" for made in found}


def stored_as_rendered(namespace: Namespace, values: Sequence[Path], engine: int) -> int:
    """Assert that every object of the release api is stored as rendered; return their number."""
    rendered = helm.template(CHART, values, engine=engine, namespace=namespace.name, extra=["--no-hooks"])
    objects = manifests.parse(rendered).values()
    differences = []
    for asked in objects:
        stored = namespace.object(asked["kind"], asked["metadata"]["name"])
        differences += missing(asked, stored, asked["kind"])
    assert not differences
    return len(objects)


def missing(asked: object, stored: object, place: str) -> list[str]:
    """Return where ``stored`` differs from ``asked``, apart from what the API server adds."""
    if isinstance(asked, dict) and isinstance(stored, dict):
        return [
            found
            for key, part in asked.items()
            # Stored as base64, and must not be printed.
            if not (place == "Secret" and key in {"data", "stringData"})
            for found in missing(part, stored.get(key), f"{place}.{key}")
        ]
    if isinstance(asked, list) and isinstance(stored, list) and len(asked) == len(stored):
        pairs = zip(asked, stored, strict=True)
        return [
            found
            for index, (part, other) in enumerate(pairs)
            for found in missing(part, other, f"{place}[{index}]")
        ]
    # The API server does not store empty values.
    return [] if asked == stored or (not asked and not stored) else [f"{place}: {asked!r} became {stored!r}"]
