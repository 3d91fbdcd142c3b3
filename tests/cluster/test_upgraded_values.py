"""What changes of values do to a live release is known: what is refused, stays, gets lost or is deleted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ci.charts import catalog, helm
from ci.charts.batch import json_text
from ci.charts.catalog import Case
from ci.clusters import api_server
from ci.clusters.lifecycle import Cluster
from ci.clusters.upgrades import Upgrades
from ci.fuzzing import upgrades
from ci.kubernetes import manifests
from ci.kubernetes.manifests import Key, Object
from ci.kubernetes.workloads import dig
from tests.support.namespaces import Namespaces

# The objects of all cases are those of this service.
SERVICE = "shop"

Outcomes = dict[str, str]


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[Key, Object]]:
    """The objects of each case and of known changes, without hooks: these are deleted and created again."""
    folder = tmp_path_factory.mktemp("upgraded")
    chart = catalog.service_chart()
    cases: dict[str, tuple[Path, ...]] = {
        case.name: case.values for case in catalog.cases() if case.chart == chart and len(case.values) == 1
    }
    for change in upgrades.known():
        if change.values:
            written = folder / f"{len(cases)}.yaml"
            written.write_text(json_text(change.values), encoding="utf-8")
            cases[change.change] = (*cases["defaults"], written)
    name = folder / "name.yaml"
    name.write_text(f"fullnameOverride: {SERVICE}", encoding="utf-8")
    service = [Case(chart, case, (*values, name), release=SERVICE) for case, values in cases.items()]
    streams = helm.render_all(service, helm.ENGINES[-1:])
    return {
        case.name: {
            key: made
            for key, made in manifests.parse(str(stream)).items()
            if not dig(made, "metadata", "annotations", "helm.sh/hook")
        }
        for (case, _), stream in streams.items()
    }


@pytest.fixture(scope="module")
def server(cluster: Cluster, shared_namespaces: Namespaces) -> Iterator[Upgrades]:
    namespace = shared_namespaces.new("upgraded-values")
    # The objects are there to be compared; none of their pods has to run.
    namespace.limit("no-pods", "pods", 0)
    with api_server.connected(cluster.kubectl) as found:
        yield Upgrades(found, cluster.kubectl, namespace.name)


@pytest.fixture(scope="module")
def outcomes(server: Upgrades, rendered: dict[str, dict[Key, Object]]) -> Outcomes:
    """Each outcome that is not that of a new install, with an upgrade that has it."""
    chosen = upgrades.chosen(upgrades.versions(rendered))
    assert len(chosen) > 500
    found = [*upgrades.outcomes(chosen, server), *upgrades.removals(rendered)]
    return {sentence: str(upgrade) for sentence, upgrade in reversed(found)}


def test_every_outcome_of_an_upgrade_is_known_and_every_known_one_happens(
    outcomes: Outcomes, rendered: dict[str, dict[Key, Object]], observed: Callable[[str], None]
) -> None:
    # One test, since each worker that had a part of it would ask the API server everything.
    unknown = {
        sentence: upgrade
        for sentence, upgrade in outcomes.items()
        if not any(change.covers(sentence) for change in upgrades.known())
    }
    stale = [change.change for change in upgrades.known() if not any(map(change.covers, outcomes))]
    assert (unknown, stale) == ({}, [])
    number = len(rendered)
    observed(f"{number * (number - 1)} upgrades from the values of one case to another's")
