"""What was there before a release becomes a part of it, by the recipes in docs/gitops.md."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from ci.base.repository import root
from ci.charts.helm import ENGINES
from ci.kubernetes.manifests import Object
from tests.support.namespaces import CHART, QUICK, RESTRICTED, Namespace, eventually

VALUES = "{replicaCount: 1, config: {data: {LEVEL: info}}}"
PLACE = ["-n", "shop"]


def recipe(heading: str) -> list[list[str]]:
    """The commands below a heading, each as its words."""
    text = (root() / "docs" / "gitops.md").read_text(encoding="utf-8")
    block = text.partition(f"### {heading}\n")[2].partition("```sh\n")[2].partition("```")[0]
    return [shlex.split(line, comments=True) for line in block.splitlines()]


def follow(heading: str, namespace: Namespace, engine: int, values: list[Path]) -> None:
    """Do what a recipe says, in this namespace; Helm waits anyway."""
    for program, *words in recipe(heading):
        if program == "kubectl":
            assert words[:2] == PLACE
            namespace.kubectl(*(word.replace("=shop", f"={namespace.name}") for word in words[2:]))
        else:
            assert words[:4] == ["upgrade", "--install", "api", "charts/microservice"]
            assert words[4:8] == [*PLACE, "-f", "api.yaml"]
            options = [word for word in words[8:] if word != "--wait"]
            options += ["--force-conflicts"] if engine > 3 and "--take-ownership" in options else []
            namespace.helm(engine).upgrade("api", CHART, values, *options)


def workload(namespace: Namespace) -> Object:
    """A Deployment as somebody may have written it."""
    container = {
        "name": "api",
        "image": f"{namespace.cluster.app}:1",
        "securityContext": RESTRICTED,
        "readinessProbe": {"httpGet": {"path": "/health", "port": 8000}, "periodSeconds": 1},
    }
    labels = {"app": "api"}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "api", "labels": labels},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        },
    }


def apply(namespace: Namespace, *objects: Object) -> None:
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})
    namespace.kubectl("apply", "--filename=-", stdin=text)


@pytest.mark.parametrize("engine", ENGINES)
def test_what_kubectl_applied_is_taken_over(
    engine: int, namespace: Namespace, observed: Callable[[str], None]
) -> None:
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "api"},
        "spec": {"selector": {"app": "api"}, "ports": [{"port": 80, "targetPort": 8000}]},
    }
    settings = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "api-config"},
        "data": {"LEVEL": "debug", "OWN": "kept"},
    }
    apply(namespace, workload(namespace), service, settings)
    namespace.wait("--for=condition=Available", "deployment/api")
    address = namespace.object("Service", "api")["spec"]["clusterIP"]
    follow("Take over what kubectl applied", namespace, engine, namespace.values(QUICK, VALUES))
    namespace.kubectl("delete", "replicaset", "--selector=app=api")
    assert namespace.object("Service", "api")["spec"]["clusterIP"] == address
    assert namespace.object("ConfigMap", "api-config")["data"] == {"LEVEL": "info", "OWN": "kept"}
    client = namespace.client_pod()

    def by_the_new_pod() -> None:
        assert [client.served("http://api")["pod"]] == namespace.ready_pods()

    # Nodes learn of it a moment after it is ready, and so of the end of the old one.
    eventually(by_the_new_pod)
    observed(f"Helm {engine} took over a Service with its address, a ConfigMap and a Deployment")


@pytest.mark.parametrize("engine", ENGINES)
def test_a_claim_is_adopted_with_its_data(
    engine: int, namespace: Namespace, observed: Callable[[str], None]
) -> None:
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "api-data"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "10Gi"}}},
    }
    apply(namespace, claim)
    before = namespace.object("PersistentVolumeClaim", "api-data")["metadata"]["uid"]
    values = namespace.values(QUICK, VALUES, "strategy: {type: Recreate}")
    follow("Adopt an object with its data", namespace, engine, values)
    after = namespace.object("PersistentVolumeClaim", "api-data")
    assert (after["metadata"]["uid"], after["status"]["phase"]) == (before, "Bound")
    observed(f"Helm {engine} adopted a claim, and the pod mounted it")
