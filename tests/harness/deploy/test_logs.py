"""`invoke logs`: what all containers of a release write, each line with its origin."""

from __future__ import annotations

from typing import Any

import pytest

from ci.base.errors import UserError
from ci.deploy import logs, release_pods
from ci.kubernetes.manifests import Object
from tests.support.fake_kubectl import FakeKubectl, Step
from tests.support.rollouts import RUNNING, container, terminated, waiting
from tests.support.stored_releases import stored_release

LISTED = "GET .*/pods.labelSelector=.*component notin .cron,test.$"
WATCHED = "get --raw=/api/.*/pods.*resourceVersion=7"


def pod(name: str, *statuses: dict[str, Any], component: str = "app", init: str = "", **more: Any) -> Object:
    side = [{"name": "proxy"}] if any(one["name"] == "proxy" for one in statuses) else []
    return {
        "kind": "Pod",
        "metadata": {
            "name": name,
            "uid": name,
            "creationTimestamp": "2026-07-01T10:00:00Z",
            "labels": {"app.kubernetes.io/component": component},
        },
        "spec": {
            "initContainers": [{"name": init}] if init else [],
            "containers": [{"name": "api"}, *side],
        },
        "status": {"containerStatuses": list(statuses)} | more,
    }


def running(name: str = "api", run: str = "run-1", **more: Any) -> dict[str, Any]:
    return container(name, containerID=run, state=RUNNING, **more)


def ended(code: int, reason: str = "Error", run: str = "run-1", message: str = "") -> dict[str, Any]:
    """Return the status of a container that has ended."""
    state: dict[str, Any] = terminated(code, reason, message)
    state["terminated"]["containerID"] = run
    return container(containerID=run, state=state)


def workloads(kubectl: FakeKubectl) -> None:
    """Have a release with the service api, a StatefulSet, and the worker api-mail."""

    def made(name: str, component: str) -> Object:
        labels = {"app.kubernetes.io/instance": "api", "app.kubernetes.io/component": component}
        return {"metadata": {"name": name}, "spec": {"selector": {"matchLabels": labels}}}

    kubectl.answer("GET .*/statefulsets", [made("api", "app")])
    kubectl.answer("GET .*/deployments", [made("api-mail", "worker-mail")])


def event(kind: str, one: Object) -> Object:
    return {"type": kind, "object": one}


def test_lines_of_all_containers_are_merged_by_time_and_bear_their_origin(
    kubectl: FakeKubectl, capsys: pytest.CaptureFixture[str], is_terminal: bool
) -> None:
    pods = [
        pod(
            "api-6d4f9-x2x7p",
            running(),
            running("proxy"),
            init="prepare",
            initContainerStatuses=[running("prepare")],
        ),
        pod("api-6d4f9-abcde", running()),
        pod("api-migration-mmmmm", running(), component="migration"),
    ]
    kubectl.answer(LISTED, pods)
    kubectl.answer("x2x7p --container=prepare", "2026-07-01T10:00:00.1Z [1/2] prepared")
    kubectl.answer("x2x7p --container=proxy", "2026-07-01T10:00:00.3Z proxied")
    kubectl.answer("x2x7p --container=api", "2026-07-01T10:00:00.2Z one", "2026-07-01T10:00:00.5Z \tfive")
    kubectl.answer("abcde --container=api", "2026-07-01T10:00:00.4Z four")
    kubectl.answer("mmmmm --container=api", "2026-07-01T09:59:00.4Z migrated")
    logs.run("staging")
    printed = capsys.readouterr().out
    assert ("\x1b[" in printed) == is_terminal
    if not is_terminal:
        assert printed.splitlines() == [
            "mmmmm/api (migration)  migrated",
            "x2x7p/prepare (init)  [1/2] prepared",
            "x2x7p/api  one",
            "x2x7p/proxy (side)  proxied",
            "abcde/api  four",
            "x2x7p/api  \tfive",
        ]
    assert all("--tail=100" in call for call in kubectl.calls("logs"))
    assert kubectl.running() == []


def test_lines_of_a_worker_bear_its_name(kubectl: FakeKubectl, capsys: pytest.CaptureFixture[str]) -> None:
    kubectl.answer(
        LISTED, [pod("api-1-a", running()), pod("api-mail-1-b", running(), component="worker-mail")]
    )
    kubectl.answer("logs", "2026-07-01T10:00:00Z text")
    logs.run("staging")
    assert sorted(capsys.readouterr().out.splitlines()) == ["a/api  text", "b/api (mail)  text"]


def test_the_logs_of_one_workload_are_those_of_its_pods(
    kubectl: FakeKubectl, capsys: pytest.CaptureFixture[str]
) -> None:
    workloads(kubectl)
    kubectl.answer(
        "GET .*/pods.*=.*instance=api,app.kubernetes.io/component=worker-mail$", [pod("b", running())]
    )
    kubectl.answer("logs b", "2026-07-01T10:00:00Z text")
    logs.run("staging", workload="api-mail")
    assert capsys.readouterr().out == "b/api  text\n"


def test_an_unknown_workload_is_refused_with_those_that_there_are(kubectl: FakeKubectl) -> None:
    workloads(kubectl)
    with pytest.raises(UserError) as raised:
        logs.run("staging", workload="mail")
    assert str(raised.value) == "api in staging has no workload mail: there are api, api-mail"


def test_pods_are_coloured_apart(
    kubectl: FakeKubectl, capsys: pytest.CaptureFixture[str], is_terminal: bool
) -> None:
    kubectl.answer(LISTED, [pod("api-1-a", running()), pod("api-1-b", running())])
    kubectl.answer("logs", "2026-07-01T10:00:00Z text")
    logs.run("staging")
    first, second = sorted(capsys.readouterr().out.splitlines())
    colours = [line.rpartition("/api")[0].removesuffix(pod) for line, pod in ((first, "a"), (second, "b"))]
    assert (colours[0] != colours[1]) == is_terminal


def test_a_container_that_has_ended_or_waits_says_why(
    kubectl: FakeKubectl, capsys: pytest.CaptureFixture[str]
) -> None:
    killed = running(run="run-2", lastState=ended(137, "OOMKilled")["state"])
    pods = [
        pod("api-1-a", killed),
        pod("api-1-b", ended(143, message="last\nwords")),
        pod("api-1-c", container(state=waiting("ErrImagePull", "not found"))),
        pod("api-1-d", container(state=waiting("ContainerCreating"))),
        pod("api-1-e", running(), init="prepare", initContainerStatuses=[ended(0) | {"name": "prepare"}]),
    ]
    kubectl.answer(LISTED, pods)
    kubectl.answer("logs", "2026-07-01T10:00:00Z text")
    logs.run("staging")
    assert capsys.readouterr().err.splitlines() == [
        "a/api  ended with exit code 137 (OOMKilled)",
        "b/api  ended with exit code 143 (SIGTERM): last words",
        "c/api  waits: ErrImagePull: not found",
    ]
    assert len(kubectl.calls("logs")) == 4


def test_previous_shows_the_last_run_of_what_was_restarted(
    kubectl: FakeKubectl, capsys: pytest.CaptureFixture[str]
) -> None:
    restarted = running(run="run-2", lastState=ended(3)["state"])
    kubectl.answer(LISTED, [pod("api-1-a", restarted), pod("api-1-b", running())])
    kubectl.answer("logs api-1-a .*--since=5m --previous", "2026-07-01T10:00:00Z KeyError")
    logs.run("staging", previous=True, since="5m")
    assert capsys.readouterr().out == "a/api  KeyError\n"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"since": "10"}, "--since 10 is no duration: write 30s, 10m or 2h"),
        ({"since": "1d"}, "--since 1d is no duration: write 30s, 10m or 2h"),
        ({"previous": True, "follow": True}, "--previous shows runs that are over, and --follow waits"),
        ({"previous": True}, "api in staging: no container was restarted, of 1 pods"),
        ({}, "a/api  Error from server (Forbidden): pods"),
    ],
)
def test_what_makes_no_sense_or_cannot_be_read_is_one_message(
    kubectl: FakeKubectl, options: dict[str, Any], message: str
) -> None:
    kubectl.answer(LISTED, [pod("api-1-a", running())])
    kubectl.answer("logs", err='Error from server (Forbidden): pods "a" is forbidden', code=1)
    with pytest.raises(UserError) as raised:
        logs.run("staging", **options)
    assert str(raised.value).startswith(message)
    assert len(str(raised.value).splitlines()) == 1


def test_one_log_that_cannot_be_read_does_not_hide_the_others(
    kubectl: FakeKubectl, capsys: pytest.CaptureFixture[str]
) -> None:
    kubectl.answer(LISTED, [pod("api-1-a", running()), pod("api-1-b", running())])
    kubectl.answer("logs api-1-a", "2026-07-01T10:00:00Z text")
    kubectl.answer("logs api-1-b", err="connection refused", code=1)
    logs.run("staging")
    assert capsys.readouterr() == ("a/api  text\n", "b/api  connection refused\n")


def test_one_log_that_gives_no_answer_does_not_hide_the_others(
    kubectl: FakeKubectl, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As of a node that is there and does not answer."""
    monkeypatch.setattr(logs, "SILENCE_SECONDS", 1)
    kubectl.answer(LISTED, [pod("api-1-a", running()), pod("api-1-b", running())])
    kubectl.answer("logs api-1-a", "2026-07-01T10:00:00Z text")
    kubectl.answer("logs api-1-b", hangs=True)
    logs.run("staging")
    assert capsys.readouterr() == ("a/api  text\n", "b/api  no answer for 1 s\n")
    assert kubectl.running() == []


def test_what_is_not_installed_is_said_and_what_has_no_pod_prints_nothing(
    kubectl: FakeKubectl, capsys: pytest.CaptureFixture[str]
) -> None:
    kubectl.answer("GET .*/pods", [])
    kubectl.answer("get .*secrets.*name=api", [stored_release(1, "deployed")])
    logs.run("staging")
    assert capsys.readouterr().out == ""
    kubectl.answers.clear()
    kubectl.answer("", [])
    with pytest.raises(UserError, match="api is not installed in staging"):
        logs.run("staging")


def test_following_shows_new_pods_ends_and_restarts_until_ctrl_c(
    kubectl: FakeKubectl, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "PAUSE_SECONDS", 0)
    old, new = "api-1-old", "api-2-new"
    kubectl.answer(LISTED, [pod(old, running())])
    first = "2026-07-01T10:00:00.1Z first"
    kubectl.answer(f"logs {old} .*--tail=100$", first)
    # As the API server does, it repeats the second in which it begins.
    since = "--since-time=2026-07-01T10:00:00.1Z --follow"
    kubectl.answer(f"logs {old} .*{since}", first, Step("until", "joined"), 0.5, f"{first[:19]}.2Z last")
    born, again = "2026-07-01T10:00:09Z born", "2026-07-01T10:00:11Z again"
    kubectl.answer(f"logs {new} .*--tail=-1", born, Step("mark", "joined"), Step("until", "restarted"), 0.5)
    kubectl.answer(f"logs {new} .*--since-time=2026-07-01T10:00:09Z", again, 0.5, interrupts=True, hangs=True)
    kubectl.answer(
        WATCHED,
        event("ADDED", pod(old, running())),
        event("ADDED", pod(new, container(state=waiting("ContainerCreating")))),
        event("MODIFIED", pod(new, running())),
        Step("until", "joined"),
        event("MODIFIED", pod(old, ended(143))),
        event("DELETED", pod(old, ended(143))),
        1.5,
        event("MODIFIED", pod(new, running(run="run-2", lastState=ended(3)["state"]))),
        Step("mark", "restarted"),
        hangs=True,
    )
    logs.run("staging", follow=True)
    printed = capsys.readouterr()
    assert printed.out.splitlines() == [
        "old/api  first",
        "new/api  born",
        "old/api  last",
        "new/api  again",
    ]
    notes = printed.err.splitlines()
    assert notes == [
        f"+ {new}",
        "old/api  ended with exit code 143 (SIGTERM)",
        f"- {old}",
        "new/api  ended with exit code 3",
    ]
    assert kubectl.running() == []


@pytest.mark.parametrize("seen_twice", [False, True], ids=["gone before the watch", "gone as it begins"])
def test_a_pod_that_goes_before_it_is_watched_is_named_and_its_successor_followed(
    kubectl: FakeKubectl,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    seen_twice: bool,
) -> None:
    monkeypatch.setattr(logs, "PAUSE_SECONDS", 0)
    old, new = "api-1-old", "api-2-new"
    kubectl.answer(LISTED, [pod(old, running())], once=True)
    kubectl.answer(LISTED, [pod(old, running())] if seen_twice else [])
    missing = f'Error from server (NotFound): pods "{old}" not found'
    kubectl.answer(f"logs {old}", err=missing, code=1)
    kubectl.answer(f"logs {new}", "2026-07-01T10:00:09Z born", 0.5, interrupts=True, hangs=True)
    gone = [event("DELETED", pod(old, running()))] if seen_twice else []
    kubectl.answer(WATCHED, *gone, event("ADDED", pod(new, running())), hangs=True)
    logs.run("staging", follow=True)
    printed = capsys.readouterr()
    assert printed.out == "new/api  born\n"
    notes = printed.err.splitlines()
    assert notes[0] == f"old/api  {missing}"
    assert sorted(notes[1:]) == [f"+ {new}", f"- {old}"]
    assert kubectl.running() == []


def test_a_connection_that_is_lost_is_made_again_and_no_line_comes_twice(
    kubectl: FakeKubectl, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "PAUSE_SECONDS", 0)
    kubectl.answer(LISTED, [pod("api-1-a", running())])
    one, two = "2026-07-01T10:00:00.1Z one", "2026-07-01T10:00:00.2Z two"
    kubectl.answer("--since-time=2026-07-01T10:00:00.2Z", one, two, 0.5, interrupts=True, hangs=True)
    kubectl.answer("--since-time=2026-07-01T10:00:00.1Z", one, two, err="EOF", code=1)
    kubectl.answer("logs", one)
    kubectl.answer(WATCHED, event("ADDED", pod("api-1-a", running())), hangs=True)
    logs.run("staging", follow=True)
    assert capsys.readouterr() == ("a/api  one\na/api  two\n", "")
    assert kubectl.running() == []


def test_a_log_that_cannot_be_followed_is_named_once(
    kubectl: FakeKubectl, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "PAUSE_SECONDS", 0)
    kubectl.answer(LISTED, [pod("api-1-a", running())])
    lost = "Error from server: Get https://10.0.0.7:10250/containerLogs: dial tcp: no route to host"
    for _ in range(2 * logs.ATTEMPTS):
        kubectl.answer("--follow", err=lost, code=1, once=True)
    kubectl.answer("--follow", 0.5, interrupts=True, hangs=True)
    kubectl.answer("logs", "2026-07-01T10:00:00.1Z one")
    kubectl.answer(WATCHED, hangs=True)
    logs.run("staging", follow=True)
    assert capsys.readouterr().err == f"a/api  cannot be read, trying again: {lost}\n"


def test_connections_that_are_lost_now_and_then_are_no_complaint(
    kubectl: FakeKubectl, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "PAUSE_SECONDS", 0)
    kubectl.answer(LISTED, [pod("api-1-a", running())])
    for number in range(2 * logs.ATTEMPTS):
        line = f"2026-07-01T10:00:0{number}.1Z {number}"
        kubectl.answer("--follow", line, err="error: unexpected EOF", code=1, once=True)
    kubectl.answer("--follow", 0.5, interrupts=True, hangs=True)
    kubectl.answer("logs")
    kubectl.answer(WATCHED, hangs=True)
    logs.run("staging", follow=True)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("Unable to connect to the server: EOF", "no answer from the cluster, trying again"),
        ("error: You must be logged in (Unauthorized)", "the cluster refuses your login; log in again"),
    ],
)
def test_a_cluster_that_is_lost_is_named_once_with_the_remedy_and_again_when_it_answers(
    kubectl: FakeKubectl,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    said: str,
    told: str,
) -> None:
    monkeypatch.setattr(release_pods, "RETRY_SECONDS", 0)
    kubectl.answer(LISTED, [pod("api-1-a", running())], once=True)
    for _ in range(2):
        kubectl.answer(LISTED, err=said, code=1, once=True)
    kubectl.answer(LISTED, [pod("api-1-a", running())])
    kubectl.answer("--follow", hangs=True)
    kubectl.answer("logs")
    kubectl.answer(WATCHED, 0.5, interrupts=True, hangs=True)
    logs.run("staging", follow=True)
    assert capsys.readouterr().err.splitlines() == [f"{told}: {said}", "the cluster answers again"]


def test_pods_are_watched_below_the_path_of_the_servers_address(
    kubectl: FakeKubectl, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As those of Rancher have one; `kubectl get --raw` leaves it out."""
    kubectl.serve("https://rancher.example.com/k8s/clusters/c-1/")
    kubectl.answer(LISTED, [pod("api-1-a", container(state=waiting("ContainerCreating")))])
    kubectl.answer("get --raw", 0.5, interrupts=True, hangs=True)
    logs.run("staging", follow=True)
    (call,) = kubectl.calls("get")
    assert call[1].startswith("--raw=/k8s/clusters/c-1/api/v1/namespaces/staging/pods?")


def test_names_are_shortened_as_far_as_they_differ() -> None:
    assert logs._shortened("api-6d4f9-x2x7p", set()) == "x2x7p"
    assert logs._shortened("api-6d4f9-x2x7p", {"x2x7p"}) == "6d4f9-x2x7p"
    assert logs._shortened("api", {"api"}) == "api"


def test_words_of_the_kubelet_in_the_place_of_a_log_are_printed_whole(
    kubectl: FakeKubectl, capsys: pytest.CaptureFixture[str]
) -> None:
    kubectl.answer(LISTED, [pod("api-1-a", running())])
    kubectl.answer("logs", "unable to retrieve container logs for containerd://1")
    logs.run("staging")
    assert capsys.readouterr().out == "a/api  unable to retrieve container logs for containerd://1\n"
