"""`invoke status`: one line for each thing, and an exit code that says whether all is well."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from typing import Any

import pytest
from invoke.exceptions import Exit

from ci.base.errors import UserError
from ci.deploy import history, status
from ci.deploy.reader import EXTERNAL_SECRETS, STORES
from ci.deploy.snapshot import Snapshot
from ci.deploy.state import BUDGETS, CERTIFICATES, State
from ci.kubernetes.manifests import Object
from tests.support import rollouts
from tests.support.fake_api import refusing
from tests.support.fake_kubectl import FakeKubectl
from tests.support.rollouts import (
    autoscaler,
    container,
    crashing,
    event,
    metadata,
    route,
    scaled_object,
    terminated,
    waiting,
)
from tests.support.stored_releases import SECRET_VALUE, stored_release

NOW = datetime(2026, 7, 1, 10, 30, tzinfo=UTC)
DEPLOYED = stored_release(7, "deployed", at="2026-07-01T10:20:00Z")
CREATED = {"creationTimestamp": "2026-07-01T10:25:00Z"}


def as_served(snapshot: Snapshot) -> Snapshot:
    """Add to a snapshot what every API server adds, and status looks at."""
    pods = [{**pod, "metadata": {**pod["metadata"], **CREATED}} for pod in snapshot.pods]
    made = [
        {
            **one,
            "spec": one["spec"]
            | {"template": {"spec": {"containers": [{"name": "api", "image": rollouts.IMAGE}]}}},
        }
        for one in snapshot.workloads
    ]
    return dataclasses.replace(snapshot, pods=pods, workloads=made)


def state(snapshot: Snapshot, *secrets: Object, **objects: list[Object] | None) -> State:
    stored = [history._decoded(secret["data"]["release"]) for secret in secrets or (DEPLOYED,)]
    kinds = {
        "budgets": BUDGETS,
        "certificates": CERTIFICATES,
        "external": EXTERNAL_SECRETS,
        "stores": STORES,
        "service": "services",
        "ingress": "ingresses.networking.k8s.io",
    }
    return State("api", stored, as_served(snapshot), {kinds[name]: found for name, found in objects.items()})


def told(state: State) -> dict[tuple[str, str], tuple[str, str, bool | None]]:
    return {line[:2]: line[2:] for line in status.lines(state, NOW)}


def ready_condition(name: str, status: str, **more: str) -> Object:
    return {
        "metadata": metadata(name),
        "status": {"conditions": [{"type": "Ready", "status": status, **more}], "notAfter": "2026-09-01"},
    }


def test_a_healthy_release_is_well_in_every_line() -> None:
    lines = told(state(rollouts.finished(2)))
    assert lines["release", "api"] == ("deployed", "revision 7, 10 min ago: Upgrade complete", True)
    assert lines["image", "api"] == ("runs", f"{rollouts.IMAGE}@sha256:9f2c", None)
    assert lines["deployment", "api"] == ("2 of 2 ready", "", True)
    assert lines["pod", "api-2-0"] == ("ready", "0 restarts, on no node yet, 5 min old", True)
    assert len(lines) == 5


@pytest.mark.parametrize(("failed", "good"), [(True, True), (True, False)])
def test_a_failed_revision_is_not_well_and_names_the_last_that_was_deployed(failed: bool, good: bool) -> None:
    secrets = [stored_release(6, "deployed" if good else "failed"), stored_release(8, "failed")]
    status, details, well = told(state(rollouts.finished(), *secrets))["release", "api"]
    assert (status, well) == ("failed", False)
    assert details.endswith("(revision 6 is the last that was deployed)") == good


def test_a_release_without_its_deployment_is_not_well() -> None:
    lines = told(state(Snapshot()))
    assert lines["deployment", "api"] == (
        "missing",
        "somebody has deleted it: invoke deploy makes it again",
        False,
    )


def test_every_workload_has_its_row_and_its_pods() -> None:
    web, worker = rollouts.finished(1), rollouts.finished(1)
    mail = {**worker.workloads[0], "metadata": {**worker.workloads[0]["metadata"], **metadata("api-mail")}}
    its = {
        **worker.replica_sets[0],
        "metadata": worker.replica_sets[0]["metadata"] | metadata("m", "api-mail"),
    }
    both = dataclasses.replace(
        web,
        workloads=[*web.workloads, mail],
        replica_sets=[*web.replica_sets, its],
        pods=[*web.pods, rollouts.pod("api-mail-2-a", crashing(2), owner="m")],
    )
    lines = told(state(both))
    assert lines["image", "api"] == ("runs", f"{rollouts.IMAGE}@sha256:9f2c", None)
    assert lines["deployment", "api"] == lines["deployment", "api-mail"] == ("1 of 1 ready", "", True)
    assert lines["pod", "api-2-0"][2]
    assert lines["pod", "api-mail-2-a"][::2] == ("not ready", False)


def test_a_stateful_set_says_how_many_of_the_pods_to_replace_are_new() -> None:
    old = rollouts.stateful_pod(0, version="api-old", ready=True)
    pods = [old, rollouts.stateful_pod(1)]
    made = rollouts.stateful_set(2, ready=1, updated=1, strategy={"rollingUpdate": {"partition": 1}})
    lines = told(state(Snapshot(workloads=[made], pods=pods)))
    assert lines["statefulset", "api"] == ("1 of 2 ready", "0 of 1 new pods ready, 1 old pods left", False)
    assert lines["pod", "api-0"][1].endswith("of the version before")
    assert lines["pod", "api-1"][2] is False


def test_a_worker_that_somebody_has_deleted_is_missing() -> None:
    manifest = "".join(
        f"---\nkind: {kind}\nmetadata: {{name: {name}}}\napiVersion: apps/v1\n"
        for kind, name in [("Deployment", "api"), ("Deployment", "api-mail"), ("StatefulSet", "db")]
    )
    lines = told(
        state(
            rollouts.finished(),
            stored_release(7, "deployed", manifest=manifest.replace("{", "{{").replace("}", "}}")),
        )
    )
    missing = [key for key, line in lines.items() if line[0] == "missing"]
    assert missing == [("deployment", "api-mail"), ("statefulset", "db")]


@pytest.mark.parametrize("kind", ["Service", "Ingress"])
def test_a_way_to_the_pods_that_somebody_has_deleted_is_missing(kind: str) -> None:
    manifest = f"---\nkind: {kind}\nmetadata: {{{{name: api}}}}\napiVersion: v1\n"
    deployed = stored_release(7, "deployed", manifest=manifest)
    there = {"metadata": {"name": "api"}, "kind": kind}
    at = kind.lower()
    gone = told(state(rollouts.finished(), deployed, **{at: []}))
    assert gone[at, "api"] == ("missing", "somebody has deleted it: invoke deploy makes it again", False)
    assert (at, "api") not in told(state(rollouts.finished(), deployed, **{at: [there]}))
    assert (at, "api") not in told(state(rollouts.finished(), deployed, **{at: None}))


def test_a_pod_of_a_lost_node_says_so() -> None:
    running = container(ready=True, state={"running": {}})
    lost = rollouts.pod("api-2-a", running)
    events = [event("api-2-a", "NodeNotReady", "Node is not ready")]
    lines = told(state(rollouts.rollout(lost, events=events)))
    assert lines["pod", "api-2-a"][1].endswith("not ready: Node is not ready")


def test_a_namespace_that_is_being_deleted_is_the_first_line() -> None:
    dying = dataclasses.replace(state(rollouts.finished()), terminating="shop")
    first = next(status.lines(dying, NOW))
    assert first == ("namespace", "shop", "terminating", "is being deleted, with everything in it", False)


def test_a_pod_that_is_not_ready_says_why() -> None:
    loop = rollouts.pod("api-2-a", crashing(4))
    slow = rollouts.pod("api-2-b")
    events = [event("api-2-b", "Unhealthy", "Readiness probe failed: 503", of="api")]
    lines = told(state(rollouts.rollout(loop, slow, events=events)))
    assert lines["pod", "api-2-a"][0] == "not ready"
    assert lines["pod", "api-2-a"][1].endswith(
        "container api: ended with exit code 1, restarted 4x: CrashLoopBackOff"
    )
    assert "GET /health on port http" in lines["pod", "api-2-b"][1]
    assert lines["pod", "api-2-b"][2] is False
    assert lines["pod", "api-1-a"][1].endswith("of the version before")
    assert lines["deployment", "api"] == ("3 of 3 ready", "0 of 3 new pods ready, 3 old pods left", False)


def test_an_image_that_nothing_runs_is_named_beside_the_one_that_runs() -> None:
    missing = container(state=waiting("ErrImagePull", "not found"), imageID="")
    lines = told(state(rollouts.rollout(rollouts.pod("api-2-a", missing))))
    assert lines["image", "api"] == ("wanted", f"{rollouts.IMAGE}; {rollouts.IMAGE} runs", None)


def test_an_old_restart_is_shown_and_harmless() -> None:
    restarted = container(restarts=2, ready=True, lastState=terminated(137, "OOMKilled"))
    done = rollouts.finished(1)
    pods = [rollouts.pod("api-2-0", restarted, ready=True)]
    state_, details, well = told(state(dataclasses.replace(done, pods=pods)))["pod", "api-2-0"]
    assert (state_, well) == ("ready", True)
    assert details.startswith("2 restarts, ")
    assert details.endswith("container api: ended with exit code 137 (OOMKilled), restarted 2x")


def test_pods_that_end_are_not_judged() -> None:
    done = rollouts.finished(1)
    pods = [*done.pods, rollouts.pod("api-1-z", owner="api-1", going=True)]
    assert told(state(dataclasses.replace(done, pods=pods)))["pod", "api-1-z"][::2] == ("ending", None)


def test_a_quota_that_keeps_pods_from_being_made_has_a_line_of_its_own() -> None:
    quota = 'pods "api-2-" is forbidden: exceeded quota: compute, used: pods=3, limited: pods=3'
    snapshot = rollouts.rollout(newest=rollouts.replica_set(refused=quota, replicas=0))
    assert told(state(snapshot))["ReplicaSet", "api-2"][::2] == ("QuotaExceeded", False)


def test_a_migration_that_failed_counts_only_for_the_newest_revision() -> None:
    failed = rollouts.job(failed=("BackoffLimitExceeded", "too often"))
    snapshot = dataclasses.replace(rollouts.finished(), jobs=[failed])
    assert told(state(snapshot, stored_release(1, "failed")))["Job", "api-migration"][2] is False


def scaler(active: str, reason: str, **more: Any) -> Object:
    made = autoscaler(active, reason, "no metrics API")
    cpu = {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}
    queue = {"metric": {"name": "queue"}, "target": {"type": "AverageValue", "averageValue": "30"}}
    measured = {"name": "cpu", "current": {"averageUtilization": 23, "averageValue": "23m"}}
    return made | {
        "spec": {
            "minReplicas": 2,
            "maxReplicas": 10,
            "metrics": [{"type": "Resource", "resource": cpu}, {"type": "External", "external": queue}],
        },
        "status": made["status"]
        | {
            "currentReplicas": 3,
            "currentMetrics": [{"type": "Resource", "resource": measured}, {"type": ""}],
        },
    }


def test_an_autoscaler_shows_what_it_measures_and_without_metrics_is_not_well() -> None:
    done = rollouts.finished()
    works = dataclasses.replace(done, autoscalers=[scaler("True", "ValidMetricFound")])
    assert told(state(works))["autoscaler", "api"] == (
        "3 pods",
        "2 to 10, cpu 23% of 80%, queue ? of 30",
        True,
    )
    blind = dataclasses.replace(done, autoscalers=[scaler("False", "FailedGetResourceMetric")])
    lines = told(state(blind))
    assert lines["autoscaler", "api"] == ("no metrics", "3 pods of 2 to 10; no metrics API", False)
    assert ("HorizontalPodAutoscaler", "api") not in lines


def test_a_scaled_object_that_does_not_work_is_not_well_and_says_why() -> None:
    done = rollouts.finished()
    works = dataclasses.replace(done, autoscalers=[scaled_object("True", "ScaledObjectReady")])
    assert told(state(works))["scaled object", "api"] == ("ready", "", True)
    broken = dataclasses.replace(done, autoscalers=[scaled_object("False", "TriggerError", "no such host")])
    lines = told(state(broken))
    assert lines["scaled object", "api"] == ("not ready", "TriggerError: no such host", False)
    assert ("ScaledObject", "api") not in lines


def test_a_route_that_no_gateway_serves_is_not_well_and_says_why() -> None:
    def shown(made: Object) -> dict[tuple[str, str], tuple[str, str, bool | None]]:
        return told(state(dataclasses.replace(rollouts.finished(), routes=[made])))

    assert shown(route())["route", "api"] == ("accepted", "by shared", True)
    lines = shown(route(("Accepted", "NotAllowedByListeners", "no listener\nallows it")))
    refused = "Gateway shared: NotAllowedByListeners: no listener allows it"
    assert lines["route", "api"] == ("refused", refused, False)
    assert ("HTTPRoute", "api") not in lines
    for unseen in (route() | {"status": {}}, route(generation=3)):
        assert shown(unseen)["route", "api"] == ("unseen", "no Gateway has looked at it", False)


def test_budgets_certificates_and_external_secrets_are_shown_where_there_are_any() -> None:
    healthy = {"disruptionsAllowed": 1, "currentHealthy": 3, "desiredHealthy": 2}
    budget = {"metadata": metadata("api"), "status": healthy}
    refused = ready_condition("api-external", "False", reason="SecretSyncedError", message="no such\nkey")
    lines = told(
        state(
            rollouts.finished(),
            budgets=[budget],
            certificates=[ready_condition("api-tls", "True")],
            external=[refused],
            stores=[
                ready_condition("api-external", "False", reason="InvalidProviderConfig", message="denied")
            ],
        )
    )
    assert lines["disruption budget", "api"] == ("1 allowed", "3 pods healthy, 2 needed", None)
    assert lines["certificate", "api-tls"] == ("ready", "until 2026-09-01", True)
    assert lines["external secret", "api-external"] == ("not ready", "SecretSyncedError: no such key", False)
    assert lines["secret store", "api-external"] == ("not ready", "InvalidProviderConfig: denied", False)


def test_what_may_not_be_listed_is_said_and_not_judged() -> None:
    lines = told(state(rollouts.finished(), certificates=None))
    assert lines["certificate", ""] == ("unknown", f"you may not list {CERTIFICATES}", None)


def about(name: str, reason: str, message: str, at: str, count: int = 1) -> Object:
    made = event(name, reason, message, at=at)
    return made | {"count": count, "involvedObject": {"kind": "Pod", "name": name, "uid": name}}


def test_warnings_of_the_last_hour_are_shown_newest_first_alike_ones_once_and_no_one_elses() -> None:
    probe = "Readiness probe failed: dial tcp 10.0.0.{}:8000"
    events = [
        about("api-2-gone", "Unhealthy", probe.format(7), "10:10:00", 2),
        about("api-2-0", "Unhealthy", probe.format(12), "10:20:00", 3),
        about("api-2-0", "BackOff", "Back-off restarting", "10:29:00"),
        about("api-2-0", "TooOld", "long ago", "09:29:00"),
        about("api-gateway-5-x", "NotOurs", "of a service api-gateway", "10:29:30"),
        *(about("api-2-1", f"Reason{letter}", "more", "10:00:00") for letter in "abcdefgh"),
    ]
    snapshot = dataclasses.replace(rollouts.finished(), events=events)
    warnings = [line for line in status.lines(state(snapshot), NOW) if line.what == "warning"]
    assert [line[1:4] for line in warnings[:2]] == [
        ("api-2-0", "1 min ago", "Pod: BackOff: Back-off restarting"),
        ("api-2-0", "10 min ago", f"Pod: Unhealthy: {probe.format(12)} (5x)"),
    ]
    assert len(warnings) == status.EVENTS
    assert not [line for line in warnings if "NotOurs" in line.details or "TooOld" in line.details]
    assert all(line.well is None for line in warnings)


def test_a_warning_without_a_time_is_as_old_as_its_event() -> None:
    """The API server takes such events, of whatever writes them."""
    event = about("api-2-0", "Custom", "hello", "10:00:00") | {"lastTimestamp": None, "eventTime": None}
    event["metadata"] = {"creationTimestamp": "2026-07-01T10:25:00Z"}
    snapshot = dataclasses.replace(rollouts.finished(), events=[event])
    (warning,) = [line for line in status.lines(state(snapshot), NOW) if line.what == "warning"]
    assert warning.state == "5 min ago"


def test_a_refusal_of_pods_that_each_have_a_name_of_their_own_is_shown_once() -> None:
    words = 'pods "api-2-{}" is forbidden: every pod needs the label team'
    events = [
        about("api-2", "FailedCreate", f"Error creating: {words.format('zkklt')}", "10:10:00"),
        about("api-2", "FailedCreate", f"Error creating: {words.format('d7s5v')}", "10:11:00"),
        about(
            "api-2",
            "FailedCreate",
            f"(combined from similar events): Error creating: {words.format('4kzxt')}",
            "10:12:00",
            7,
        ),
    ]
    snapshot = dataclasses.replace(rollouts.finished(), events=events)
    warnings = [line for line in status.lines(state(snapshot), NOW) if line.what == "warning"]
    assert [line.details for line in warnings] == [
        f"Pod: FailedCreate: Error creating: {words.format('4kzxt')} (9x)"
    ]


def cluster(kubectl: FakeKubectl, snapshot: Snapshot, *, groups: tuple[str, ...] = ()) -> None:
    served = as_served(snapshot)
    kubectl.answer("owner=helm", [DEPLOYED])
    listed = {"deployments": served.workloads, "replicasets": served.replica_sets, "pods": served.pods}

    def answer(_: str, path: str, __: object) -> Object:
        plural = path.partition("?")[0].rpartition("/")[2]
        if plural == "apis":
            return {"groups": [{"name": name} for name in groups]}
        if plural == "externalsecrets":
            raise refusing("Error from server (NotFound): 404 page not found")
        if plural == "certificates":
            raise refusing("Error from server (Forbidden): no")
        return {"apiVersion": "v1", "kind": "List", "items": listed.get(plural, [])}

    kubectl.api.answer = answer


def test_all_is_well_ends_with_0_and_few_calls(
    kubectl: FakeKubectl, capsys: pytest.CaptureFixture[str], is_terminal: bool
) -> None:
    cluster(kubectl, rollouts.finished())
    status.run("staging")
    printed = capsys.readouterr().out
    assert "staging: api (context eu-staging, namespace staging)" in printed
    assert printed.rstrip().endswith("all is well")
    assert ("\x1b[" in printed) == is_terminal
    assert SECRET_VALUE not in printed
    assert len(kubectl.calls("get")) == 1


def test_an_older_operator_whose_kinds_have_another_version_is_left_out(
    kubectl: FakeKubectl, capsys: pytest.CaptureFixture[str]
) -> None:
    cluster(kubectl, rollouts.finished(), groups=("external-secrets.io",))
    status.run("staging")
    assert capsys.readouterr().out.rstrip().endswith("all is well")


def test_what_is_not_well_ends_with_1_and_is_named(
    kubectl: FakeKubectl, capsys: pytest.CaptureFixture[str]
) -> None:
    cluster(kubectl, rollouts.rollout(rollouts.pod("api-2-a", crashing())), groups=("cert-manager.io",))
    with pytest.raises(Exit) as raised:
        status.run("staging")
    assert (raised.value.code, raised.value.message) == (1, "not well: deployment api, pod api-2-a")
    assert "you may not list certificates.cert-manager.io" in capsys.readouterr().out


@pytest.mark.parametrize("phase", ["Active", "Terminating"])
def test_the_namespace_itself_is_asked(
    kubectl: FakeKubectl, capsys: pytest.CaptureFixture[str], phase: str
) -> None:
    cluster(kubectl, rollouts.finished())
    lists = kubectl.api.answer

    def answer(method: str, path: str, body: object) -> Object:
        if path == "/api/v1/namespaces/staging":
            return {"metadata": {"name": "staging"}, "status": {"phase": phase}}
        found: Object = lists(method, path, body)
        return found

    kubectl.api.answer = answer
    if phase == "Active":
        status.run("staging")
    else:
        with pytest.raises(Exit, match="not well: namespace staging"):
            status.run("staging")


def test_what_is_not_installed_is_said_in_one_line(kubectl: FakeKubectl) -> None:
    kubectl.answer("owner=helm", [])
    kubectl.api.answer = lambda *_: {"apiVersion": "v1", "kind": "List", "items": [], "groups": []}
    with pytest.raises(UserError, match=r"api is not installed in staging .*: invoke deploy staging"):
        status.run("staging")
