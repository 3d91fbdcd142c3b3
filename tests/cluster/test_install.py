"""The API server takes what the chart makes, as it was asked for."""

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
        # Nothing is made, so one namespace can hold all of them: an empty one, since what is there counts.
        if "namespace" in made["metadata"]:
            made["metadata"]["namespace"] = namespace.name
    # A field that came later can be behind a switch of the cluster for some more versions.
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
    left_out = f"; of later versions or not served here: {', '.join(sorted(others))}" if others else ""
    observed(f"{len(known)} objects of {len(cases)} cases accepted{left_out}")


@with_both_engines
def test_the_articles_service_is_installed_and_every_object_stands_there_as_it_was_rendered(
    namespace: Namespace, engine: int, observed: Callable[[str], None]
) -> None:
    values = [*catalog.find_case("api").values, *namespace.values(QUICK)]
    namespace.helm(engine).install("api", CHART, values)
    observed(f"{stored_as_rendered(namespace, values, engine)} objects")
    # With an autoscaler a Deployment begins with one pod.
    eventually(lambda: at_least(2, namespace.ready_pods()))


def at_least(number: int, names: list[str]) -> None:
    assert len(names) >= number


def test_a_namespace_that_enforces_the_restricted_standard_admits_every_pod_without_a_warning(
    namespace: Namespace, observed: Callable[[str], None]
) -> None:
    """What makes pods is warned of, and the pod of helm test is itself one."""
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
