"""The environments in values/: one service, a namespace each, and room for all the pods that there can be."""

from __future__ import annotations

import math
from fractions import Fraction
from pathlib import Path

import pytest

from ci.base import repository
from ci.charts import catalog, helm
from ci.kubernetes.manifests import Object
from ci.kubernetes.workloads import pods_of
from tests.support.rendering import NEWEST_ENGINE, CaseRenderer, ChartRenderer, Rendered

NAMES = sorted(file.stem for file in (repository.root() / "values" / "namespace").glob("*.yaml"))
SUFFIXES = {
    "": Fraction(1),
    "m": Fraction(1, 1000),
    **{letter: Fraction(1000) ** power for power, letter in enumerate("kMG", start=1)},
    **{f"{letter}i": Fraction(1024) ** power for power, letter in enumerate("KMG", start=1)},
}
WORKLOADS = ("Deployment", "StatefulSet")
COMPUTE = ("requests.cpu", "requests.memory", "limits.cpu", "limits.memory")

each = pytest.mark.parametrize("name", NAMES)


def amount(quantity: object) -> Fraction:
    """A quantity as Kubernetes writes it (100m, 1.5Gi), as a number."""
    text = str(quantity)
    suffix = text.lstrip("0123456789.")
    return Fraction(text.removesuffix(suffix)) * SUFFIXES[suffix]


def pods_at_most(rendered: Rendered) -> dict[str, int]:
    """How many pods of each workload there can be at once: under full load, in the midst of an update."""
    scalers = [scaler["spec"] for scaler in rendered.all("HorizontalPodAutoscaler").values()]
    most = {
        (one["scaleTargetRef"]["kind"], one["scaleTargetRef"]["name"]): one["maxReplicas"] for one in scalers
    }
    found = {}
    for kind in WORKLOADS:
        for name, made in rendered.all(kind).items():
            replicas = most.get((kind, name)) or made["spec"]["replicas"]
            surge = str(((made["spec"].get("strategy") or {}).get("rollingUpdate") or {}).get("maxSurge", 0))
            more = math.ceil(replicas * int(surge[:-1]) / 100) if surge.endswith("%") else int(surge)
            found[name] = int(replicas) + more
    return found


def said_by(container: Object) -> dict[str, Fraction]:
    """What a container asks for and may use, under the names that a quota has for it."""
    resources = container["resources"].items()
    return {f"{kind}.{name}": amount(value) for kind, values in resources for name, value in values.items()}


@each
def test_an_environment_is_a_namespace_with_the_service_in_it(name: str, render_case: CaseRenderer) -> None:
    assert list(render_case(f"namespace/{name}").all("Namespace")) == [name]
    service = render_case(f"api/{name}")
    assert {key.namespace for key in service.objects} == {name}
    assert list(service.all("Deployment")) == ["api"]


@each
def test_all_pods_that_there_can_be_fit_into_the_quota(name: str, render_case: CaseRenderer) -> None:
    service, quota = (
        render_case(f"api/{name}"),
        render_case(f"namespace/{name}").one("ResourceQuota"),
    )
    most = pods_at_most(service)
    containers = []
    for pods in pods_of(service.objects):
        # Others would have to be counted too.
        assert pods.key.kind in (*WORKLOADS, "Pod")
        assert "initContainers" not in pods.spec
        containers += [said_by(container) for container in pods.spec["containers"]] * most.get(
            pods.key.name, 1
        )
    for resource, hard in quota["spec"]["hard"].items():
        if resource in COMPUTE:
            assert sum(said[resource] for said in containers) <= amount(hard), resource
    assert sum(most.values()) + 1 <= amount(quota["spec"]["hard"]["pods"])


def test_the_pods_of_workers_and_of_a_stateful_set_are_counted(render_chart: ChartRenderer) -> None:
    workers = """
replicaCount: 2
workers:
  mail: {command: [mail], replicaCount: 4, strategy: {rollingUpdate: {maxSurge: 50%}}}
  images: {command: [images], autoscaling: {enabled: true, maxReplicas: 9}}
  scheduler: {command: [schedule], strategy: {type: Recreate}}
"""
    expected = {"api": 3, "api-mail": 6, "api-images": 10, "api-scheduler": 1}
    assert pods_at_most(render_chart(workers)) == expected
    # It makes no pod before another has ended.
    assert pods_at_most(render_chart("{replicaCount: 2, kind: StatefulSet}")) == {"api": 2}


@each
def test_every_container_sets_what_the_quota_counts_within_the_limit_range(
    name: str, render_case: CaseRenderer
) -> None:
    environment = render_case(f"namespace/{name}")
    quota = environment.one("ResourceQuota")["spec"]["hard"]
    bounds = {entry["type"]: entry for entry in environment.one("LimitRange")["spec"]["limits"]}["Container"]
    service = render_case(f"api/{name}")
    for container in service.pod["containers"] + service.one("Pod")["spec"]["containers"]:
        said = said_by(container)
        assert [resource for resource in COMPUTE if resource in quota and resource not in said] == []
        for resource, least in bounds.get("min", {}).items():
            assert said[f"requests.{resource}"] >= amount(least)
        for resource, most in bounds.get("max", {}).items():
            assert said[f"limits.{resource}"] <= amount(most)


def test_production_admits_only_restricted_pods_and_denies_egress(render_case: CaseRenderer) -> None:
    production = render_case("namespace/production")
    labels = production.one("Namespace")["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
    policy = production.all("NetworkPolicy")["default-deny"]["spec"]
    assert policy["policyTypes"] == ["Ingress", "Egress"]


def test_production_lists_what_its_pods_reach_beside_dns(render_case: CaseRenderer) -> None:
    rules = render_case("api/production").all("NetworkPolicy")["api"]["spec"]["egress"]
    assert [rule["ports"] for rule in rules if "to" in rule] == [[{"port": 5432}]]


def test_production_has_no_secret_of_its_own(render_case: CaseRenderer) -> None:
    assert render_case("api").all("Secret")
    assert render_case("api/production").all("Secret") == {}


@pytest.mark.parametrize(
    "unsafe",
    [
        "secret: {data: {JWT_SECRET: a}}",
        "autoscaling: {enabled: false}\nreplicaCount: 1",
        "image: {tag: latest}",
    ],
)
def test_production_refuses_what_is_unsafe_there(unsafe: str, tmp_path: Path) -> None:
    (tmp_path / "unsafe.yaml").write_text(unsafe)
    case = catalog.find_case("api/production")
    with pytest.raises(helm.HelmError, match=r"\n  - guardrails: "):
        helm.template(case.chart.path, [*case.values, tmp_path / "unsafe.yaml"], engine=NEWEST_ENGINE)
