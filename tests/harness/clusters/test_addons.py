"""Add-ons are our own, each pinned to a version, or any manifests by path or URL."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from ci.base.errors import UserError
from ci.clusters import addons, operators
from ci.clusters.kubectl import Kubectl
from ci.kubernetes import custom_kinds
from tests.support.cluster_programs import asked


@pytest.mark.parametrize(
    ("addon", "arguments"),
    [
        ("ingress", ["--kustomize", str(addons.FOLDER / "ingress")]),
        ("https://example.com/all.yaml", ["--filename", "https://example.com/all.yaml"]),
        ("mine.yaml", ["--filename", "mine.yaml"]),
        ("manifests", ["--filename", "manifests"]),
    ],
)
def test_an_addon_is_our_own_or_a_manifest_by_path_or_url(
    machine: Path, addon: str, arguments: list[str]
) -> None:
    (machine / "mine.yaml").touch()
    (machine / "manifests").mkdir()
    assert addons.source(addon) == arguments


def test_our_own_addons_are_pinned() -> None:
    texts = [file.read_text() for file in addons.FOLDER.rglob("*.yaml")]
    addresses = [found for text in texts for found in re.findall(r"^  - (https://.*)$", text, re.MULTILINE)]
    images = [found for text in texts for found in re.findall(r"image: (.*)$", text, re.MULTILINE)]
    assert len(addresses) >= 8
    assert len(images) == 4
    assert all(re.search(r"/v\d+\.\d+\.\d+/", address) for address in addresses)
    assert all(re.search(r":\d+\.\d+(\.\d+|-slim)$", image) for image in images)


def test_every_operator_that_a_test_may_need_is_an_addon() -> None:
    assert set(operators.DEPLOYMENTS) < set(addons.names())


@pytest.mark.parametrize("name", ["openbao", "moto", "pebble"])
def test_our_own_manifests_install_the_deployment_that_is_looked_for(name: str) -> None:
    objects = yaml.safe_load_all((addons.FOLDER / name / f"{name}.yaml").read_text())
    (made,) = [found["metadata"] for found in objects if found["kind"] == "Deployment"]
    assert f"{made['namespace']}/{made['name']}" == operators.DEPLOYMENTS[name]


def test_the_gateway_api_addon_has_the_release_that_routes_are_validated_against() -> None:
    resources = yaml.safe_load((addons.FOLDER / "gateway-api/kustomization.yaml").read_text())["resources"]
    definitions = sorted(custom_kinds.FOLDER.glob("gateway.networking.k8s.io.*Route.yaml"))
    assert len(resources) == len(definitions) == 4
    for resource, definition in zip(resources, definitions, strict=True):
        release = yaml.safe_load(definition.read_text())
        assert resource.endswith(f"/gateway-api/{release['release']}/{release['source']}")


def test_the_error_for_an_unreachable_addon_names_the_alternative(machine: Path) -> None:
    with pytest.raises(
        UserError,
        match=r"no such host\nif https://example\.com/mesh\.yaml cannot be reached, give your own manifests",
    ):
        addons.install(Kubectl(machine / "kubeconfig"), ["https://example.com/mesh.yaml"])


def test_addons_default_to_those_of_the_environment_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(addons.VARIABLE, "one.yaml 'the other.yaml'")
    assert addons.chosen("") == ["one.yaml", "the other.yaml"]
    assert addons.chosen("ingress") == ["ingress"]


def test_the_objects_of_an_addon_follow_when_every_kind_is_known(machine: Path) -> None:
    (machine / "prometheus/objects").mkdir(parents=True)
    (machine / "other").mkdir()
    addons.install(Kubectl(machine / "kubeconfig"), ["prometheus", "other"])
    calls = [line.partition(f"--kubeconfig={machine}/kubeconfig ")[2] for line in asked(machine, "kubectl")]
    apply = "apply --server-side --force-conflicts --filename"
    assert [call for call in calls if call] == [
        f"{apply} prometheus",
        f"{apply} other",
        "wait customresourcedefinitions --all --for=condition=Established --timeout=300s",
        f"{apply} prometheus/objects",
    ]


def test_the_dns_servers_are_restarted_with_a_new_configuration(machine: Path) -> None:
    names = machine / "mine/objects/names.yaml"
    names.parent.mkdir(parents=True)
    restart = "rollout restart deployment/coredns --namespace=kube-system"
    addons.install(Kubectl(machine / "kubeconfig"), ["mine"])
    assert not asked(machine, restart)
    names.write_text("kind: ConfigMap\nmetadata: {name: coredns}\n", encoding="utf-8")
    addons.install(Kubectl(machine / "kubeconfig"), ["mine"])
    assert asked(machine, "kubectl")[-1].endswith(restart)


def test_a_cluster_is_ready_when_what_runs_in_it_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    available = {"conditions": [{"type": "Available", "status": "True"}]}
    stateful = {"kind": "StatefulSet", "metadata": {"name": "db", "generation": 1}, "spec": {"replicas": 1}}
    found = [
        {
            "kind": "Deployment",
            "metadata": {"name": "api", "generation": 2},
            "status": {"observedGeneration": 2} | available,
        },
        stateful | {"status": {"observedGeneration": 1}},
    ]
    restarting = {"observedGeneration": 2, "replicas": 3, "updatedReplicas": 1} | available
    answers = [
        [found[0] | {"status": {}}, found[1]],
        [found[0] | {"status": available}, found[1]],
        [found[0] | {"status": restarting}, found[1]],
        found,
    ]

    class Answering:
        def get(self, *arguments: str) -> list[Any]:
            done = [found[0], stateful | {"status": {"observedGeneration": 1, "availableReplicas": 1}}]
            return answers.pop(0) if answers else done

    monkeypatch.setattr(addons, "POLL_SECONDS", 0)
    monkeypatch.setattr(addons, "REPORT_SECONDS", -1)
    addons.wait_until_ready(Answering(), "made")  # type: ignore[arg-type]
    assert re.findall("waiting for (.*)", capsys.readouterr().err) == [
        *["Deployment api, StatefulSet db"] * 3,
        "StatefulSet db",
    ]


def test_a_cluster_is_not_ready_before_the_api_server_trusts_its_webhooks(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def configured(**client: Any) -> Any:
        hooks = [{"name": "ours", "clientConfig": client}, {"name": "other", "clientConfig": {"url": "u"}}]
        return {
            "kind": "ValidatingWebhookConfiguration",
            "metadata": {"name": "certificates"},
            "webhooks": hooks,
        }

    service = {"name": "webhook", "namespace": "cert-manager"}
    answers = [[configured(service=service)], [configured(service=service, caBundle="LS0t")]]

    class Answering:
        def get(self, *arguments: str) -> list[Any]:
            assert "validatingwebhookconfigurations" in arguments[0]
            return answers.pop(0)

    monkeypatch.setattr(addons, "POLL_SECONDS", 0)
    monkeypatch.setattr(addons, "REPORT_SECONDS", -1)
    addons.wait_until_ready(Answering(), "made")  # type: ignore[arg-type]
    waited = re.findall("waiting for (.*)", capsys.readouterr().err)
    assert waited == ["ValidatingWebhookConfiguration certificates"]
