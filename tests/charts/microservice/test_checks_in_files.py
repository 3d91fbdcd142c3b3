"""Checks of what few values have cost nothing where their keys are unused: they are not even read."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ci.base.errors import UserError
from ci.base.files import write_whole
from ci.charts import catalog, helm
from tests.support.rendering import with_both_engines

# What makes the chart read each of the files.
KEYS = {
    "addresses": "service.type=LoadBalancer",
    "containers": "extraContainers[0].name=a,extraContainers[0].image=b:1",
    "entries": "workers.a.args[0]=b",
    "external": "secret.external.enabled=true",
    "guardrails_rights": "serviceAccount.automount=true",
    "guardrails_security": "podSecurityStandard=baseline",
    "jobs": "cronJobs.a.schedule=@daily,cronJobs.a.args[0]=b",
    "labels": "deploymentLabels.a=b",
    "lists": "podSpec.hostNetwork=true",
    "metrics": "metrics.podMonitor.enabled=true",
    "mounts": "containerSpec.tty=true",
    "network_policy": "networkPolicy.egress[0].ports[0].port=443",
    "pod": "podAnnotations.a=b",
    "rbac": "serviceAccount.annotations.a=b",
    "references": "env.A=b",
    "resources": "resources.limits.cpu=1",
    "routes": "httpRoute.enabled=true",
    "secret": "secret.type=kubernetes.io/tls",
    "security": "securityContext.runAsUser=1000",
    "service": "service.annotations.a=b",
    "statefulset": "kind=StatefulSet",
    "volumes": "volumes.a.emptyDir.medium=Memory",
}


@pytest.fixture(scope="module")
def chart(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The chart, in which each file of checks/ says its name when it is read."""
    copy = tmp_path_factory.mktemp("chart") / "microservice"
    shutil.copytree(catalog.find_case("defaults").chart.path, copy)
    for file in (copy / "checks").iterdir():
        write_whole(file, f'{{{{ fail "read: {file.stem}." }}}}')
    return copy


@with_both_engines
def test_the_articles_values_read_none(chart: Path, engine: int) -> None:
    article = catalog.find_case("api")
    helm.template(chart, article.values, engine=engine)


@with_both_engines
def test_a_key_that_is_used_has_its_checks_read(chart: Path, engine: int) -> None:
    (image,) = catalog.find_case("defaults").values
    assert {file.stem for file in (chart / "checks").iterdir()} == KEYS.keys()
    for name, key in KEYS.items():
        for other in (chart / "checks").iterdir():
            write_whole(other, f'{{{{ fail "read: {name}." }}}}' if other.stem == name else "")
        with pytest.raises(UserError, match=f"read: {name}\\."):
            helm.template(chart, [image], engine=engine, extra=["--skip-schema-validation", f"--set={key}"])
