"""The API server accepts the chart's objects and stores them as rendered."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
import yaml

from ci.charts import catalog, helm
from ci.clusters.lifecycle import Cluster
from ci.kubernetes import fields, manifests
from tests.support.namespaces import CHART, QUICK, Namespace, Namespaces, eventually
from tests.support.stored_objects import served_kinds, stored_as_rendered

with_both_engines = pytest.mark.parametrize("engine", helm.ENGINES)


def test_every_object_of_every_case_is_accepted_with_strict_validation_and_without_a_warning(
    cluster: Cluster, namespaces: Namespaces, observed: Callable[[str], None]
) -> None:
    served = served_kinds(cluster)
    cases = [case for case in catalog.cases() if case.chart.path == CHART]
    rendered = helm.render_all(cases, engines=[4])
    namespace = namespaces.new("every-object", standard="privileged")
    objects = [made for stream in rendered.values() for made in manifests.parse(str(stream)).values()]
    for made in objects:
        # A dry run creates nothing, so all fit into one namespace, if it is empty.
        if "namespace" in made["metadata"]:
            made["metadata"]["namespace"] = namespace.name
    # Newer fields may still be behind a feature gate of the cluster.
    known = [
        made for made in objects if (made["apiVersion"], made["kind"]) in served and not fields.newer(made)
    ]
    others = {f"{made['kind']} {made['metadata']['name']}" for made in objects if made not in known}
    applied = cluster.kubectl(
        "apply",
        "--server-side",
        "--dry-run=server",
        "--validate=strict",
        "--warnings-as-errors",
        "--filename=-",
        stdin=yaml.safe_dump_all(known),
    )
    assert len(applied.splitlines()) == len(known)
    left_out = f"; newer or not served here: {', '.join(sorted(others))}" if others else ""
    observed(f"{len(known)} objects of {len(cases)} cases accepted{left_out}")


@with_both_engines
def test_the_service_of_values_api_is_installed_and_every_object_stored_as_rendered(
    namespace: Namespace, engine: int, observed: Callable[[str], None]
) -> None:
    values = [*catalog.find_case("api").values, *namespace.values(QUICK)]
    namespace.helm(engine).install("api", CHART, values)
    observed(f"{stored_as_rendered(namespace, values, engine)} objects")
    # With an autoscaler, a Deployment starts with one pod.
    eventually(lambda: at_least(2, namespace.ready_pods()))


def at_least(number: int, names: list[str]) -> None:
    assert len(names) >= number


def test_the_restricted_pod_security_standard_admits_every_pod_without_a_warning(
    namespace: Namespace, observed: Callable[[str], None]
) -> None:
    """Warnings come for workloads, and for the pod of helm test."""
    container = {"name": "more", "image": "busybox:1.37"}
    job = {"schedule": "@yearly", "command": ["true"]}
    every_pod = {
        "initContainers": [container],
        "extraContainers": [container | {"name": "beside"}],
        "cronJobs": {"clean": job},
        "migration": {"enabled": True, "command": ["true"]},
    }
    rendered = helm.template(
        CHART, namespace.values(json.dumps(every_pod)), engine=4, namespace=namespace.name
    )
    applied = namespace.kubectl(
        "apply", "--server-side", "--dry-run=server", "--warnings-as-errors", "--filename=-", stdin=rendered
    )
    makers = re.findall(r"^(?:deployment|cronjob|job|pod)[./]\S+", applied, re.MULTILINE)
    assert len(makers) == 4
    observed(f"{', '.join(makers)} accepted without a warning")
