"""What runs becomes a release without a lost request, where that can be: the commands, in their order."""

from __future__ import annotations

from typing import Any

import pytest

from ci.importing import takeover
from ci.importing.draft import Wishes
from ci.importing.live import Live
from ci.importing.mapping import mapped
from ci.importing.proof import Proof
from ci.importing.selection import WORKLOADS, select
from ci.kubernetes import manifests

CHARTS = {f"app.kubernetes.io/{label}": "web" for label in ("name", "instance")}
CHARTS["app.kubernetes.io/component"] = "app"
WEB = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "web:1", ports: [{containerPort: 8000}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8000}]}
---
"""
SCALER = """
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec: {scaleTargetRef: {kind: Deployment, name: web}, maxReplicas: 9}
---
"""


def lines(text: str, **found: Any) -> list[str]:
    """The lines about the objects of a text; ``release`` and ``owner`` are those of every object."""
    objects = manifests.parse(text)
    live = Live(
        "prod",
        "shop",
        objects,
        frozenset(key for key in objects if key.kind in WORKLOADS and key.name != "cart"),
        dict.fromkeys(objects, found["owner"]) if "owner" in found else {},
        dict.fromkeys(objects, found["release"]) if "release" in found else {},
        found.get("unread", []),
    )
    selection = select(objects, "web", live.chosen)
    draft = mapped(selection, Wishes(live=True))
    renamed = [(key, place.name) for key, place in draft.places.items() if place.name != key.name]
    proof = Proof(0, [], [], [], renamed, CHARTS)
    return list(takeover.path(selection, draft, proof, live, "values/web.yaml"))


def commands(text: str, **found: Any) -> list[str]:
    """The commands there, without the place, up to the way back."""
    written = []
    for line in lines(text, **found):
        if line.startswith("the way back"):
            break
        if line.startswith("  ") and not line.strip().startswith("#"):
            place = ("--context=prod -n shop ", "--kube-context=prod -n shop ")
            assert line.strip().startswith("sleep") or any(one in line for one in place), line
            written.append(line.strip().replace(place[1], "").replace(place[0], ""))
    return written


HELM = (
    "helm upgrade --install web charts/microservice -f values/web.yaml "
    "--take-ownership --force-conflicts --wait"
)


def test_old_pods_serve_until_those_of_the_release_are_ready() -> None:
    labels = [f"{name}={text}" for name, text in CHARTS.items()]
    assert commands(WEB) == [
        "kubectl label pods,replicasets -l app=web microservice/replaced=true",
        f"kubectl label pods -l microservice/replaced {' '.join(labels)}",
        f"kubectl set selector service web {','.join(labels)}",
        "kubectl delete deployment web --cascade=orphan",
        HELM,
        "kubectl label pods -l microservice/replaced app.kubernetes.io/component-",
        "sleep 10",
        "kubectl delete replicasets -l microservice/replaced",
    ]


def test_the_way_back_ends_with_the_manifests_from_before() -> None:
    found = lines(WEB)
    back = found[found.index("the way back, with the manifests from before:") + 1 :: 2]
    assert [line.split("-n shop ")[1] for line in back] == [
        "set selector service web app=web",
        "delete deployment web --cascade=orphan",
        "apply -f k8s/",
        "rollout status deployment web",
        "delete secret -l owner=helm,name=web",
    ]


def test_a_selector_that_is_the_charts_own_stays() -> None:
    own = ", ".join(f"{name}: {text}" for name, text in CHARTS.items())
    assert commands(WEB.replace("app: web", own)) == [HELM]


def test_as_many_pods_as_before_serve_until_the_autoscaler_decides() -> None:
    found = commands(WEB + SCALER)
    start = found.index(HELM)
    assert found[start + 1 : start + 3] == [
        "kubectl scale deployment web --replicas=3",
        "kubectl rollout status deployment web",
    ]


def test_a_stateful_set_takes_over_its_pods_by_their_names() -> None:
    labels = [f"{name}={text}" for name, text in CHARTS.items()]
    assert commands(WEB.replace("Deployment", "StatefulSet")) == [
        f"kubectl label pods -l app=web {' '.join(labels)}",
        f"kubectl set selector service web {','.join(labels)}",
        "kubectl delete statefulset web --cascade=orphan",
        HELM,
    ]


VOLUME = "{volumes: [{name: data, persistentVolumeClaim: {claimName: data}}], containers:"
WWW = "Service\nmetadata: {name: www"
SHARED = """
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec: {accessModes: [ReadWriteMany]}
"""


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (WEB.replace("  selector: {m", "  strategy: {type: Recreate}\n  selector: {m"), "do not run at once"),
        (WEB.replace("{containers:", VOLUME), "do not run at once"),
        (
            WEB.replace("Deployment", "StatefulSet").replace(
                "Service\nmetadata: {name: web", "Service\nmetadata: {name: www"
            ),
            "its pods get other names",
        ),
        (
            WEB.replace("app: web", "app.kubernetes.io/component: front"),
            "no pod can be in both, by app.kubernetes.io/component",
        ),
        (WEB.replace("{containers:", VOLUME) + SHARED, "in this order no request is lost"),
    ],
)
def test_it_is_said_where_the_service_is_down_meanwhile_and_why(text: str, reason: str) -> None:
    (title,) = [line for line in lines(text) if line.startswith("the selector of ")]
    assert reason in title
    interrupted = any(command.endswith(" web --cascade=foreground") for command in commands(text))
    assert interrupted == ("is down" in title)


SETTINGS = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {A: b}\n---\n"
WITH_SETTINGS = WEB.replace('"web:1",', '"web:1", envFrom: [{configMapRef: {name: settings}}],') + SETTINGS
OTHER = WITH_SETTINGS.partition("---")[0].replace("web", "cart") + "---\n"


def test_what_the_release_has_under_another_name_is_removed_at_the_end() -> None:
    assert commands(WITH_SETTINGS)[-1] == "kubectl delete configmap/settings"


def worker(name: str) -> str:
    made = (
        WEB.partition("---")[0].replace("app: web", "app: mail").replace('"web:1",', '"web:1", args: [mail],')
    )
    return made.replace("metadata: {name: web}", f"metadata: {{name: {name}}}") + "---\n"


@pytest.mark.parametrize("name", ["web-mail", "mail"])
def test_a_worker_is_deleted_before_the_release_has_one_of_its_name_or_at_the_end(name: str) -> None:
    found = commands(WEB + worker(name))
    deleted, released = found.index(f"kubectl delete deployment/{name}"), found.index(HELM)
    assert deleted == (released - 1 if name == "web-mail" else len(found) - 1)


def test_what_another_workload_uses_too_is_not_removed() -> None:
    assert commands(WITH_SETTINGS + OTHER)[-1] == "kubectl delete replicasets -l microservice/replaced"


def test_what_belongs_to_a_release_of_helm_stays_in_it() -> None:
    found = lines(WITH_SETTINGS, release="web")
    assert "now in the release web of Helm" in found
    assert not any("way back" in line or "delete configmap" in line for line in found)
    assert HELM.replace(" --take-ownership --force-conflicts", "") in commands(WITH_SETTINGS, release="web")
    refused = "a release cannot take over another's objects: import with --service front"
    assert lines(WEB, release="front")[-1] == refused


def test_a_controller_that_would_set_all_of_it_back_is_named() -> None:
    owner = "the Application web of Argo CD"
    managed = f"managed by {owner}, which sets back what others change: take it out there first"
    assert managed in lines(WEB, owner=owner)


def test_what_could_not_be_read_is_listed() -> None:
    assert lines(WEB, unread=["secrets: forbidden"])[:2] == [
        "read from the namespace shop of the context prod",
        "not read: secrets: forbidden",
    ]


@pytest.mark.parametrize(
    ("expressions", "written"),
    [
        ("{key: app, operator: In, values: [web, old]}", "-l 'app in (web,old)'"),
        ("{key: app, operator: NotIn, values: [cart]}", "-l 'app notin (cart)'"),
        ("{key: app, operator: Exists}, {key: tier, operator: DoesNotExist}", "-l 'app,!tier'"),
    ],
)
def test_every_form_of_a_selector_is_one_for_kubectl(expressions: str, written: str) -> None:
    text = WEB.replace("{matchLabels: {app: web}}", f"{{matchExpressions: [{expressions}]}}")
    assert written in commands(text)[0]
