"""A watch reports each change of state once, and ends as soon as the end of its own change is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from ci.base.processes import CommandError
from ci.deploy.outcome import Outcome, Result
from ci.deploy.reasons import Code, Reason
from ci.deploy.snapshot import Snapshot, running_image
from ci.deploy.watch import APPLY_SECONDS, LOST_SECONDS, SILENCE_SECONDS, STILL_SECONDS, Watch
from ci.kubernetes.manifests import Object
from tests.support.rollouts import (
    IMAGE,
    autoscaler,
    container,
    crashing,
    deployment,
    event,
    finished,
    job,
    metadata,
    pod,
    replica_set,
    rollout,
    terminated,
    waiting,
)

LOST = CommandError("kubectl get", ["kubectl"], "failed", "Unable to connect to the server: EOF")
NO_SECRET = container(state=waiting("CreateContainerConfigError", 'secret "api-secrets" not found'))
QUOTA = (
    'pods "api-2-" is forbidden: exceeded quota: compute, requested: pods=1, used: pods=3, limited: pods=3'
)
EARLIER = Snapshot(
    workloads=[deployment(generation=1, ready=3)],
    replica_sets=[replica_set(ready=3)],
    pods=[pod(f"api-1-{letter}", owner="api-1", ready=True) for letter in "abc"],
)


class Log:
    def __init__(self, lines: Sequence[str]) -> None:
        self.lines = list(lines)
        self.closed: list[bool] = []

    def take(self) -> list[str]:
        taken, self.lines = self.lines, []
        return taken

    def close(self, *, at_its_end: bool) -> None:
        self.closed.append(at_its_end)


class Cluster:
    """Gives a series of answers, the last one for ever; time passes where the watch waits."""

    def __init__(
        self, *answers: Snapshot | CommandError, before: Snapshot = EARLIER, log: Sequence[str] = ()
    ) -> None:
        self.answers = [before, *answers]
        self.log = log
        self.logs: list[Log] = []
        self.now = 0.0
        self.printed: list[tuple[str, str]] = []

    def snapshot(self) -> Snapshot:
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, CommandError):
            raise answer
        return answer

    def last_lines(self, pod: Object, status: Mapping[str, Any]) -> tuple[str, ...]:
        return tuple(f"{pod['metadata']['name']} {status['name']}: {line}" for line in self.log)

    def follow(self, pod: Object, container: str) -> Log:
        self.logs.append(Log(self.log))
        return self.logs[-1]

    def pass_time(self, seconds: float) -> None:
        self.now += seconds

    def watch(self, *, exit_code: int = 0, after: float = 3, seconds: float = 600) -> Outcome:
        """Watch a change that ends with this code after so many seconds."""

        def change(limit: float) -> int | None:
            self.now += min(limit, max(0, after - self.now))
            return exit_code if self.now >= after else None

        watch = Watch(
            self,
            lambda step, line: self.printed.append((step, line)),
            clock=lambda: self.now,
            sleep=self.pass_time,
        )
        return watch.run(change, seconds=seconds)

    @property
    def lines(self) -> list[str]:
        return [line for _, line in self.printed]


def rolling(ready: int, *, generation: int = 2) -> Snapshot:
    """Return a rollout of which so many of three new pods are ready."""
    pods = [pod(f"api-2-{number}", ready=number < ready) for number in range(3)]
    made = deployment(generation=generation, ready=3)
    return replace(rollout(*pods, made=made))


def worker(*pods: Object, ready: int = 0) -> Snapshot:
    """Return the rollout of Deployment api-mail, which has one pod."""
    made = {**deployment(1, ready=ready), "metadata": {**deployment()["metadata"], **metadata("api-mail")}}
    newest = replica_set(replicas=1, ready=ready)
    its = {**newest, "metadata": newest["metadata"] | metadata("api-mail-2", "api-mail")}
    return Snapshot(workloads=[made], replica_sets=[its], pods=list(pods))


def joined(one: Snapshot, other: Snapshot) -> Snapshot:
    """Return two rollouts at one moment."""
    return Snapshot(
        workloads=[*one.workloads, *other.workloads],
        replica_sets=[*one.replica_sets, *other.replica_sets],
        pods=[*one.pods, *other.pods],
    )


def hook(*pods: Object, **more: Any) -> Snapshot:
    """Return the time of a migration: the earlier Deployment is untouched."""
    return replace(EARLIER, jobs=[job(**more)], pods=[*EARLIER.pods, *pods])


def migration_pod(**state: Any) -> Object:
    phase = "Failed" if state.get("terminated", {}).get("exitCode") else "Running"
    return pod("api-migration-x", container(state=state), owner="api-migration", phase=phase)


def test_a_rollout_is_reported_pod_by_pod_and_done_once_helm_has_ended() -> None:
    cluster = Cluster(EARLIER, rolling(0), rolling(0), rolling(1), finished())
    outcome = cluster.watch(after=3)
    assert (outcome.result, outcome.reasons, outcome.old_pods) == (Result.DONE, (), 0)
    assert cluster.printed == [
        ("rollout", "api  0 of 3 new ready  1 s"),
        ("rollout", "api  1 of 3 new ready  3 s"),
        ("rollout", "api  3 of 3 new ready  4 s"),
    ]


def test_a_rollout_that_looks_done_is_not_before_helm_has_ended() -> None:
    assert Cluster(rolling(0), finished()).watch(after=9).seconds == 9
    outcome = Cluster(EARLIER, before=EARLIER).watch(after=9, exit_code=1)
    assert (outcome.result, outcome.seconds) == (Result.STOPPED, 9)


def test_a_change_that_changes_no_pod_is_done() -> None:
    cluster = Cluster(finished(), before=finished())
    assert cluster.watch(after=2).result is Result.DONE
    assert cluster.lines == ["api  3 of 3 new ready  2 s"]


def test_helm_may_end_before_the_last_old_pod_does() -> None:
    cluster = Cluster(rolling(3), rolling(3), rolling(3), finished())
    assert cluster.watch(after=1).result is Result.DONE


def test_a_failure_ends_the_watch_at_once_with_the_log_and_the_old_pods() -> None:
    broken = rollout(pod("api-2-a", crashing()))
    outcome = Cluster(EARLIER, rolling(0), broken, log=["KeyError: 'PAYMENT_URL'"]).watch(after=600)
    assert (outcome.result, outcome.seconds, outcome.old_pods) == (Result.FAILED, 2, 3)
    assert outcome.explanation() == [
        "CrashLoop: Pod api-2-a container api: ended with exit code 1, restarted 1x: CrashLoopBackOff",
        "last lines of container api of Pod api-2-a:",
        "  | api-2-a api: KeyError: 'PAYMENT_URL'",
        "3 old pods still serving",
    ]


def test_what_is_said_of_several_pods_is_explained_once() -> None:
    broken = rollout(pod("api-2-a", NO_SECRET), pod("api-2-b", NO_SECRET))
    outcome = Cluster(broken).watch(after=600)
    assert [reason.object for reason in outcome.reasons] == ["Pod api-2-a", "Pod api-2-b"]
    assert outcome.explanation() == [
        'ConfigMissing: Pod api-2-a container api: secret "api-secrets" not found',
        "3 old pods still serving",
    ]


def test_a_state_is_reported_once_however_long_it_lasts_and_however_many_pods_are_in_it() -> None:
    def limited(pod_name: str, port: int) -> Object:
        message = f"failed to do request: read udp 10.0.0.1:{port}: i/o timeout"
        return pod(pod_name, container(state=waiting("ErrImagePull", message)))

    states = [rollout(limited("api-2-a", port), limited("api-2-b", port + 1)) for port in (4001, 4002, 4003)]
    cluster = Cluster(*states)
    cluster.watch(after=20, exit_code=1)
    assert len([line for line in cluster.lines if "i/o timeout" in line]) == 1


def test_a_rollout_that_stands_still_says_what_it_waits_for_once() -> None:
    probe = "Readiness probe failed: HTTP probe failed with statuscode: 503"
    stuck = pod("api-2-0", container(state={"running": {}}))
    unready = rollout(
        stuck, made=deployment(ready=0), events=[event("api-2-0", "Unhealthy", probe, of="api")]
    )
    cluster = Cluster(unready)
    cluster.watch(seconds=STILL_SECONDS - 2)
    assert not any(probe in line for line in cluster.lines)
    cluster = Cluster(unready)
    cluster.watch(seconds=5 * STILL_SECONDS)
    assert [line for line in cluster.lines if probe in line] == [
        f"Pod api-2-0 container api: not ready: {probe} (readinessProbe: GET /health on port http)"
    ]


def test_each_restart_is_reported() -> None:
    def restarted(times: int) -> Snapshot:
        return rollout(pod("api-2-a", container(restarts=times, lastState=terminated(1))), pod("api-2-b"))

    cluster = Cluster(restarted(1), restarted(1), restarted(2))
    cluster.watch(after=20, exit_code=1)
    assert [line for line in cluster.lines if "ended" in line] == [
        "Pod api-2-a container api: ended with exit code 1, restarted 1x",
        "Pod api-2-a container api: ended with exit code 1, restarted 2x",
    ]


def test_what_was_broken_before_is_not_this_changes_failure() -> None:
    broken = rollout(pod("api-2-a", NO_SECRET), made=deployment(generation=2))
    fixed = replace(finished(), workloads=[deployment(generation=3, ready=3)])
    cluster = Cluster(broken, broken, fixed, before=broken)
    assert cluster.watch(after=3).result is Result.DONE
    assert cluster.lines == ["api  3 of 3 new ready  2 s"]


def test_what_stays_as_broken_as_before_is_a_failure_in_the_end() -> None:
    broken = rollout(pod("api-2-a", NO_SECRET))
    outcome = Cluster(broken, before=broken).watch(after=600)
    assert (outcome.result, outcome.seconds) == (Result.FAILED, APPLY_SECONDS)
    assert outcome.reasons[0].code is Code.CONFIG_MISSING


def test_each_workload_is_reported_and_the_one_that_fails_is_named() -> None:
    done = finished()
    broken = worker(pod("api-mail-2-a", crashing(), owner="api-mail-2"))
    cluster = Cluster(rolling(1), joined(rolling(1), broken), joined(done, broken), log=["no queue"])
    outcome = cluster.watch(after=600)
    assert (outcome.result, outcome.seconds) == (Result.FAILED, 1)
    assert outcome.explanation()[:3] == [
        "CrashLoop: Pod api-mail-2-a container api: ended with exit code 1, restarted 1x: CrashLoopBackOff",
        "last lines of container api of Pod api-mail-2-a:",
        "  | api-mail-2-a api: no queue",
    ]
    assert [line for line in cluster.lines if "new ready" in line] == [
        "api  1 of 3 new ready  0 s",
        "api-mail  0 of 1 new ready  1 s",
    ]


def test_a_change_is_done_when_every_workload_is() -> None:
    slow = worker(pod("api-mail-2-a", owner="api-mail-2"))
    ready = worker(pod("api-mail-2-a", owner="api-mail-2", ready=True), ready=1)
    cluster = Cluster(joined(finished(), slow), joined(finished(), slow), joined(finished(), ready))
    assert cluster.watch(after=1).seconds == 2


def test_the_workload_that_is_not_finished_in_time_is_named() -> None:
    slow = worker(pod("api-mail-2-a", owner="api-mail-2"))
    outcome = Cluster(joined(finished(), slow)).watch(after=600, seconds=60)
    assert [reason.object for reason in outcome.reasons] == ["Pod api-mail-2-a"]
    assert outcome.reasons[0].message.startswith("not finished after 60 s: not ready")


@pytest.mark.parametrize(("lasts", "result"), [(5, Result.DONE), (60, Result.FAILED)])
def test_a_quota_fails_only_when_it_has_had_time_to_be_counted(lasts: int, result: Result) -> None:
    full = replace(rollout(), replica_sets=[replica_set(replicas=0, refused=QUOTA)])
    assert Cluster(*[full] * lasts, finished()).watch(after=8).result is result


@pytest.mark.parametrize(("lasts", "result"), [(2, Result.DONE), (5, Result.FAILED)])
def test_a_claim_is_missing_only_when_the_scheduler_has_had_time_to_see_it(
    lasts: int, result: Result
) -> None:
    unseen = {
        "type": "PodScheduled",
        "status": "False",
        "reason": "Unschedulable",
        "message": '0/2 nodes are available: persistentvolumeclaim "data" not found.',
    }
    without = rollout(pod("api-2-0", phase="Pending", conditions=[unseen]))
    assert Cluster(*[without] * lasts, finished()).watch(after=8).result is result


def test_an_autoscaler_without_metrics_before_the_change_is_reported_at_once() -> None:
    scaler = autoscaler("False", "FailedPodsMetric", "no metrics")
    blind = Cluster(replace(finished(), autoscalers=[scaler]), before=replace(EARLIER, autoscalers=[scaler]))
    assert blind.watch(after=2).result is Result.DONE
    assert "HorizontalPodAutoscaler api: no metrics" in blind.lines


def test_an_autoscaler_gets_time_to_have_metrics() -> None:
    blind = replace(rolling(1), autoscalers=[autoscaler("False", "FailedGetResourceMetric", "no metrics")])
    early, late = Cluster(blind), Cluster(blind)
    early.watch(after=30, exit_code=1)
    late.watch(after=90, exit_code=1)
    assert not [line for line in early.lines if "no metrics" in line]
    assert [line for line in late.lines if "no metrics" in line] == [
        "HorizontalPodAutoscaler api: no metrics"
    ]


@pytest.mark.parametrize(("lasts", "result"), [(50, Result.DONE), (70, Result.FAILED)])
def test_a_secret_that_could_not_be_fetched_for_a_minute_is_a_failure(lasts: int, result: Result) -> None:
    missing = container(state=waiting("CreateContainerConfigError", 'secret "api-external" not found'))
    why = "ExternalSecret api-external: permission denied"
    stuck = rollout(pod("api-2-a", missing), awaited={"api-external": why})
    cluster = Cluster(*[stuck] * lasts, finished())
    outcome = cluster.watch(after=80)
    assert outcome.result is result
    said = f'Pod api-2-a container api: secret "api-external" not found; {why}'
    assert [line for line in cluster.lines if why in line] == [said]
    if result is Result.FAILED:
        assert (outcome.reasons[0].code, str(outcome.reasons[0])) == (Code.NOT_FETCHED, said)
        assert 60 <= outcome.seconds <= 62


def test_the_end_of_the_time_is_a_failure_that_says_what_is_waited_for() -> None:
    outcome = Cluster(rolling(2)).watch(after=600, seconds=100)
    assert (outcome.result, outcome.seconds, outcome.old_pods) == (Result.FAILED, 100, 3)
    assert outcome.explanation()[0] == (
        "NotReady: Pod api-2-2 container api: not finished after 100 s: not ready: "
        "no probe has failed yet (readinessProbe: GET /health on port http)"
    )


def test_a_helm_that_fails_for_its_own_reasons_stops_the_watch_with_what_was_unfinished() -> None:
    outcome = Cluster(rolling(2)).watch(after=2, exit_code=1)
    assert (outcome.result, outcome.seconds) == (Result.STOPPED, 2)
    assert [reason.object for reason in outcome.reasons] == ["Pod api-2-2"]


def test_a_helm_that_fails_a_moment_before_the_reason_is_seen_has_failed_for_it() -> None:
    broken = rollout(pod("api-2-a", NO_SECRET))
    outcome = Cluster(rolling(0), rolling(0), broken).watch(after=2, exit_code=1)
    assert (outcome.result, outcome.reasons[0].code) == (Result.FAILED, Code.CONFIG_MISSING)


# Migrations.


def test_a_migrations_log_is_reported_as_it_runs_and_its_end_once_helm_goes_on() -> None:
    runs = hook(migration_pod(running={}))
    cluster = Cluster(hook(), runs, runs, rolling(0), finished(), log=["table a", "table b"])
    assert cluster.watch(after=5).result is Result.DONE
    assert cluster.printed[:5] == [
        ("migration", "api-migration runs"),
        ("migration", "  | table a"),
        ("migration", "  | table b"),
        ("migration", "api-migration ended after 1 s: ok"),
        ("rollout", "api  0 of 3 new ready  1 s"),
    ]
    assert len(cluster.logs) == 1
    assert cluster.logs[0].closed[0] is True


def test_a_migration_that_fails_ends_the_watch_with_its_log() -> None:
    failed = hook(
        migration_pod(**terminated(7)), failed=("BackoffLimitExceeded", "Job has reached its limit")
    )
    cluster = Cluster(hook(migration_pod(running={})), failed, log=["no such column"])
    outcome = cluster.watch(after=600)
    assert outcome.result is Result.FAILED
    assert outcome.explanation() == [
        "MigrationFailed: Job api-migration container api: ended with exit code 7; "
        "BackoffLimitExceeded: Job has reached its limit",
        "last lines of container api of Job api-migration:",
        "  | no such column",
    ]


def test_a_migration_that_helm_deletes_as_it_fails_is_explained_by_what_was_seen_of_it() -> None:
    ended = hook(migration_pod(**terminated(7)))
    outcome = Cluster(hook(migration_pod(running={})), ended, EARLIER, log=["no such column"]).watch(
        after=3, exit_code=1
    )
    assert outcome.result is Result.FAILED
    assert outcome.reasons == (
        Reason(
            Code.MIGRATION_FAILED, "ended with exit code 7", "Job api-migration", "api", ("no such column",)
        ),
    )


def test_a_migration_that_helm_gives_up_on_is_explained_by_what_its_pod_waits_for() -> None:
    stuck = pod(
        "m", container(state=waiting("ErrImagePull", "i/o timeout")), owner="api-migration", phase="Pending"
    )
    outcome = Cluster(hook(stuck), hook(stuck), EARLIER).watch(after=3, exit_code=1)
    assert outcome.result is Result.STOPPED
    assert outcome.explanation() == [
        "MigrationFailed: Job api-migration: not finished",
        f"ImageUnavailable: Pod m container api: image {IMAGE}: i/o timeout",
    ]


def test_a_migration_that_does_not_end_in_time_is_named() -> None:
    outcome = Cluster(hook(migration_pod(running={})), log=["waits"]).watch(after=600, seconds=50)
    assert outcome.result is Result.FAILED
    assert outcome.reasons == (
        Reason(
            Code.MIGRATION_FAILED,
            "not finished after 50 s: not finished",
            "Job api-migration",
            log=("waits",),
        ),
    )


def test_while_a_migration_runs_the_state_of_the_earlier_version_counts_for_nothing() -> None:
    broken = rollout(pod("api-2-a", NO_SECRET))
    long = [replace(broken, jobs=[job()])] * (2 * APPLY_SECONDS)
    fixed = replace(finished(), workloads=[deployment(generation=3, ready=3)])
    assert Cluster(*long, fixed, before=broken).watch(after=len(long)).result is Result.DONE


@pytest.mark.parametrize("scaled", ["api", "api-mail"])
def test_an_autoscaler_at_work_is_no_sign_that_a_migration_succeeded(scaled: str) -> None:
    scaler = autoscaler("True", "ValidMetricFound")
    scaler["spec"] = {"scaleTargetRef": {"kind": "Deployment", "name": scaled}}
    more = replace(EARLIER, workloads=[deployment(4, generation=2, ready=3)], autoscalers=[scaler])
    cluster = Cluster(hook(migration_pod(running={})), more)
    outcome = cluster.watch(after=3, exit_code=1)
    assert any("ended after" in line and "ok" in line for line in cluster.lines) is (scaled != "api")
    assert (outcome.reasons[0].code is Code.MIGRATION_FAILED) is (scaled == "api")


def test_a_failed_migration_that_an_earlier_deploy_left_is_not_this_ones() -> None:
    left = hook(failed=("BackoffLimitExceeded", "Job has reached its limit"))
    cluster = Cluster(left, finished(), before=left)
    assert cluster.watch().result is Result.DONE
    assert all(step == "rollout" for step, _ in cluster.printed)


# A cluster that does not answer.


def test_a_lost_connection_is_reported_once_and_waited_for() -> None:
    cluster = Cluster(rolling(0), *[LOST] * 8, rolling(1), finished())
    assert cluster.watch(after=12).result is Result.DONE
    assert [line for line in cluster.lines if "answer" in line] == [
        "no answer from the cluster for 5 s: Unable to connect to the server: EOF",
        "the cluster answers again after 9 s",
    ]


def test_a_connection_that_is_lost_for_a_moment_is_no_news() -> None:
    cluster = Cluster(rolling(0), LOST, LOST, finished())
    assert cluster.watch(after=4).result is Result.DONE
    assert not [line for line in cluster.lines if "answer" in line]


def test_a_connection_that_stays_lost_is_a_failure() -> None:
    outcome = Cluster(rolling(0), LOST).watch(after=600)
    assert (outcome.result, outcome.seconds) == (Result.FAILED, LOST_SECONDS)
    assert outcome.reasons == (Reason(Code.UNREACHABLE, f"no answer from the cluster for {LOST_SECONDS} s"),)


def test_where_helm_gives_up_with_the_connection_the_cluster_is_waited_for() -> None:
    cluster = Cluster(rolling(0), *[LOST] * 20, rolling(1))
    outcome = cluster.watch(exit_code=1, after=3)
    assert (outcome.result, outcome.seconds) == (Result.STOPPED, 21)
    assert cluster.lines[-2:] == ["the cluster answers again after 21 s", "api  1 of 3 new ready  21 s"]
    gone = Cluster(rolling(0), LOST).watch(exit_code=1, after=3)
    assert (gone.result, gone.seconds) == (Result.FAILED, LOST_SECONDS)


def test_a_login_that_has_expired_is_a_failure_at_once() -> None:
    expired = CommandError("kubectl get", ["kubectl"], "failed", "error: You must be logged in to the server")
    outcome = Cluster(rolling(0), expired).watch(after=600)
    assert (outcome.result, outcome.seconds) == (Result.FAILED, SILENCE_SECONDS)
    assert outcome.reasons == (Reason(Code.UNREACHABLE, "the cluster refuses your login; log in again"),)
    assert Cluster(rolling(0), expired, finished()).watch(after=4).result is Result.DONE


def test_ctrl_c_passes_through_and_ends_what_follows_logs() -> None:
    cluster = Cluster(hook(migration_pod(running={})))

    def interrupted(_: float) -> int | None:
        raise KeyboardInterrupt

    watch = Watch(cluster, lambda *_: None, clock=lambda: cluster.now, sleep=cluster.pass_time)
    with pytest.raises(KeyboardInterrupt):
        watch.run(interrupted, seconds=60)
    assert [log.closed for log in cluster.logs] == [[False]]


def test_the_image_that_runs_is_named_with_its_digest() -> None:
    assert running_image(finished()) == f"{IMAGE}@sha256:9f2c"
    assert running_image(Snapshot()) == ""
