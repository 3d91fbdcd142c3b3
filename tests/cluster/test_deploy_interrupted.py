"""However a deploy is interrupted, the release ends in a known state, and nothing of the run is left."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

import pytest

from tests.support.deploys import Deploys, Run
from tests.support.namespaces import Namespaces, eventually

pytestmark = pytest.mark.deploys

NEVER_READY = {"env": {"UNREADY": "1"}}
SLOW_MIGRATION = {
    "migration": {
        "enabled": True,
        "command": ["python", "-c", "import time; print('altering', flush=True); time.sleep(20)"],
    }
}
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
    for pid, command in running.processes().items():
        if pid != run.process.pid and " upgrade " in command:
            os.kill(pid, signal.SIGKILL)
    run.process.kill()
    run.ended()


def check_nothing_is_left(running: Deploys) -> None:
    def check() -> None:
        assert not running.processes()

    eventually(check, 30)
    assert running.objects("leases") == []


def test_ctrl_c_takes_the_new_version_back(running: Deploys, observed: Callable[[str], None]) -> None:
    run = running.start("deploy", values=NEVER_READY)
    eventually(lambda: run.when(IN_ROLLOUT))
    interrupt(run)
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
    observed(f"back {run.lines[-1][0] - run.when('interrupted'):.0f} s after Ctrl-C")


def test_ctrl_c_twice_leaves_at_once_and_says_how_to_finish(
    running: Deploys, observed: Callable[[str], None]
) -> None:
    run = running.start("deploy", values=NEVER_READY)
    eventually(lambda: run.when(IN_ROLLOUT))
    interrupt(run)
    eventually(lambda: run.when("interrupted: rolling back"), 10)
    interrupt(run)
    assert run.ended(30) == 130, run.output
    (command,) = [line.partition("finish it with: ")[2] for _, line in run.lines if "finish it with" in line]
    assert command.startswith("invoke rollback trial --service api --revision ")
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


def test_helm_ends_with_a_run_that_is_killed(running: Deploys) -> None:
    run = running.start("deploy", values=NEVER_READY)
    eventually(lambda: run.when(IN_ROLLOUT))
    run.process.kill()
    run.ended()
    eventually(lambda: check_no_process(running), 30)
    assert running.history()[-1][1] == "failed"
    following = running.run("deploy", "--wait-for-lock", values={"env": {"AFTER": "a kill"}})
    assert following.process.returncode == 0, following.output


def check_no_process(running: Deploys) -> None:
    assert not running.processes()


def test_a_second_deploy_is_refused_with_the_holder_or_waits(
    running: Deploys, observed: Callable[[str], None]
) -> None:
    first = running.start("deploy", values=SLOW_MIGRATION)
    eventually(lambda: first.when(IN_MIGRATION))
    for task in ("deploy", "rollback"):
        refused = running.run(task, values=SLOW_MIGRATION)
        assert refused.process.returncode == 1
        assert "Locked" in refused.output
        assert f"deploys {running.namespace.cluster.app}:1 since" in refused.output
    waiting = running.start("deploy", "--wait-for-lock", values=SLOW_MIGRATION | {"podLabels": {"a": "b"}})
    assert first.ended() == 0, first.output
    assert waiting.ended() == 0, waiting.output
    assert "waiting: " in waiting.output
    assert waiting.report["revision"]["tried"] == first.report["revision"]["tried"] + 1
    check_nothing_is_left(running)
    observed(next(line for _, line in refused.lines if "Locked" in line))
