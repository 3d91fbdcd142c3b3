"""What the API server knows, and how it has stored what was rendered."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ci.charts import helm
from ci.clusters.lifecycle import Cluster
from ci.kubernetes import manifests
from tests.support.namespaces import CHART, Namespace


def served_kinds(cluster: Cluster) -> set[tuple[str, str]]:
    """The kinds that the API server knows, each with its API version."""
    table = cluster.kubectl("api-resources", "--no-headers")
    return {(line.split()[-3], line.split()[-1]) for line in table.splitlines()}


def stored_as_rendered(namespace: Namespace, values: Sequence[Path], engine: int) -> int:
    """How many objects the release api has there; every one says at least what was rendered."""
    rendered = helm.template(CHART, values, engine=engine, namespace=namespace.name, extra=["--no-hooks"])
    objects = manifests.parse(rendered).values()
    differences = []
    for asked in objects:
        stored = namespace.object(asked["kind"], asked["metadata"]["name"])
        differences += missing(asked, stored, asked["kind"])
    assert not differences
    return len(objects)


def missing(asked: object, stored: object, place: str) -> list[str]:
    """Where ``stored`` lacks something of ``asked``; what the API server adds of its own is no difference."""
    if isinstance(asked, dict) and isinstance(stored, dict):
        return [
            found
            for key, part in asked.items()
            # Written as text, stored as bytes, and neither is to be printed.
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
    # Nothing and emptiness are the same to the API server.
    return [] if asked == stored or (not asked and not stored) else [f"{place}: {asked!r} became {stored!r}"]
