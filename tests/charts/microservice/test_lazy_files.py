"""What few values need costs nothing where their keys are unused: it is not even read."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ci.base.errors import UserError
from ci.base.files import write_whole
from ci.charts import catalog, helm
from tests.support.rendering import with_both_engines

# What makes the chart read each of the files of a folder.
KEYS = {
    "checks": {
        "addresses": "service.type=LoadBalancer",
        "containers": "extraContainers[0].name=a,extraContainers[0].image=b:1",
        "entries": "workers.a.args[0]=b",
        "env_sources": "env.A=b",
        "external": "secret.external.enabled=true",
        "guardrails_availability": "podDisruptionBudget.maxUnavailable=1",
        "guardrails_rights": "serviceAccount.automount=true",
        "guardrails_security": "podSecurityStandard=baseline",
        "handlers": "lifecycle.stopSignal=SIGTERM",
        "ingress": "ingress.enabled=true",
        "jobs": "cronJobs.a.schedule=@daily,cronJobs.a.args[0]=b",
        "labels": "deploymentLabels.a=b",
        "lists": "podSpec.hostNetwork=true",
        "metric_targets": "autoscaling.metrics[0].type=Pods",
        "metrics": "metrics.podMonitor.enabled=true",
        "mounts": "containerSpec.tty=true",
        "network_policy": "networkPolicy.egress[0].ports[0].port=443",
        "of_entries": "workers.a.args[0]=b",
        "pod": "podAnnotations.a=b",
        "pod_labels": "podLabels.a-b=c",
        "ports": "mainPort=http",
        "probes": "livenessProbe.exec.command[0]=a",
        "rbac": "serviceAccount.annotations.a=b",
        "references": "env.A=b",
        "resources": "resources.limits.cpu=1",
        "routes": "httpRoute.enabled=true",
        "secret": "secret.type=kubernetes.io/tls",
        "security": "securityContext.runAsUser=1000",
        "service": "service.annotations.a=b",
        "shutdown": "shutdown.drainSeconds=5",
        "statefulset": "kind=StatefulSet",
        "volumes": "volumes.a.emptyDir.medium=Memory",
    },
    "lazy": {
        "entries": "workers.a.args[0]=b",
        "entry_checks": "workers.a.args[0]=b",
        "jobs": "cronJobs.a.schedule=@daily,cronJobs.a.args[0]=b",
        "migration": "migration.enabled=true,migration.args[0]=a",
        "routes": "httpRoute.enabled=true,httpRoute.parentRefs[0].name=a",
        "statefulset": "kind=StatefulSet",
        "workers": "workers.a.args[0]=b",
    },
}


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    """A copy of the chart, to be changed."""
    return shutil.copytree(catalog.find_case("defaults").chart.path, tmp_path / "microservice")


@with_both_engines
def test_the_articles_values_read_none(chart: Path, engine: int) -> None:
    for folder in KEYS:
        for file in (chart / folder).iterdir():
            write_whole(file, f'{{{{ fail "read: {file.stem}." }}}}')
    helm.template(chart, catalog.find_case("api").values, engine=engine)


@with_both_engines
@pytest.mark.parametrize("folder", KEYS)
def test_a_key_that_is_used_has_its_file_read(chart: Path, engine: int, folder: str) -> None:
    (image,) = catalog.find_case("defaults").values
    files = {file.stem: file for file in (chart / folder).iterdir()}
    assert files.keys() == KEYS[folder].keys()
    for name, key in KEYS[folder].items():
        whole = files[name].read_text(encoding="utf-8")
        write_whole(files[name], f'{{{{ fail "read: {name}." }}}}')
        with pytest.raises(UserError, match=f"read: {name}\\."):
            helm.template(chart, [image], engine=engine, extra=["--skip-schema-validation", f"--set={key}"])
        write_whole(files[name], whole)
