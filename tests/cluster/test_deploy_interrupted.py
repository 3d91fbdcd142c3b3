"""However a deploy is interrupted, the release ends in a known state, and nothing of the run is left."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

from ci.base.processes import CommandError
from tests.support.deploys import Deploys, Run
from tests.support.namespaces import Namespace, Namespaces, eventually
from tests.support.tcp_proxy import Proxy

CUT_SECONDS = 20

NEVER_READY = {"env": {"UNREADY": "1"}}
SLOW = {"readinessProbe": {"initialDelaySeconds": 8}}
# The first process of a container gets no signal that it does not handle.
MIGRATE = """
import pathlib, signal, time
signal.signal(signal.SIGTERM, lambda *_: exit(1))
print("altering", flush=True)
"""
TOLD = "/tmp/told"  # noqa: S108 - of its container
UNTIL_TOLD = f"while not pathlib.Path('{TOLD}').exists(): time.sleep(0.1)"


def migrating(how: str) -> dict[str, object]:
    return {"migration": {"enabled": True, "command": ["python", "-c", MIGRATE + how]}}


SLOW_MIGRATION = migrating("time.sleep(20)")
IN_MIGRATION, IN_ROLLOUT = "| altering", "0 of 2 new ready"


@pytest.fixture(scope="module")
def running(shared_namespaces: Namespaces, tmp_path_factory: pytest.TempPathFactory) -> Deploys:
    """The service, deployed."""
    made = Deploys(shared_namespaces.new("interrupted"), tmp_path_factory.mktemp("deploys") / "root")
    first = made.run("deploy")
    assert first.process.returncode == 0, first.output
    return made


def interrupt(run: Run) -> None:
    """Press Ctrl-C: every process of the terminal's foreground is sent SIGINT."""
    os.killpg(run.process.pid, signal.SIGINT)


def kill_with_helm(running: Deploys, run: Run) -> None:
    """End the run as a machine that is switched off does."""
    # Else it could see Helm's end, and begin to write it down.
    run.process.send_signal(signal.SIGSTOP)
    for pid, command in running.processes().items():
        if pid != run.process.pid and " upgrade " in command:
            os.kill(pid, signal.SIGKILL)
    run.process.kill()
    run.ended()


def check_no_process(running: Deploys) -> None:
    assert not running.processes()


def check_nothing_is_left(running: Deploys) -> None:
    eventually(lambda: check_no_process(running), 30)
    assert running.objects("leases,jobs") == []


@pytest.mark.parametrize(
    ("values", "where", "stop"),
    [
        (NEVER_READY, IN_ROLLOUT, interrupt),
        # As a pipeline that is cancelled does.
        (SLOW_MIGRATION, IN_MIGRATION, lambda run: run.process.terminate()),
    ],
    ids=["Ctrl-C in the rollout", "SIGTERM in the migration"],
)
def test_an_interrupt_takes_the_new_version_back(
    running: Deploys,
    values: dict[str, object],
    where: str,
    stop: Callable[[Run], None],
    observed: Callable[[str], None],
) -> None:
    run = running.start("deploy", values=values)
    eventually(lambda: run.when(where))
    stop(run)
    assert run.ended() == 130, run.output
    report = run.report
    assert report["outcome"] == "interrupted"
    assert report["reason"]["code"] == "Interrupted"
    history = dict(running.history())
    assert history[report["revision"]["tried"]] == "failed"
    assert history[report["revision"]["now"]] == "deployed"
    assert "interrupted: rolling back; once more leaves at once" in run.output
    check_nothing_is_left(running)
    assert running.files() == []
    observed(f"back after {run.lines[-1][0] - run.when('interrupted'):.0f} s")


def test_ctrl_c_twice_leaves_at_once_and_says_how_to_finish(
    running: Deploys, observed: Callable[[str], None]
) -> None:
    run = running.start("deploy", values=NEVER_READY)
    eventually(lambda: run.when(IN_ROLLOUT))
    interrupt(run)
    # Helm has ended by then, for which it has some time.
    eventually(lambda: run.when("interrupted: rolling back"))
    interrupt(run)
    assert run.ended(30) == 130, run.output
    (command,) = [line.partition("finish it with: ")[2] for _, line in run.lines if "finish it with" in line]
    assert re.fullmatch(r"invoke rollback trial \d+", command)
    check_nothing_is_left(running)
    assert running.files() == []
    finished = running.run("rollback", *command.split()[3:])
    assert finished.process.returncode == 0, finished.output
    assert running.history()[-1][1] == "deployed"
    observed(f"after a second Ctrl-C: {command}")


@pytest.mark.parametrize(
    ("values", "where", "engine"),
    [(SLOW_MIGRATION, IN_MIGRATION, 4), (NEVER_READY, IN_ROLLOUT, 4), (NEVER_READY, IN_ROLLOUT, 3)],
    ids=["in the migration", "in the rollout", "in the rollout, by Helm 3"],
)
def test_what_a_killed_run_left_is_brought_back_by_the_next_deploy(
    running: Deploys, values: dict[str, object], where: str, engine: int, observed: Callable[[str], None]
) -> None:
    run = running.start("deploy", values=values, engine=engine)
    eventually(lambda: run.when(where))
    kill_with_helm(running, run)
    left, status = running.history()[-1]
    assert status == "pending-upgrade"
    # Whether its holder has died is seen when the lock has run out.
    following = running.run("deploy", "--wait-for-lock", values={"env": {"AFTER": str(left)}})
    assert following.process.returncode == 0, following.output
    assert "lock      taken over from" in following.output.replace("· ", "")
    assert f"revision {left} was left pending-upgrade by a run that was killed" in following.output
    assert following.when("is revision") <= following.when("done ")
    history = running.history()
    assert dict(history)[left] == "failed"
    assert [status for _, status in history].count("deployed") == 1
    assert history[-1] == (left + 2, "deployed")
    check_nothing_is_left(running)
    observed(f"revision {left} was left pending, revision {left + 2} is the next deploy")


@pytest.mark.parametrize(
    ("values", "where"),
    [(NEVER_READY, IN_ROLLOUT), (SLOW_MIGRATION, IN_MIGRATION)],
    ids=["rollout", "migration"],
)
def test_helm_ends_with_a_run_that_is_killed(running: Deploys, values: dict[str, object], where: str) -> None:
    run = running.start("deploy", values=values)
    eventually(lambda: run.when(where))
    (own,) = running.private_folders()
    run.process.kill()
    run.ended()
    eventually(lambda: check_no_process(running), 30)
    assert running.history()[-1][1] == "failed"
    following = running.run("deploy", "--wait-for-lock", values={"env": {"AFTER": f"a kill in {where}"}})
    assert following.process.returncode == 0, following.output
    assert not own.exists(), "its kubeconfig is left"
    assert running.files() == []
    check_nothing_is_left(running)


def test_a_second_deploy_is_refused_with_the_holder_or_waits(
    running: Deploys, observed: Callable[[str], None]
) -> None:
    # However long the others take until they ask for the lock.
    first = running.start("deploy", values=migrating(UNTIL_TOLD))
    eventually(lambda: first.when(IN_MIGRATION))
    for task in ("deploy", "rollback"):
        refused = running.run(task, values=SLOW_MIGRATION)
        assert refused.process.returncode == 1
        assert "Locked" in refused.output
        assert f"deploys {running.namespace.cluster.app}:1 since" in refused.output
    waiting = running.start("deploy", "--wait-for-lock", values={"podLabels": {"a": "b"}})
    eventually(lambda: waiting.when("waiting: "))
    # kubectl asks a second time where the first answer is lost, and finds a container that has ended.
    with suppress(CommandError):
        running.namespace.kubectl("exec", "job/api-migration", "--", "touch", TOLD)
    assert first.ended() == 0, first.output
    assert waiting.ended() == 0, waiting.output
    assert waiting.report["revision"]["tried"] == first.report["revision"]["tried"] + 1
    check_nothing_is_left(running)
    observed(next(line for _, line in refused.lines if "Locked" in line))


def test_a_deploy_during_a_rollback_is_refused_with_what_goes_on(running: Deploys) -> None:
    # Long enough for a deploy to ask for the lock meanwhile.
    for seconds in (15, 1):
        values = {"podLabels": {"a": "slow"}, "readinessProbe": {"initialDelaySeconds": seconds}}
        assert running.run("deploy", values=values).process.returncode == 0
    back = running.start("rollback")
    eventually(lambda: back.when("new ready"))
    refused = running.run("deploy", values=values)
    assert refused.process.returncode == 1
    assert refused.report["reason"]["code"] == "Locked"
    assert "rolls back since" in refused.output
    assert back.ended() == 0, back.output
    check_nothing_is_left(running)


def test_a_context_that_changes_meanwhile_changes_nothing(running: Deploys, tmp_path: Path) -> None:
    with running.own_kubeconfig(tmp_path) as kubeconfig:
        run = running.start("deploy", values=SLOW_MIGRATION | {"env": {"CONTEXT": "changes"}})
        eventually(lambda: run.when(IN_MIGRATION))
        kubeconfig.write_text("{}")
        assert run.ended() == 0, run.output
        refused = running.run("deploy")
        assert refused.report["reason"]["code"] == "ContextMismatch"
    check_nothing_is_left(running)


@pytest.mark.parametrize(
    ("values", "where"), [(SLOW, IN_ROLLOUT), (SLOW_MIGRATION, IN_MIGRATION)], ids=["rollout", "migration"]
)
def test_a_connection_lost_for_a_while_ends_in_a_known_state(
    running: Deploys,
    values: dict[str, object],
    where: str,
    tmp_path: Path,
    observed: Callable[[str], None],
) -> None:
    with running.own_kubeconfig(tmp_path) as kubeconfig, through_a_proxy(kubeconfig) as proxy:
        run = running.start("deploy", values=values | {"podLabels": {"cut": "off"}})
        eventually(lambda: run.when(where))
        with proxy.cut():
            time.sleep(CUT_SECONDS)
        code = run.ended()
    print(run.output)
    assert "no answer from the cluster for " in run.output
    assert "the cluster answers again after " in run.output
    history = running.history()
    assert [status for _, status in history].count("deployed") == 1
    assert history[-1][1] == "deployed"
    assert code == (0 if run.report["outcome"] == "deployed" else 1), run.output
    assert len(running.namespace.ready_pods()) == 2
    check_nothing_is_left(running)
    observed(f"lost in {where}: {run.report['outcome']}")


def test_a_login_that_expires_ends_the_deploy_and_the_next_one_takes_it_back(
    running: Deploys, tmp_path: Path, observed: Callable[[str], None]
) -> None:
    namespace = running.namespace
    namespace.kubectl("create", "serviceaccount", "deployer")
    account = f"--serviceaccount={namespace.name}:deployer"
    namespace.kubectl("create", "rolebinding", "deployer", "--clusterrole=cluster-admin", account)
    with running.own_kubeconfig(tmp_path) as kubeconfig:
        config = yaml.safe_load(kubeconfig.read_text())
        token = namespace.kubectl("create", "token", "deployer").strip()
        config["users"] = [{"name": user["name"], "user": {"token": token}} for user in config["users"]]
        kubeconfig.write_text(yaml.safe_dump(config))
        run = running.start("deploy", values=NEVER_READY)
        eventually(lambda: run.when(IN_ROLLOUT))
        namespace.kubectl("delete", "serviceaccount", "deployer")
        gone = time.time()
        assert run.ended() == 3, run.output
        seconds = run.when("failed ") - gone
    assert run.report["outcome"] == "rollback-failed"
    assert run.report["reason"]["code"] == "Unreachable"
    assert "refuses your login" in run.report["reason"]["message"]
    following = running.run("deploy", "--wait-for-lock", values={"env": {"AFTER": "a login"}})
    assert following.process.returncode == 0, following.output
    assert running.history()[-1][1] == "deployed"
    check_nothing_is_left(running)
    observed(f"an expired login ended it after {seconds:.0f} s; the next deploy brought all in order")


def test_nothing_is_deployed_to_a_namespace_that_is_being_deleted(
    namespace: Namespace, tmp_path: Path
) -> None:
    deploys = Deploys(namespace, tmp_path / "root")
    holding = {"metadata": {"name": "holding", "finalizers": ["example.com/holding"]}}
    made = {"apiVersion": "v1", "kind": "ConfigMap"} | holding
    namespace.kubectl("create", "--filename=-", stdin=json.dumps(made))
    namespace.kubectl("delete", "namespace", namespace.name, "--wait=false")
    refused = deploys.run("deploy")
    namespace.kubectl("patch", "configmap", "holding", "--patch", '{"metadata": {"finalizers": null}}')
    assert refused.process.returncode == 1
    assert refused.report["outcome"] == "refused"
    assert refused.report["reason"]["code"] == "NamespaceTerminating"


@contextmanager
def through_a_proxy(kubeconfig: Path) -> Iterator[Proxy]:
    """Have a kubeconfig lead to its cluster through a proxy."""
    config = yaml.safe_load(kubeconfig.read_text())
    (entry,) = config["clusters"]
    server = urlsplit(entry["cluster"]["server"])
    proxy = Proxy(str(server.hostname), int(server.port or 443))
    entry["cluster"] |= {"server": f"https://127.0.0.1:{proxy.port}", "tls-server-name": server.hostname}
    kubeconfig.write_text(yaml.safe_dump(config))
    yield proxy
    proxy.close()
