"""Releases of an earlier version of the chart can be upgraded to this one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
import yaml

from ci.base import git, repository
from ci.charts import catalog, helm
from ci.kubernetes import manifests
from ci.kubernetes.manifests import Object
from tests.support.namespaces import CHART, QUICK, Namespace, eventually
from tests.support.stored_objects import stored_as_rendered

FOLDERS = ("charts/microservice", "values")
# Without features that need an operator or cluster-wide objects, and with images that are available.
# The API server, through which the pods are asked, is in no namespace.
FOR_THIS_CLUSTER = """
fullnameOverride: api
secret: {external: {enabled: false}}
httpRoute: {enabled: false}
metrics: {serviceMonitor: {enabled: false}, podMonitor: {enabled: false}, rules: []}
livenessProbe: {httpGet: {path: /health}}
initContainers: [{name: wait, image: "busybox:1.37", command: ["true"]}]
extraContainers:
  - name: beside
    image: "busybox:1.37"
    command: [tail, -f, /dev/null]
    resources: {requests: {cpu: 1m, memory: 1Mi}, limits: {memory: 16Mi}}
volumes: {data: {claim: {size: 10Mi, accessModes: [ReadWriteOnce]}}}
migration: {command: ["true"]}
imagePullSecrets: []
rbac: {clusterRules: []}
networkPolicy: {ingress: {from: []}}
"""


@pytest.fixture(scope="session")
def earlier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The chart and its cases of the newest release, else of the chart's first commit."""
    root, commits = repository.root(), []
    if git.head(root):
        # The newest first.
        commits = git.run(root, "rev-list", "HEAD", "--", f"{FOLDERS[0]}/Chart.yaml").split()
        released = ("for-each-ref", "--merged=HEAD", "--sort=creatordate", "--format=%(refname)", "refs/tags")
        commits += git.run(root, *released).split()
    if not commits:
        pytest.skip("git has no earlier version of the chart: this is not a clone, or a shallow one")
    folder = tmp_path_factory.mktemp("earlier")
    git.extract(root, commits[-1], folder, *FOLDERS)
    return folder


@pytest.mark.parametrize("engine", helm.ENGINES)
@pytest.mark.parametrize(
    ("before", "after", "here"),
    [
        ("charts/microservice/ci/defaults-values.yaml", "defaults", "{}"),
        ("values/api.yaml", "everything", FOR_THIS_CLUSTER),
    ],
    ids=["defaults", "everything"],
)
def test_a_release_of_the_earlier_chart_is_upgraded(
    namespace: Namespace,
    earlier: Path,
    engine: int,
    before: str,
    after: str,
    here: str,
    observed: Callable[[str], None],
) -> None:
    release = namespace.helm(engine)
    release.install("api", earlier / FOLDERS[0], [earlier / before, *namespace.values(QUICK)])
    values = [*catalog.find_case(after).values, *namespace.values(QUICK, here, version="2")]
    release.upgrade("api", CHART, values)

    def replaced() -> None:
        pods = namespace.ready_pods()
        assert len(pods) >= 2
        assert {namespace.told(pod, "/")["version"] for pod in pods} == {"2"}

    eventually(replaced)
    observed(f"{stored_as_rendered(namespace, values, engine)} objects of the case {after} over {before}")


def test_the_api_server_accepts_the_changes_to_every_case_of_the_earlier_chart(
    namespace: Namespace, earlier: Path, observed: Callable[[str], None]
) -> None:
    cases = sorted((earlier / FOLDERS[0] / "ci").glob("*-values.yaml"))
    before, after = (
        [made for case in cases for made in rendered(namespace, chart, case)]
        for chart in (earlier / FOLDERS[0], CHART)
    )
    apply(namespace, before)
    apply(namespace, after, "--dry-run=server")
    observed(f"{len(after)} objects of {len(cases)} cases over {len(before)} of the earlier chart")


def rendered(namespace: Namespace, chart: Path, case: Path) -> Iterable[Object]:
    """Yield the objects of built-in kinds, without replicas."""
    name = case.stem.removesuffix("-values")
    for made in manifests.parse(
        helm.template(chart, [case], engine=4, release=name, namespace=namespace.name, extra=["--no-hooks"])
    ).values():
        if made["kind"] == "Deployment":
            made["spec"]["replicas"] = 0
        # A port of the nodes is one Service's in all namespaces, of which other tests have some.
        for port in made["spec"]["ports"] if made["kind"] == "Service" else ():
            port.pop("nodePort", None)
        if made["kind"] != "HorizontalPodAutoscaler" and "." not in made["apiVersion"].replace(".k8s.io", ""):
            yield made


def apply(namespace: Namespace, objects: list[Object], *extra: str) -> None:
    arguments = ["apply", "--server-side", "--force-conflicts", "--filename=-", *extra]
    namespace.kubectl(*arguments, stdin=yaml.safe_dump_all(objects))
