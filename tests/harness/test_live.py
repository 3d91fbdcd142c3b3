"""What runs is read as it is in the cluster, without the values of Secrets and without what servers add."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ci import live
from ci.base.errors import UserError
from ci.base.processes import CommandError
from ci.importing.live import Live
from ci.kubernetes.manifests import Object
from tests.support.fake_api import FakeApi, nothing, refusing

OWNERS = [{"kind": "Other", "name": "o", "controller": True}]


def made(kind: str, name: str, spec: Object | None = None, **metadata: Any) -> Object:
    version = {"Deployment": "apps/v1", "Ingress": "networking.k8s.io/v1"}.get(kind, "v1")
    if kind.endswith(("Role", "Binding")):
        version = "rbac.authorization.k8s.io/v1"
    own = {"name": name, "namespace": "shop", "uid": f"{kind}-{name}", **metadata}
    return {"apiVersion": version, "kind": kind, "metadata": own} | ({"spec": spec} if spec else {})


def workload(name: str, **pod: Any) -> Object:
    env = [{"secretRef": {"name": f"{name}-secret"}}]
    container = {"name": name, "image": "web:1", "envFrom": env}
    spec = {"serviceAccountName": name, "containers": [container], **pod}
    labels = {"matchLabels": {"app": name}}
    template = {"metadata": {"labels": {"app": name}}, "spec": spec}
    return made("Deployment", name, {"selector": labels, "template": template}, labels={"app": name})


class Cluster:
    """A namespace with some objects; what was asked of kubectl is in ``asked``."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.objects: list[Object] = []
        self.forbidden: set[str] = set()
        self.asked: list[tuple[str, ...]] = []
        self.secrets = "web-secret Opaque password user\n"
        context = {"name": "prod", "context": {"namespace": "shop"}}
        monkeypatch.setattr(live, "Api", lambda _call, _path: FakeApi(self._answer))
        monkeypatch.setattr(live, "Kubectl", lambda _file: self._kubectl)
        monkeypatch.setattr("ci.clusters.kubectl.flattened", lambda _: json.dumps({"contexts": [context]}))
        monkeypatch.setattr(live, "_current_context", lambda: "prod")
        monkeypatch.setenv("MICROSERVICE_CHART_CACHE", str(folder))

    def read(self, *names: str, secrets: bool = False, **place: str) -> Live:
        return live.read(live.Place(**place), names, secrets=secrets)

    def _answer(self, _method: str, path: str, _body: Any) -> Any:
        place, _, query = path.partition("?")
        kind = place.rpartition("/")[2]
        if kind in self.forbidden:
            raise refusing(f"Error from server (Forbidden): {kind} is forbidden")
        for one in self.objects:
            plural = f"{one['kind'].lower()}s"
            if place.endswith(f"/{plural}/{one['metadata']['name']}"):
                return one
        label = query.removeprefix("labelSelector=app%3D")
        found = [
            one
            for one in self.objects
            if kind in (f"{one['kind'].lower()}s", f"{one['kind'].lower()}es")
            and (not query or one["metadata"].get("labels") == {"app": label})
        ]
        if not found and kind not in ("deployments", "statefulsets"):
            return nothing()
        version, name = (found[0]["apiVersion"], found[0]["kind"]) if found else ("apps/v1", "Deployment")
        return {"apiVersion": version, "kind": f"{name}List", "items": found}

    def _kubectl(self, *arguments: str) -> str:
        self.asked.append(arguments)
        if "secrets" in self.forbidden:
            raise refusing('Error from server (Forbidden): secrets "web-secret" is forbidden')
        return self.secrets


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cluster:
    made_ = Cluster(tmp_path, monkeypatch)
    made_.objects = [workload("web"), workload("cart"), made("Service", "web", {"selector": {"app": "web"}})]
    return made_


def names(found: Live, kind: str) -> list[str]:
    return sorted(key.name for key in found.objects if key.kind == kind)


def test_context_and_namespace_are_the_current_ones_unless_they_are_named(cluster: Cluster) -> None:
    assert cluster.read()[:2] == ("prod", "shop")
    assert cluster.read(context="test", namespace="tools")[:2] == ("test", "tools")


@pytest.mark.parametrize(
    ("choice", "chosen"),
    [
        (lambda cluster: cluster.read(), ["cart", "web"]),
        (lambda cluster: cluster.read("web"), ["web"]),
        (lambda cluster: cluster.read(selector="app=cart"), ["cart"]),
    ],
)
def test_workloads_are_chosen_by_name_or_label(
    choice: Callable[[Cluster], Live], chosen: list[str], cluster: Cluster
) -> None:
    found = choice(cluster)
    assert sorted(key.name for key in found.chosen) == chosen
    assert names(found, "Deployment") == ["cart", "web"], "the others tell whose pods a Service selects"


def test_a_workload_that_is_not_there_is_named_with_those_that_are(cluster: Cluster) -> None:
    with pytest.raises(UserError) as refused:
        cluster.read("shop")
    assert str(refused.value) == (
        "there is no Deployment or StatefulSet shop in the namespace shop of the context prod; "
        "there are: cart, web"
    )
    with pytest.raises(
        UserError, match="Deployment or StatefulSet with the labels app=none in the namespace"
    ):
        cluster.read(selector="app=none")


def test_of_secrets_only_the_names_of_entries_are_read_and_only_of_those_that_are_used(
    cluster: Cluster,
) -> None:
    found = cluster.read("web")
    (asked,) = cluster.asked
    assert asked[:3] == ("get", "secret", "web-secret")
    assert asked[-1].startswith("--output=go-template=")
    assert "{{$name}}" in asked[-1]
    assert "{{$_}}" not in asked[-1]
    (secret,) = [made for key, made in found.objects.items() if key.kind == "Secret"]
    assert secret["data"] == {"password": "", "user": ""}


def test_values_of_secrets_are_read_if_they_are_wished_for(cluster: Cluster) -> None:
    cluster.objects.append(made("Secret", "web-secret") | {"data": {"password": "YQ=="}})
    found = cluster.read("web", secrets=True)
    (secret,) = [made for key, made in found.objects.items() if key.kind == "Secret"]
    assert secret["data"] == {"password": "YQ=="}


def test_what_nobody_may_read_is_noted(cluster: Cluster) -> None:
    cluster.forbidden = {"secrets", "ingresses", "clusterrolebindings"}
    assert [line.partition(":")[0] for line in cluster.read("web").unread] == [
        "ingresses",
        "clusterrolebindings",
        "Secrets",
    ]


def test_without_the_workloads_nothing_can_be_read(cluster: Cluster) -> None:
    cluster.forbidden = {"deployments"}
    with pytest.raises(CommandError, match="Forbidden"):
        cluster.read("web")


def test_what_a_controller_or_kubernetes_makes_again_is_left_out(cluster: Cluster) -> None:
    cluster.objects += [
        made("ConfigMap", "kube-root-ca.crt"),
        made("ServiceAccount", "default"),
        made("ConfigMap", "generated", ownerReferences=OWNERS),
        made("ConfigMap", "own"),
    ]
    found = cluster.read("web")
    assert names(found, "ConfigMap") == ["own"]
    assert names(found, "ServiceAccount") == []


def test_what_servers_helm_and_gitops_controllers_add_is_left_out_and_the_owner_noted(
    cluster: Cluster,
) -> None:
    helm = {"meta.helm.sh/release-name": "web", "meta.helm.sh/release-namespace": "shop"}
    labels = {"app.kubernetes.io/managed-by": "Helm", "helm.sh/chart": "web-1", "tier": "front"}
    spec = {"clusterIP": "10.0.0.1", "clusterIPs": ["10.0.0.1"], "ipFamilies": ["IPv4"], "type": "NodePort"}
    tracked = {"argocd.argoproj.io/tracking-id": "site:/ConfigMap:shop/c"}
    cluster.objects = [
        workload("web"),
        made("Service", "web", spec, annotations=helm, labels=labels, generation=2, managedFields=[]),
        made("ConfigMap", "c", annotations=tracked),
    ]
    found = cluster.read("web")
    (service,) = [made for key, made in found.objects.items() if key.kind == "Service"]
    assert service["metadata"] == {"name": "web", "namespace": "shop", "labels": {"tier": "front"}}
    assert service["spec"] == {"type": "NodePort"}
    assert {key.name: release for key, release in found.releases.items()} == {"web": "web"}
    assert {key.name: owner for key, owner in found.owners.items()} == {
        "c": "the Application site of Argo CD"
    }


def test_a_field_with_the_api_servers_default_counts_as_unsaid(cluster: Cluster) -> None:
    said = workload("web", restartPolicy="Always", volumes=[{"name": "a", "emptyDir": {}}])
    filled = workload("web", restartPolicy="Always", volumes=[{"name": "a", "emptyDir": {}}])
    rolling = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}}
    filled["spec"] |= {"replicas": 1, "strategy": rolling}
    del said["spec"]["template"]["spec"]["restartPolicy"]
    cluster.objects = [filled]
    (found,) = [made for key, made in cluster.read("web").objects.items() if key.kind == "Deployment"]
    assert found["spec"] == said["spec"]


def binding(name: str, role: str, account: str) -> Object:
    subject = {"kind": "ServiceAccount", "namespace": "shop", "name": account}
    bound = {"subjects": [subject], "roleRef": {"kind": "ClusterRole", "name": role}}
    return made("ClusterRoleBinding", name) | bound


def test_of_the_roles_of_the_whole_cluster_only_those_of_the_account_alone_are_read(cluster: Cluster) -> None:
    cluster.objects += [
        binding("web-own", "own", "web"),
        binding("web-shared", "shared", "web"),
        binding("cart-shared", "shared", "cart"),
        binding("web-view", "view", "web"),
        *(made("ClusterRole", name) for name in ("own", "shared")),
        made("ClusterRole", "view", labels={"kubernetes.io/bootstrapping": "rbac-defaults"}),
    ]
    found = cluster.read("web")
    assert names(found, "ClusterRole") == ["own"]
    assert names(found, "ClusterRoleBinding") == ["web-own", "web-shared", "web-view"]


@pytest.mark.parametrize("place", [{"namespace": "shop"}, {"selector": "app=shop"}, {"context": "prod"}])
def test_a_place_without_live_is_refused(place: dict[str, str]) -> None:
    with pytest.raises(UserError, match="add --live"):
        live.is_wanted(False, live.Place(**place))
    assert live.is_wanted(True, live.Place(**place))
    assert not live.is_wanted(False, live.Place())
