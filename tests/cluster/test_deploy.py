"""A deploy says within seconds why it fails, and leaves the version running that ran before."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.support.deploys import Deploys, Run
from tests.support.namespaces import Namespace, Namespaces, eventually

AT_ONCE_SECONDS = 10
# Longer than a rollout takes until it stands still.
SOON_SECONDS = 30
SOON = f"--timeout={SOON_SECONDS}"

# Answers every pull with the HTTP status that the image's name begins with: 127.0.0.1:PORT/404/api.
REGISTRY = """
import json, sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

CODES = {404: "MANIFEST_UNKNOWN", 401: "UNAUTHORIZED", 403: "DENIED", 429: "TOOMANYREQUESTS"}
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        name = self.path.split("/")[2]
        status = int(name) if name.isdigit() else 200
        error = {"code": CODES.get(status), "message": "words of the registry"}
        body = json.dumps({"errors": [error]}).encode()
        self.send_response(status)
        if status == 401:
            self.send_header("WWW-Authenticate", 'Basic realm="registry"')
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)
    do_HEAD = do_GET
ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


class Row(NamedTuple):
    """A fault, and what the deploy says of it; ``event`` is one that shows when the state was reached."""

    code: str
    values: dict[str, Any]
    words: str
    event: tuple[str, str] = ("", "")
    arguments: tuple[str, ...] = ()
    log: str = ""


def python(code: str, **more: Any) -> dict[str, Any]:
    return {"command": ["python", "-c", code], **more}


# The first process of a container gets no signal that it does not handle.
UNTIL_TOLD_TO_END = "import signal; signal.signal(signal.SIGTERM, lambda *_: exit(1)); signal.pause()"


ROWS = {
    "crash loop": Row(
        "CrashLoop",
        # It gives its Secret away, which no line of ours does.
        python("import os; print(os.environ['PASSWORD']); raise SystemExit(\"KeyError: 'PAYMENT_URL'\")"),
        "ended with exit code 1",
        ("BackOff", "restarting"),
        log="KeyError: 'PAYMENT_URL'",
    ),
    # Of a ConfigMap that is in every namespace: the chart itself refuses a key that its own do not have.
    "missing key": Row(
        "ConfigMissing",
        {"env": {"URL": {"configMapKeyRef": {"name": "kube-root-ca.crt", "key": "PAYMENT_URL"}}}},
        "PAYMENT_URL",
        ("Failed", "couldn't find key"),
    ),
    "missing Secret": Row(
        "ConfigMissing",
        {"secret": {"existing": ["absent"]}},
        "absent",
        ("Failed", 'secret "absent" not found'),
    ),
    "refused by Pod Security": Row(
        "AdmissionRefused",
        {"securityContext": {"allowPrivilegeEscalation": True}},
        "allowPrivilegeEscalation",
        ("FailedCreate", "violates PodSecurity"),
    ),
    "no room": Row(
        "NotReady",
        {"resources": {"requests": {"cpu": "200"}, "limits": {"cpu": "200"}}},
        "Insufficient cpu",
        arguments=(SOON,),
    ),
    "the runtime cannot start it": Row(
        "NotReady",
        {"containerSpec": {"workingDir": "/etc/passwd"}},
        "could not be started: ",
        arguments=(SOON,),
    ),
    "no such registry": Row(
        "NotReady", {"image": {"registry": "registry.invalid"}}, "no such host", arguments=(SOON,)
    ),
    "never ready": Row(
        "NotReady",
        {"env": {"UNREADY": "1"}, "progressDeadlineSeconds": 20},
        "statuscode: 503 (readinessProbe: GET /health on port http) (no progress in 20 s)",
    ),
    "migration fails": Row(
        "MigrationFailed",
        {"migration": {"enabled": True, **python("print('no such table: users'); raise SystemExit(7)")}},
        "ended with exit code 7",
        ("BackoffLimitExceeded", ""),
        log="no such table: users",
    ),
    "migration takes too long": Row(
        "MigrationFailed",
        {
            "migration": {
                "enabled": True,
                # It has to have started by then.
                "activeDeadlineSeconds": 15,
                **python(f"print('altering', flush=True); {UNTIL_TOLD_TO_END}"),
            }
        },
        "DeadlineExceeded",
        ("DeadlineExceeded", ""),
        log="altering",
    ),
    "no StorageClass": Row(
        "ClaimLost",
        {
            "strategy": {"type": "Recreate"},
            "replicaCount": 1,
            "volumes": {
                "data": {"mountPath": "/data", "claim": {"size": "1Mi", "storageClassName": "absent"}}
            },
        },
        "there is no StorageClass absent",
        ("ProvisioningFailed", "absent"),
    ),
}
PULLS = {
    404: Row("ImageNotFound", {}, "not found", ("Failed", "Failed to pull")),
    401: Row("ImageRefused", {}, "no basic auth credentials", ("Failed", "Failed to pull")),
    403: Row("ImageRefused", {}, "403", ("Failed", "Failed to pull")),
    429: Row("NotReady", {}, "429", arguments=(SOON,)),
}


@pytest.fixture(scope="module")
def running(shared_namespaces: Namespaces, tmp_path_factory: pytest.TempPathFactory) -> Deploys:
    """The service's first version, deployed; each fault is of a later one."""
    made = Deploys(shared_namespaces.new("deploy"), tmp_path_factory.mktemp("deploys") / "root")
    first = made.run("deploy")
    assert first.process.returncode == 0, first.output
    assert first.report["outcome"] == "deployed"
    return made


@pytest.fixture(scope="module")
def registry(shared_namespaces: Namespaces) -> str:
    """A registry on each node that answers a pull with the status in its name."""
    namespace = shared_namespaces.new("registry", standard="privileged")
    port = 20000 + secrets.randbelow(5000)
    container = {
        "name": "registry",
        "image": f"{namespace.cluster.app}:1",
        "command": ["python", "-c", REGISTRY, str(port)],
        # A pull that nobody answers is tried again only after 10 seconds.
        "readinessProbe": {"tcpSocket": {"host": "127.0.0.1", "port": port}, "periodSeconds": 1},
    }
    labels = {"app": "registry"}
    pod = {
        "hostNetwork": True,
        "tolerations": [{"operator": "Exists"}],
        "terminationGracePeriodSeconds": 0,
        "containers": [container],
    }
    spec = {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": pod}}
    daemon_set = {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": "registry"},
        "spec": spec,
    }
    namespace.kubectl("create", "--filename=-", stdin=json.dumps(daemon_set))
    namespace.kubectl("rollout", "status", "daemonset/registry", "--timeout=90s")
    return f"127.0.0.1:{port}"


def since(namespace: Namespace, event: tuple[str, str], run: Run) -> float:
    """The seconds from the first event of a state, after the run had begun, to the verdict."""
    began, verdict = run.when("plan"), run.when("failed ")

    def first() -> float:
        events = namespace.objects("Event")
        times = [
            datetime.fromisoformat(found["firstTimestamp"] or found["eventTime"]).timestamp()
            for found in events
            if found["reason"] == event[0] and event[1] in found["message"]
        ]
        # Events have whole seconds.
        times = [moment for moment in times if moment >= began - 1]
        assert times, [(found["reason"], found["message"]) for found in events]
        return min(times)

    # The status of an object can tell of a failure before its event is written.
    return verdict - eventually(first)


def check_failure(running: Deploys, run: Run, row: Row, before: list[tuple[int, str]]) -> None:
    """The run says why, the history is accurate, and the first version runs."""
    assert run.process.returncode == 1, run.output
    report = run.report
    assert report["outcome"] == "rolled-back", run.output
    assert report["reason"]["code"] == row.code, run.output
    assert row.words in run.output
    assert row.words in report["reason"]["message"]
    if row.log:
        assert row.log in report["reason"]["log"]
        assert f"| {row.log}" in run.output
    history = dict(running.history())
    good, tried, now = report["revision"]["before"], report["revision"]["tried"], report["revision"]["now"]
    assert history[tried] == "failed"
    assert history[now] == "deployed"
    assert list(history.values()).count("deployed") == 1
    assert (now == good) is (row.code == "MigrationFailed")
    assert tried == before[-1][0] + 1
    assert report["image"]["now"].startswith(report["image"]["before"])
    ready = running.namespace.ready_pods()
    assert len(ready) == 2
    assert running.namespace.ask_pod(ready[0], "/").body["version"] == "1"
    assert running.objects("lease,jobs") == []
    assert running.files() == []
    assert not running.processes()


@pytest.mark.parametrize("name", ROWS)
def test_a_version_that_does_not_come_up_is_explained_and_taken_back(
    running: Deploys, name: str, observed: Callable[[str], None]
) -> None:
    row = ROWS[name]
    before = running.history()
    run = running.run("deploy", *row.arguments, values=row.values)
    check_failure(running, run, row, before)
    if row.event[0]:
        seconds = since(running.namespace, row.event, run)
        assert seconds <= AT_ONCE_SECONDS, run.output
        observed(f"{name}: {row.code} {max(seconds, 0):.0f} s after the cluster showed it")
    else:
        observed(f"{name}: {row.code}: {row.words}")
    if row.arguments == (SOON,):
        waited = re.match(r"not finished after (\d+) s", run.report["reason"]["message"])
        assert waited, run.output
        assert int(waited[1]) >= SOON_SECONDS, "it did not wait"


@pytest.mark.parametrize("status", PULLS)
def test_an_image_that_is_not_there_fails_at_once_and_a_busy_registry_is_waited_for(
    running: Deploys, registry: str, status: int, observed: Callable[[str], None]
) -> None:
    row = PULLS[status]
    before = running.history()
    image = {"registry": registry, "repository": f"{status}/api"}
    run = running.run("deploy", *row.arguments, values={"image": image})
    check_failure(running, run, row, before)
    if row.event[0]:
        seconds = since(running.namespace, row.event, run)
        assert seconds <= AT_ONCE_SECONDS, run.output
        observed(f"the registry answers {status}: {row.code} {max(seconds, 0):.0f} s after the pull failed")


def test_a_quota_is_named_and_fails_a_deploy_only_where_no_new_pod_can_start(
    namespace: Namespace, tmp_path: Path, observed: Callable[[str], None]
) -> None:
    deploys = Deploys(namespace, tmp_path / "root")
    assert deploys.run("deploy").process.returncode == 0
    namespace.limit("few", "pods", 2)
    stuck = deploys.run("deploy", values={"podLabels": {"version": "b"}})
    assert stuck.process.returncode == 1, stuck.output
    assert stuck.report["reason"]["code"] == "QuotaExceeded", stuck.output
    assert "exceeded quota: few, requested: pods=1, used: pods=2, limited: pods=2" in stuck.output
    assert namespace.ready_pods()
    observed(stuck.report["reason"]["message"])
    namespace.limit("few", "pods", 3)
    # One of two new pods can start, and makes room for the other when it is ready.
    slow = {"readinessProbe": {"initialDelaySeconds": 12}}
    both = {"strategy": {"rollingUpdate": {"maxSurge": 2}}}
    throttled = deploys.run("deploy", values={"podLabels": {"version": "c"}} | slow | both)
    assert throttled.process.returncode == 0, throttled.output
    assert "exceeded quota: few, requested: pods=1, used: pods=3, limited: pods=3" in throttled.output
    assert throttled.when("exceeded quota") < throttled.when("2 of 2 new ready")


REFUSED = "example.com/refused"
POLICY = f"""
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {{name: NAME}}
spec:
  matchConstraints:
    resourceRules:
      - apiGroups: ["", apps]
        apiVersions: [v1]
        operations: [CREATE, UPDATE]
        resources: [pods, deployments]
  validations:
    - expression: "!object.metadata.?annotations[?'{REFUSED}'].hasValue()"
      message: words of the policy
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {{name: NAME}}
spec:
  policyName: NAME
  validationActions: [Deny]
  matchResources: {{namespaceSelector: {{matchLabels: {{kubernetes.io/metadata.name: NAME}}}}}}
"""


@pytest.fixture
def policy(namespace: Namespace) -> Iterator[None]:
    """A policy of the cluster that refuses Deployments and pods with an annotation, in the namespace."""
    written = POLICY.replace("NAME", namespace.name)
    namespace.kubectl("create", "--filename=-", stdin=written)
    yield
    namespace.kubectl("delete", "--filename=-", "--ignore-not-found", stdin=written)


def test_what_a_policy_refuses_is_told_in_its_words_before_or_at_once(
    namespace: Namespace, policy: None, tmp_path: Path, observed: Callable[[str], None]
) -> None:
    deploys = Deploys(namespace, tmp_path / "root")
    assert deploys.run("deploy").process.returncode == 0
    history = deploys.history()
    marked = {REFUSED: "yes"}
    refused = deploys.run("deploy", values={"deploymentAnnotations": marked})
    assert (refused.process.returncode, refused.report["outcome"]) == (1, "refused"), refused.output
    assert refused.report["reason"]["code"] == "AdmissionRefused", refused.output
    assert "words of the policy" in refused.report["reason"]["message"]
    assert deploys.history() == history
    stopped = deploys.run("deploy", values={"podAnnotations": marked})
    check_failure(deploys, stopped, Row("AdmissionRefused", {}, "words of the policy"), history)
    seconds = since(namespace, ("FailedCreate", "words of the policy"), stopped)
    assert seconds <= AT_ONCE_SECONDS, stopped.output
    observed(f"a policy that refuses pods: AdmissionRefused {max(seconds, 0):.0f} s after the first refusal")


def test_an_evicted_pod_is_reported_and_the_deploy_goes_on(namespace: Namespace, tmp_path: Path) -> None:
    deploys = Deploys(namespace, tmp_path / "root")
    # So long that it is evicted before it is ready.
    slow = {"readinessProbe": {"initialDelaySeconds": 20}, "shutdown": {"drainSeconds": 10}}
    run = deploys.start("deploy", values=slow | {"replicaCount": 1})
    eventually(lambda: run.when("0 of 1 new ready"))
    name = eventually(lambda: the_pod(namespace))
    eventually(lambda: check_running(namespace, name))
    namespace.evict(name)
    assert run.ended() == 0, run.output
    assert f"Pod {name}: EvictionByEvictionAPI: " in run.output


def the_pod(namespace: Namespace) -> str:
    names: list[str] = [pod["metadata"]["name"] for pod in namespace.pods()]
    assert len(names) == 1
    return names[0]


def check_running(namespace: Namespace, name: str) -> None:
    assert namespace.object("Pod", name)["status"]["phase"] == "Running"


def test_a_claim_that_waits_for_its_pod_is_fine_and_a_lost_one_fails_at_once(
    namespace: Namespace, tmp_path: Path, observed: Callable[[str], None]
) -> None:
    deploys = Deploys(namespace, tmp_path / "root")
    data = {"mountPath": "/data", "claim": {"size": "1Mi"}}
    claim = {"volumes": {"data": data}, "strategy": {"type": "Recreate"}, "replicaCount": 1}
    first = deploys.run("deploy", values=claim)
    assert first.process.returncode == 0, first.output
    assert "PersistentVolumeClaim api-data: waits" not in first.output
    (found,) = namespace.objects("PersistentVolumeClaim")
    volume = found["spec"]["volumeName"]
    namespace.kubectl("delete", "persistentvolume", volume, "--wait=false")
    namespace.kubectl("patch", "persistentvolume", volume, "--patch", '{"metadata": {"finalizers": null}}')

    def lost() -> None:
        assert namespace.object("PersistentVolumeClaim", "api-data")["status"]["phase"] == "Lost"

    eventually(lost)
    run = deploys.run("deploy", values=claim | {"podLabels": {"version": "b"}})
    # The version before needs the volume too.
    assert (run.process.returncode, run.report["outcome"]) == (3, "rollback-failed"), run.output
    reason = run.report["reason"]
    assert (reason["code"], reason["message"]) == ("ClaimLost", "its volume is gone")
    observed(
        f"{reason['code']} {run.when('failed ') - run.when('plan'):.0f} s after the plan, and exit code 3"
    )


def test_an_autoscaler_without_metrics_is_reported_and_no_failure(
    namespace: Namespace, tmp_path: Path, observed: Callable[[str], None]
) -> None:
    deploys = Deploys(namespace, tmp_path / "root")
    figure = {"metric": {"name": "absent"}, "target": {"type": "AverageValue", "averageValue": "1"}}
    metrics = {"targetCPUUtilizationPercentage": None, "metrics": [{"type": "Pods", "pods": figure}]}
    scaling = {"enabled": True, "minReplicas": 1, **metrics}
    assert deploys.run("deploy", values={"autoscaling": scaling}).process.returncode == 0

    def without() -> None:
        (found,) = namespace.objects("HorizontalPodAutoscaler")
        assert "FailedGetPodsMetric" in [one["reason"] for one in found["status"].get("conditions", [])]

    eventually(without)
    run = deploys.run("deploy", values={"autoscaling": scaling, "podLabels": {"version": "b"}})
    assert run.process.returncode == 0, run.output
    assert "HorizontalPodAutoscaler api: " in run.output, run.output
    assert run.report["outcome"] == "deployed"
    observed(next(line for _, line in run.lines if "HorizontalPodAutoscaler api: " in line))


def test_a_first_install_that_helm_refuses_leaves_nothing(namespace: Namespace, tmp_path: Path) -> None:
    deploys = Deploys(namespace, tmp_path / "root")
    # It keeps a release in a Secret.
    namespace.limit("none", "count/secrets", 0)
    refused = deploys.run("deploy", values={"secret": {"data": None}})
    assert (refused.process.returncode, refused.report["outcome"]) == (1, "rolled-back"), refused.output
    assert refused.report["reason"]["code"] == "HelmFailed"
    assert "exceeded quota: none" in refused.report["reason"]["message"]
    assert refused.report["revision"] == {"before": None, "tried": None, "now": None}
    assert "not needed: nothing was installed" in refused.output
    assert deploys.objects("deployments,services,leases") == []


@pytest.mark.parametrize("engine", [3, 4])
def test_a_first_install_that_fails_leaves_nothing_and_a_good_one_reports_what_runs(
    namespace: Namespace, tmp_path: Path, engine: int
) -> None:
    deploys = Deploys(namespace, tmp_path / "root")
    kinds = "all,secrets,serviceaccounts,networkpolicies,poddisruptionbudgets,leases"
    before = deploys.objects(kinds)
    failed = deploys.run("deploy", values=python("raise SystemExit(1)"), engine=engine)
    assert failed.process.returncode == 1, failed.output
    assert failed.report["reason"]["code"] == "CrashLoop"
    assert failed.report["revision"] == {"before": None, "tried": 1, "now": None}
    assert deploys.history() == []

    def nothing_is_left() -> None:
        assert deploys.objects(kinds) == before

    eventually(nothing_is_left)
    good = deploys.run("deploy", engine=engine)
    assert good.process.returncode == 0, good.output
    assert good.report["outcome"] == "deployed"
    assert good.report["image"]["now"].startswith(f"{namespace.cluster.app}:1@sha256:")
    assert good.when("done ") >= good.when("2 of 2 new ready")
    again = deploys.run("deploy", engine=engine)
    assert again.process.returncode == 0
    assert again.report["outcome"] == "unchanged"
    crash = deploys.run("deploy", values=python("raise SystemExit(1)"), engine=engine)
    assert crash.report["reason"]["code"] == "CrashLoop"
    assert deploys.history() == [(1, "superseded"), (2, "failed"), (3, "deployed")]
    fixed = deploys.run("deploy", "--tag=2", engine=engine)
    assert fixed.process.returncode == 0, fixed.output
    back = deploys.run("rollback", engine=engine)
    assert back.process.returncode == 0, back.output
    assert "revision 5 is revision 3 again" in back.output
    ready = namespace.ready_pods()
    assert namespace.ask_pod(ready[0], "/").body["version"] == "1"
