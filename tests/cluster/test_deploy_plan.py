"""A plan says field by field what a deploy changes then, and what it may not change is refused before."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from ci.charts.values_file import laid
from ci.deploy.plan import comparable
from ci.kubernetes.differences import compare
from ci.kubernetes.manifests import Key, Object, key_of
from tests.support.deploys import Deploys, Run
from tests.support.namespaces import Namespace, Namespaces

KINDS = (
    "deployments,services,configmaps,secrets,serviceaccounts,ingresses,networkpolicies,"
    "horizontalpodautoscalers,poddisruptionbudgets,persistentvolumeclaims"
)
HOST = {"host": "api.example.com"}
BASE: dict[str, Any] = {
    "config": {"data": {"LOG_LEVEL": "info", "OLD": "gone soon"}},
    "secret": {"data": {"PASSWORD": "correct-horse-battery-staple", "TOKEN": "t0ken-of-the-first-version"}},
}
# Each step is laid over the base; what an earlier step set is taken back by the next.
STEPS: dict[str, dict[str, Any]] = {
    "image, variable, keys of ConfigMap and Secret": {
        "image": {"tag": "2"},
        "env": {"A": "b"},
        "config": {"data": {"LOG_LEVEL": "debug", "OLD": None, "NEW": "key"}},
        "secret": {"data": {"PASSWORD": "another-horse-battery-staple", "TOKEN": None}},
    },
    "replicas, resources, probe, annotation, port": {
        "replicaCount": 1,
        "resources": {"requests": {"cpu": "20m"}},
        "readinessProbe": {"periodSeconds": 2},
        "podAnnotations": {"example.com/team": "a"},
        "ports": {"metrics": {"containerPort": 9000, "servicePort": 9000}},
    },
    "ingress, objects removed": {
        "ingress": {"enabled": True, "hosts": [HOST]},
        "config": {"data": None},
        "networkPolicy": {"enabled": False},
    },
    # More than one is what the autoscaler would start at once, while we look.
    "autoscaling": {"autoscaling": {"enabled": True, "minReplicas": 1, "maxReplicas": 3}},
}


def live(deploys: Deploys) -> dict[Key, Object]:
    """What the release has in the cluster, as plans compare it."""
    found = deploys.namespace.kubectl(
        "get", KINDS, "--output=json", "--selector=app.kubernetes.io/instance=api"
    )
    return comparable({key: one for one in json.loads(found)["items"] if (key := key_of(one))})


def changes(before: dict[Key, Object], after: dict[Key, Object]) -> set[tuple[str, str, str]]:
    """What has changed, in the form of a report."""
    found = set()
    for key, path, _, _ in compare(before, after):
        kind = "changed" if path else ("new" if key in after else "removed")
        found.add((f"{key.kind} {key.name}", path, kind))
    # The Deployment controller counts, and a plan folds the labels of versions into one line.
    left_out = ("deployment.kubernetes.io/revision", "app.kubernetes.io/version")
    return {one for one in found if not any(name in one[1] for name in left_out)}


@pytest.fixture(scope="module", params=[4, 3], ids=["helm 4", "helm 3"])
def engine(request: pytest.FixtureRequest) -> int:
    engine: int = request.param
    return engine


@pytest.fixture(scope="module")
def running(shared_namespaces: Namespaces, tmp_path_factory: pytest.TempPathFactory, engine: int) -> Deploys:
    """The service, deployed."""
    made = Deploys(shared_namespaces.new("plan"), tmp_path_factory.mktemp("deploys") / "root")
    first = made.run("deploy", values=BASE, engine=engine)
    assert first.process.returncode == 0, first.output
    return made


def refused(run: Run, code: str) -> str:
    """The message of a deploy that was refused for a reason."""
    assert run.process.returncode == 1, run.output
    assert run.report["outcome"] == "refused", run.output
    assert run.report["reason"]["code"] == code, run.output
    return str(run.report["reason"]["message"])


def test_what_is_planned_is_what_changes_field_for_field(
    running: Deploys, engine: int, observed: Callable[[str], None]
) -> None:
    number = 0
    for step, values in STEPS.items():
        before = live(running)
        run = running.run("deploy", values=laid(BASE, values), engine=engine)
        assert run.process.returncode == 0, run.output
        planned = {(one["object"], one["path"], one["kind"]) for one in run.report["changes"]}
        assert planned == changes(before, live(running)), f"{step}:\n{run.output}"
        assert planned
        assert not [word for word in ("horse", "t0ken") if word in run.output + json.dumps(run.report)]
        number += len(planned)
    again = running.run("diff", "--exit-code", values=laid(BASE, values), engine=engine)
    assert again.process.returncode == 0, again.output
    observed(f"Helm {engine}: {number} planned changes of fields and objects, all of them as planned")


@pytest.mark.parametrize(
    ("command", "path", "owner"),
    [
        (["scale", "deployment/api", "--replicas=3"], "spec.replicas", "kubectl"),
        (["set", "image", "deployment/api", "api=microservice-chart-app:2"], "image", "kubectl-set"),
        (["rollout", "undo", "deployment/api"], "image", "kubectl"),
    ],
    ids=["scale", "set image", "rollout undo"],
)
def test_what_kubectl_has_set_is_named_with_its_owner_and_set_back(
    running: Deploys, engine: int, command: list[str], path: str, owner: str
) -> None:
    # A version to undo to.
    earlier = [laid(BASE, {"image": {"tag": "2"}})] if "undo" in command else []
    for values in (*earlier, BASE):
        assert running.run("deploy", values=values, engine=engine).process.returncode == 0
    before = live(running)
    running.namespace.kubectl(*command)
    planned = running.run("diff", "--exit-code", values=BASE, engine=engine)
    assert planned.process.returncode == 2, planned.output
    found = [line for _, line in planned.lines if line.endswith(f"belongs to {owner}: it is set back")]
    assert any(path in line for line in found), planned.output
    run = running.run("deploy", values=BASE, engine=engine)
    assert run.process.returncode == 0, run.output
    assert changes(before, live(running)) == set()


def test_what_is_somebody_elses_or_never_changes_is_refused_and_left_alone(
    namespace: Namespace, tmp_path: Path, observed: Callable[[str], None]
) -> None:
    deploys = Deploys(namespace, tmp_path / "root")
    namespace.kubectl("create", "configmap", "api-config", "--from-literal=a=b")
    config = {"config": {"data": {"A": "b"}}}
    message = refused(deploys.run("deploy", values=config), "ForeignRelease")
    assert message.startswith("is there already and belongs to no release of Helm; ")
    assert deploys.history() == []
    for command in message.partition("hand it over: ")[2].split("; "):
        namespace.kubectl(*command.split()[1:])
    claim: dict[str, Any] = {
        "volumes": {"data": {"mountPath": "/data", "claim": {"size": "2Mi"}}},
        "replicaCount": 1,
    }
    claim |= {"strategy": {"type": "Recreate"}} | config
    handed_over = deploys.run("deploy", values=claim)
    assert handed_over.process.returncode == 0, handed_over.output
    history, before = deploys.history(), live(deploys)
    claim["volumes"]["data"]["claim"]["size"] = "1Mi"
    words = refused(deploys.run("deploy", values=claim), "ImmutableField")
    namespace.limit("few", "count/ingresses.networking.k8s.io", 0)
    claim["volumes"]["data"]["claim"]["size"] = "2Mi"
    ingress = claim | {"ingress": {"enabled": True, "hosts": [HOST]}}
    assert "few" in refused(deploys.run("deploy", values=ingress), "QuotaExceeded")
    assert deploys.history() == history
    assert live(deploys) == before
    observed(words)


def test_the_rules_that_a_user_lacks_are_named_and_are_all_it_takes(
    namespace: Namespace, tmp_path: Path, observed: Callable[[str], None]
) -> None:
    deploys = Deploys(namespace, tmp_path / "root")
    namespace.kubectl("create", "serviceaccount", "deployer")
    token = namespace.kubectl("create", "token", "deployer").strip()
    config = yaml.safe_load(namespace.cluster.kubeconfig.read_text())
    config["users"] = [{"name": user["name"], "user": {"token": token}} for user in config["users"]]
    deploys.kubeconfig = tmp_path / "kubeconfig"
    deploys.kubeconfig.write_text(yaml.safe_dump(config))
    values = BASE | {"autoscaling": {"enabled": True}}
    message = refused(deploys.run("deploy", values=values), "NotAllowed")
    assert deploys.history() == []
    assert "leases" in message
    rules = yaml.safe_load("\n".join(message.splitlines()[1:]))
    role = {"kind": "Role", "apiVersion": "rbac.authorization.k8s.io/v1", "metadata": {"name": "deployer"}}
    namespace.kubectl("create", "--filename=-", stdin=json.dumps(role | {"rules": rules}))
    account = f"--serviceaccount={namespace.name}:deployer"
    namespace.kubectl("create", "rolebinding", "deployer", "--role=deployer", account)
    run = deploys.run("deploy", values=values)
    assert run.process.returncode == 0, run.output
    failed = deploys.run("deploy", values=values | {"command": ["python", "-c", "raise SystemExit(1)"]})
    assert failed.report["reason"]["code"] == "CrashLoop", failed.output
    assert failed.report["outcome"] == "rolled-back", failed.output
    observed(f"{len(rules)} rules are missing without any, and with them it deploys and rolls back")
