"""A plan names what changes, whose fields stand in its way, and what Kubernetes would refuse."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ci.deploy.dry_run import Conflict
from ci.deploy.helm_3 import without_dropped
from ci.deploy.owners import marked
from ci.deploy.plan import Plan, lines, plan, plan_of_a_new_namespace
from ci.deploy.reasons import Code
from ci.deploy.target import Target
from ci.kubernetes.differences import ABSENT, Difference
from ci.kubernetes.manifests import Key, Object
from tests.support import fake_cluster
from tests.support.fake_cluster import FakeKubectl

DEPLOYMENT = Key("apps/v1", "Deployment", "stage", "api")
CONFIG = Key("v1", "ConfigMap", "stage", "api")
SERVICE = Key("v1", "Service", "stage", "api")
SECRET = Key("v1", "Secret", "stage", "api")
JOB = Key("batch/v1", "Job", "stage", "api-migration")
CLAIM = Key("v1", "PersistentVolumeClaim", "stage", "api")
STATEFUL_SET = Key("apps/v1", "StatefulSet", "stage", "api")
AUTOSCALER = Key("autoscaling/v2", "HorizontalPodAutoscaler", "stage", "api")
OURS = {"meta.helm.sh/release-name": "api", "meta.helm.sh/release-namespace": "stage"}
# Answers an apply as the file beside it says: for all objects at once, one alone, or one by force.
APPLY = """
import json, sys, pathlib
asked = sys.stdin.read()
answers = json.loads(pathlib.Path(sys.argv[1]).read_text())
several = asked.count("kind:") > 1
answer = answers["several" if several else "forced" if "--force-conflicts" in sys.argv else "one"]
sys.stderr.write(answer.get("complaint", ""))
print(json.dumps(answer.get("objects")))
sys.exit("objects" not in answer)
"""


def made(key: Key, labels: dict[str, str] | None = None, **fields: Any) -> Object:
    """An object of the release."""
    metadata = {"name": key.name, "namespace": key.namespace, "annotations": OURS}
    metadata["labels"] = {"app.kubernetes.io/managed-by": "Helm", **(labels or {})}
    return {"apiVersion": key.api_version, "kind": key.kind, "metadata": metadata, **fields}


def planned(
    monkeypatch: pytest.MonkeyPatch,
    folder: Path,
    wanted: dict[Key, Object],
    live: list[Object],
    before: dict[Key, Object] | None = None,
    engine: int = 4,
    **answers: Any,
) -> Plan:
    """The plan for rendered objects, where the API server answers so."""
    (folder / "answers.json").write_text(json.dumps(answers))
    (folder / "apply.py").write_text(APPLY)
    kubectl = FakeKubectl(lambda *_: json.dumps({"kind": "List", "items": live}))
    kubectl.command = [sys.executable, str(folder / "apply.py"), str(folder / "answers.json")]
    target: Target = replace(fake_cluster.target(monkeypatch, kubectl), engine=engine)
    return plan(target, wanted, wanted if before is None else before)


def test_a_change_is_a_field_of_an_object(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    was, will = made(CONFIG, data={"A": "1", "B": "2"}), made(CONFIG, data={"A": "1", "B": "3"})
    found = planned(monkeypatch, tmp_path, {CONFIG: will}, [was], one={"objects": will})
    assert found.changed == (Difference(CONFIG, "data.B", "2", "3"),)
    assert lines(found) == ['ConfigMap api  data.B: "2" -> "3"']


def test_an_object_of_which_the_manifest_leaves_out_the_namespace_is_compared_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    was, will = made(CONFIG, data={"A": "1"}), made(CONFIG, data={"A": "2"})
    bare = CONFIG._replace(namespace="")
    rendered = {bare: made(bare, data={"A": "2"})}
    found = planned(monkeypatch, tmp_path, rendered, [was], one={"objects": will})
    assert lines(found) == ['ConfigMap api  data.A: "1" -> "2"']
    assert planned(monkeypatch, tmp_path, rendered, [], {}, one={"objects": will}).created == (bare,)


def test_what_is_applied_has_the_label_and_the_annotations_that_helm_adds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rendered = {**made(CONFIG), "metadata": {"name": CONFIG.name, "namespace": CONFIG.namespace}}
    assert marked(rendered, fake_cluster.target(monkeypatch)) == made(CONFIG)


def test_what_the_server_writes_is_no_change(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    was, will = made(CONFIG, data={}), made(CONFIG, data={})
    was["metadata"] |= {"resourceVersion": "1", "uid": "u", "managedFields": []}
    found = planned(monkeypatch, tmp_path, {CONFIG: will}, [was], one={"objects": will})
    assert found.is_empty
    assert lines(found) == ["1 object unchanged"]


def test_a_chart_version_alone_is_a_change_of_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    was, will = (made(CONFIG, {"helm.sh/chart": f"microservice-{number}"}) for number in (1, 2))
    found = planned(monkeypatch, tmp_path, {CONFIG: will}, [was], one={"objects": will})
    assert not found.is_empty
    assert lines(found) == ["1 object unchanged; labels of version and chart follow"]


def test_keys_of_a_secret_are_named_without_their_values(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    was = made(SECRET, data={"A": "b25l", "B": "dHdv", "C": "c2FtZQ=="})
    will = made(SECRET, data={"A": "b3RoZXI=", "D": "bmV3", "C": "c2FtZQ=="})
    found = planned(monkeypatch, tmp_path, {SECRET: will}, [was], one={"objects": will})
    assert lines(found) == ["Secret api  A changed", "Secret api  B removed", "Secret api  D new"]
    values = ("b25l", "dHdv", "b3RoZXI", "bmV3", "one", "two", "other")
    assert not [value for value in values if value in repr(found)]


def test_a_changed_hook_is_a_change_and_one_that_is_the_same_runs_with_another(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def hook(command: str) -> Object:
        job = made(JOB, spec={"command": command})
        job["metadata"]["annotations"] = {"helm.sh/hook": "pre-upgrade"}
        return job

    config = made(CONFIG)
    wanted = {CONFIG: config, JOB: hook("migrate")}
    same = planned(monkeypatch, tmp_path, wanted, [config], one={"objects": config})
    assert same.is_empty
    assert lines(same) == ["1 object unchanged"]
    before = {CONFIG: config, JOB: hook("other")}
    other = planned(monkeypatch, tmp_path, wanted, [config], before, one={"objects": config})
    assert not other.is_empty
    assert lines(other)[0] == "Job api-migration  runs as a hook"
    assert not other.removed
    # A test runs when it is asked for.
    test = made(JOB)
    test["metadata"]["annotations"] = {"helm.sh/hook": "test"}
    new_test = planned(
        monkeypatch, tmp_path, {CONFIG: config, JOB: test}, [config], before, one={"objects": config}
    )
    assert new_test.is_empty


@pytest.mark.parametrize(
    ("annotations", "owner"),
    [
        ({}, "no release of Helm"),
        ({**OURS, "meta.helm.sh/release-name": "shop"}, "release shop in stage"),
    ],
)
def test_an_object_of_somebody_else_is_refused_with_how_to_hand_it_over(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, annotations: dict[str, str], owner: str
) -> None:
    theirs = made(CONFIG)
    theirs["metadata"] = theirs["metadata"] | {"annotations": annotations}
    wanted = {CONFIG: made(CONFIG)}
    found = planned(monkeypatch, tmp_path, wanted, [theirs], {}, one={"objects": made(CONFIG)})
    (reason,) = found.refusals
    assert (reason.code, reason.object) == (Code.FOREIGN_RELEASE, "ConfigMap api")
    assert reason.message.startswith(f"is there already and belongs to {owner}; ")
    assert "kubectl label configmap api --overwrite app.kubernetes.io/managed-by=Helm" in reason.message
    # Helm does not look at the marks of what it has already.
    assert not planned(monkeypatch, tmp_path, wanted, [theirs], one={"objects": made(CONFIG)}).refusals


REPLICAS = (
    'error: Apply failed with 1 conflict: conflict with "{}" with subresource "scale" using apps/v1: '
    ".spec.replicas\nPlease review the fields above--they currently have other managers."
)
SEVERAL = (
    'error: Apply failed with 3 conflicts: conflicts with "kubectl-set" using apps/v1:\n'
    '- .spec.template.spec.containers[name="api"].image\n- .spec.paused\n'
    'conflicts with "helm" using apps/v1:\n- .spec.replicas\nPlease review the fields above'
)


@pytest.mark.parametrize(
    ("complaint", "conflicts"),
    [
        (REPLICAS.format("kubectl"), [("spec.replicas", "kubectl", True)]),
        (REPLICAS.format("kube-controller-manager"), [("spec.replicas", "kube-controller-manager", False)]),
        (
            SEVERAL,
            [
                ('spec.template.spec.containers[name="api"].image', "kubectl-set", True),
                ("spec.paused", "kubectl-set", True),
            ],
        ),
    ],
    ids=["kubectl scale", "an autoscaler", "several, and Helm 3's"],
)
def test_a_field_of_another_manager_is_named_with_what_happens(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, complaint: str, conflicts: list[tuple[str, str, bool]]
) -> None:
    live, will = made(DEPLOYMENT, spec={"replicas": 5}), made(DEPLOYMENT, spec={"replicas": 2})
    answers: dict[str, Any] = {"one": {"complaint": complaint}, "forced": {"objects": will}}
    found = planned(monkeypatch, tmp_path, {DEPLOYMENT: will}, [live], **answers)
    assert [(one.path, one.owner, one.taken_over) for one in found.conflicts] == conflicts
    assert found.changed == (Difference(DEPLOYMENT, "spec.replicas", 5, 2),)
    for path, owner, taken_over in conflicts:
        what = "is set back" if taken_over else "is refused"
        assert f"Deployment api  {path} belongs to {owner}: it {what}" in lines(found)


@pytest.mark.parametrize("scaled", ["api", "api-mail"])
def test_the_number_of_pods_is_taken_back_from_the_workloads_own_autoscaler_that_goes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, scaled: str
) -> None:
    live, will = made(DEPLOYMENT, spec={"replicas": 5}), made(DEPLOYMENT, spec={"replicas": 2})
    answers: dict[str, Any] = {
        "one": {"complaint": REPLICAS.format("kube-controller-manager")},
        "forced": {"objects": will},
    }
    scaler = made(AUTOSCALER, spec={"scaleTargetRef": {"kind": "Deployment", "name": scaled}})
    before, objects = {DEPLOYMENT: will, AUTOSCALER: scaler}, [live, scaler]
    found = planned(monkeypatch, tmp_path, {DEPLOYMENT: will}, objects, before, **answers)
    assert found.removed == (AUTOSCALER,)
    assert [one.taken_over for one in found.conflicts] == [scaled == "api"]


@pytest.mark.parametrize("engine", [3, 4])
def test_a_new_autoscaler_starts_from_the_pods_that_there_are_or_is_warned_of(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, engine: int
) -> None:
    live, will = made(DEPLOYMENT, spec={"replicas": 5}), made(DEPLOYMENT, spec={"replicas": 1})
    wanted = {DEPLOYMENT: made(DEPLOYMENT), AUTOSCALER: made(AUTOSCALER)}
    both = {"kind": "List", "items": [will, made(AUTOSCALER)]}
    before = {DEPLOYMENT: live}
    found = planned(monkeypatch, tmp_path, wanted, [live], before, engine=engine, several={"objects": both})
    assert found.created == (AUTOSCALER,)
    words = "Deployment api goes from 5 pods to 1 until its autoscaler has started more"
    assert found.warnings == ((words,) if engine == 3 else ())
    assert bool(found.changed) is (engine == 3)


def test_a_service_that_loses_the_old_pods_is_warned_of(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def objects(name: str) -> dict[Key, Object]:
        pod = {"containers": [{"name": "api", "ports": [{"name": name, "containerPort": 8000}]}]}
        template = {"metadata": {"labels": {"app": "api"}}, "spec": pod}
        ports = [{"port": 80, "targetPort": name}]
        return {
            DEPLOYMENT: made(DEPLOYMENT, spec={"template": template}),
            SERVICE: made(SERVICE, spec={"selector": {"app": "api"}, "ports": ports}),
        }

    was, will = objects("http"), objects("web")
    several = {"objects": {"kind": "List", "items": [*will.values()]}}
    found = planned(monkeypatch, tmp_path, will, [*was.values()], was, several=several)
    assert [warning.partition(":")[0] for warning in found.warnings] == ["Service api"]


@pytest.mark.parametrize(
    ("complaint", "code"),
    [
        (
            'configmaps "api" is forbidden: exceeded quota: few, requested: count/configmaps=1',
            "QuotaExceeded",
        ),
        ('The Deployment "api" is invalid: spec.selector: field is immutable', "ImmutableField"),
        (
            'The StatefulSet "api" is invalid: spec: Forbidden: updates to statefulset spec for fields other '
            "than 'replicas' are forbidden",
            "ImmutableField",
        ),
        ("spec: Forbidden: spec is immutable after creation except resources.requests", "ImmutableField"),
        (
            "spec.resources.requests.storage: Forbidden: field can not be less than status.capacity",
            "ImmutableField",
        ),
        (
            "only dynamically provisioned pvc can be resized and the storageclass must support it",
            "ImmutableField",
        ),
        ('admission webhook "policy.example.com" denied the request: no owner label', "AdmissionRefused"),
        (
            'Internal error occurred: failed calling webhook "policy.example.com": failed to call webhook: '
            'Post "https://policy.default.svc:443/?timeout=10s": service "policy" not found',
            "AdmissionRefused",
        ),
        ('The Service "api" is invalid: spec.ports: Required value', "Invalid"),
    ],
)
def test_what_kubernetes_would_refuse_is_told_by_its_reason(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, complaint: str, code: str
) -> None:
    words = f"Warning: be careful\nError from server (Forbidden): {complaint}\n"
    wanted = {CONFIG: made(CONFIG)}
    found = planned(monkeypatch, tmp_path, wanted, [made(CONFIG)], one={"complaint": words})
    (reason,) = found.refusals
    assert (reason.code, reason.message, reason.object) == (code, complaint, "ConfigMap api")


def test_a_field_that_cannot_change_is_named_with_what_to_do_instead(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    old = made(STATEFUL_SET, spec={"serviceName": "api", "replicas": 1})
    new = made(STATEFUL_SET, spec={"serviceName": "api-headless", "replicas": 2})
    words = "spec: Forbidden: updates to statefulset spec for fields other than 'replicas' are forbidden"
    answer = {"complaint": f"Error from server (Invalid): {words}\n"}
    found = planned(monkeypatch, tmp_path, {STATEFUL_SET: new}, [old], {STATEFUL_SET: old}, one=answer)
    assert [reason.code for reason in found.refusals] == ["ImmutableField"]
    assert found.warnings == (
        "StatefulSet api: spec.serviceName can't change on a live object; instead, delete it with "
        "--cascade=orphan, its pods and claims stay and the new one takes them over",
    )


def test_a_claim_that_a_rollback_has_left_without_a_volume_may_be_deleted(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    size = {"resources": {"requests": {"storage": "1Gi"}}}
    left = made(CLAIM, spec={"storageClassName": "fast", "volumeMode": "Filesystem", **size})
    wanted = {CLAIM: made(CLAIM, spec={"storageClassName": "standard", **size})}
    words = "spec: Forbidden: spec is immutable after creation except resources.requests"
    answer = {"complaint": f"Error from server (Invalid): {words}\n@@ -10,7 +10,7 @@\n- fast\n+ standard\n"}
    for phase, instead in [
        (
            "Pending",
            "PersistentVolumeClaim api has no volume yet: kubectl -n stage delete pvc api loses nothing",
        ),
        (
            "Bound",
            "PersistentVolumeClaim api: spec.storageClassName can't change on a live object; instead, create "
            "a claim under another name and copy the data",
        ),
    ]:
        live = {**left, "status": {"phase": phase}}
        found = planned(monkeypatch, tmp_path, wanted, [live], {}, one=answer)
        assert [reason.message for reason in found.refusals] == [words]
        assert found.warnings == (instead,)


@pytest.mark.parametrize("kept", [True, False])
def test_a_claim_that_goes_with_its_data_is_warned_of(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kept: bool
) -> None:
    claim = made(CLAIM)
    if kept:
        claim["metadata"]["annotations"] = {"helm.sh/resource-policy": "keep"}
    nothing = {"objects": {"kind": "List", "items": []}}
    found = planned(monkeypatch, tmp_path, {}, [claim], {CLAIM: claim}, one=nothing)
    warned = () if kept else ("PersistentVolumeClaim api is deleted with its data",)
    assert (found.removed, found.warnings) == (() if kept else (CLAIM,), warned)


def test_warnings_of_the_api_are_passed_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    words = "Warning: would violate PodSecurity\n"
    answer = {"objects": made(CONFIG), "complaint": words}
    found = planned(monkeypatch, tmp_path, {CONFIG: made(CONFIG)}, [made(CONFIG)], one=answer)
    assert found.warnings == ("would violate PodSecurity",)


def test_the_checksum_of_a_secret_is_not_printed_whole_and_a_digest_is() -> None:
    path = 'spec.template.metadata.annotations["checksum/secret"]'
    image = Difference(DEPLOYMENT, "image", "a", f"api@sha256:{'c' * 64}")
    checksum, pinned = lines(Plan(changed=(Difference(DEPLOYMENT, path, "a" * 64, ABSENT), image)))
    assert '"aaaaaa..."' in checksum
    assert "c" * 64 in pinned


def test_what_helm_3_wrote_and_the_release_has_no_more_is_removed() -> None:
    def object_(env: list[str], **data: str) -> Object:
        return {"metadata": {}, "data": data, "env": [{"name": name} for name in env]}

    before, wanted = object_(["A", "B"], X="1", Y="2"), object_(["A"], X="1")
    after = object_(["A", "B", "C"], X="1", Y="2", Z="3")
    live = after | {"metadata": {"managedFields": [{"manager": "helm", "operation": "Update"}]}}
    kept = without_dropped(after, live, before, wanted)
    assert kept == object_(["A", "C"], X="1", Z="3")
    assert without_dropped(after, after, before, wanted) == after


def test_a_conflict_is_taken_over_from_kubectl_and_from_a_controller_that_goes() -> None:
    assert Conflict(DEPLOYMENT, "spec.replicas", "kubectl").taken_over
    assert not Conflict(DEPLOYMENT, "spec.replicas", "argocd").taken_over
    assert Conflict(DEPLOYMENT, "spec.replicas", "argocd", released=True).taken_over
    assert lines(Plan()) == []


def test_where_there_is_no_namespace_yet_all_is_new_and_no_test_runs() -> None:
    test = made(JOB)
    test["metadata"]["annotations"] = {"helm.sh/hook": "test"}
    migration = made(JOB._replace(name="api-migration-2"))
    migration["metadata"]["annotations"] = {"helm.sh/hook": "pre-install,pre-upgrade"}
    rendered = {CONFIG: made(CONFIG), JOB: test, JOB._replace(name="api-migration-2"): migration}
    found = plan_of_a_new_namespace(rendered)
    assert lines(found) == ["ConfigMap api  new", "Job api-migration-2  runs as a hook"]


@pytest.mark.parametrize(
    ("field", "marks", "owner"),
    [
        (
            "annotations",
            {"argocd.argoproj.io/tracking-id": "shop:/ConfigMap:stage/api"},
            "the Application shop of Argo CD",
        ),
        ("labels", {"argocd.argoproj.io/instance": "shop"}, "the Application shop of Argo CD"),
        ("labels", {"helm.toolkit.fluxcd.io/name": "shop"}, "the HelmRelease shop of Flux"),
        ("labels", {"kustomize.toolkit.fluxcd.io/name": "shop"}, "the Kustomization shop of Flux"),
    ],
)
def test_what_a_gitops_controller_applies_is_refused_once_and_its_changes_left_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, field: str, marks: dict[str, str], owner: str
) -> None:
    """Also where the release has it already: Flux installs releases too."""
    wanted = {CONFIG: made(CONFIG, data={"A": "2"}), SECRET: made(SECRET)}
    live = [made(CONFIG, data={"A": "1"}), made(SECRET)]
    for one in live:
        one["metadata"][field] = {**one["metadata"][field], **marks}
    answer = {"objects": {"kind": "List", "items": list(wanted.values())}}
    found = planned(monkeypatch, tmp_path, wanted, live, several=answer)
    assert found.is_empty
    (reason,) = found.refusals
    assert (reason.code, reason.object) == (Code.FOREIGN_RELEASE, "ConfigMap api")
    words = f"belongs to {owner}, which would set it back: change it in its Git repository"
    assert lines(found) == [f"refused: ConfigMap api: {words}"]
