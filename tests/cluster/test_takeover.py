"""What runs is read from the cluster, and becomes a release by the commands that `invoke import` prints."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from ci import live
from ci.base import processes, programs
from ci.base.repository import root
from ci.charts.helm import ENGINES
from ci.clusters import kubectl
from ci.importing import importing
from tests.support.namespaces import RESTRICTED, Namespace, Object
from tests.support.request_streams import streams

PASSWORD = "not-for-the-report"


def manifests(image: str) -> list[Object]:
    """A service as many are written: its names and labels are not the chart's."""
    probe = {"httpGet": {"path": "/health", "port": 8000}, "periodSeconds": 1}
    container = {
        "name": "shop",
        "image": image,
        "ports": [{"containerPort": 8000}],
        "securityContext": RESTRICTED,
        "readinessProbe": probe,
        "env": [
            {"name": "VERSION", "value": "applied"},
            {"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "shop-database", "key": "password"}}},
        ],
        "envFrom": [{"configMapRef": {"name": "shop-settings"}}],
        "lifecycle": {"preStop": {"sleep": {"seconds": 8}}},
    }
    labels = {"app": "shop"}
    deployment = {
        "replicas": 1,
        "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
    }
    service = {"selector": labels, "ports": [{"port": 80, "targetPort": 8000}]}
    return [
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "shop"}, "spec": deployment},
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "shop"}, "spec": service},
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "shop-settings"},
            "data": {"LEVEL": "info"},
        },
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "shop-database"},
            "stringData": {"password": PASSWORD},
        },
    ]


class Shell:
    """Runs the commands of a report in a folder, as a person does; Helm is that of an engine."""

    def __init__(self, folder: Path, kubeconfig: Path, engine: int) -> None:
        self._folder = folder
        self._environment = kubectl.environment() | {"KUBECONFIG": str(kubeconfig)}
        self._programs = {
            "kubectl": str(programs.find(programs.KUBECTL)),
            "helm": str(programs.find(programs.HELM[engine])),
        }

    def follow(self, report: str, title: str) -> None:
        """Run the commands below a title."""
        lines = report.splitlines()
        start = next(number for number, line in enumerate(lines) if title in line)
        for line in lines[start + 1 :]:
            if not line.startswith("  "):
                break
            if not line.lstrip().startswith("#"):
                program, *words = shlex.split(line)
                command = [self._programs.get(program, program), *words]
                processes.run(command, line, folder=self._folder, env=self._environment)


@pytest.mark.quiet
def test_a_running_service_becomes_a_release_and_goes_back_without_a_lost_request(
    namespace: Namespace,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    observed: Callable[[str], None],
) -> None:
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": manifests(f"{namespace.cluster.app}:1")})
    (tmp_path / "k8s").mkdir()
    (tmp_path / "k8s" / "all.json").write_text(text, encoding="utf-8")
    (tmp_path / "charts").symlink_to(root() / "charts")
    namespace.kubectl("apply", f"--filename={tmp_path / 'k8s'}")
    client = namespace.client_pod()
    namespace.wait("--for=condition=Available", "deployment/shop")
    client.served("http://shop/")

    monkeypatch.setenv("KUBECONFIG", str(namespace.cluster.kubeconfig))
    file = tmp_path / "shop.yaml"
    found = live.read(live.Place(namespace=namespace.name), ["shop"])
    importing.run([], output=str(file), live=found)
    report = capsys.readouterr().err
    assert PASSWORD not in report + file.read_text(encoding="utf-8")

    shell = Shell(tmp_path, namespace.cluster.kubeconfig, ENGINES[-1])
    address = namespace.object("Service", "shop")["spec"]["clusterIP"]
    stream = client.stream("http://shop/", "--at-least=500")
    with streams({"new connections": stream, "keep-alive": [*stream, "--keep-alive"]}) as results:
        shell.follow(report, "in this order no request is lost")
        assert namespace.helm().history("shop")
        assert len(namespace.ready_pods("shop")) == 1
        assert selector(namespace)["app.kubernetes.io/instance"] == "shop"
        shell.follow(report, "the way back")
    assert {name: result.failures for name, result in results.items()} == {name: {} for name in results}
    assert namespace.object("Service", "shop")["spec"]["clusterIP"] == address
    assert selector(namespace) == {"app": "shop"}
    left = {made["metadata"]["name"] for kind in ("ConfigMap", "Secret") for made in namespace.objects(kind)}
    assert left == {"shop-settings", "shop-database", "kube-root-ca.crt"}
    for name, result in results.items():
        observed(f"{name}: {result}")


def selector(namespace: Namespace) -> dict[str, str]:
    """The labels by which the Service finds its pods, which are those of the ready pods too."""
    found: dict[str, str] = namespace.object("Service", "shop")["spec"]["selector"]
    return found
