"""`invoke forward`: a port of this machine that leads to a pod that is ready, whichever that is."""

from __future__ import annotations

import socket

import pytest

from ci.base.errors import UserError
from ci.deploy import forward
from ci.kubernetes.manifests import Object
from tests.support.fake_kubectl import FakeKubectl, Step
from tests.support.stored_releases import stored_release

LISTED = "GET .*/pods.labelSelector=.*component=app$"
WATCHED = "get --raw=/api/.*/pods.*resourceVersion=7"
SERVICE = {
    "metadata": {"name": "api"},
    "spec": {
        "ports": [
            {"name": "dns", "port": 53, "targetPort": "dns", "protocol": "UDP"},
            {"name": "admin", "port": 9100, "targetPort": "admin"},
            {"name": "http", "port": 443, "targetPort": "quic", "protocol": "UDP"},
            {"name": "http", "port": 80, "targetPort": "web"},
        ]
    },
}


def pod(name: str, *, ready: bool = True) -> Object:
    return {
        "kind": "Pod",
        "metadata": {"name": name, "uid": name, "creationTimestamp": "2026-07-01T10:00:00Z"},
        "status": {"conditions": [{"type": "Ready", "status": str(ready)}]},
    }


def event(kind: str, one: Object) -> Object:
    return {"type": kind, "object": one}


@pytest.fixture
def port() -> int:
    """A port of this machine that is free."""
    with socket.socket() as one:
        one.bind((forward.ADDRESS, 0))
        number: int = one.getsockname()[1]
    return number


def test_the_main_port_is_forwarded_and_its_url_printed_until_ctrl_c(
    kubectl: FakeKubectl, capsys: pytest.CaptureFixture[str], port: int
) -> None:
    kubectl.answer(LISTED, [pod("api-1-a"), pod("api-1-b", ready=False)])
    kubectl.answer("get .*services .*instance=api", [SERVICE])
    kubectl.answer(WATCHED, hangs=True)
    said = ("Forwarding from 127.0.0.1:1 -> 2", "Handling connection for 1", "error forwarding port 2")
    kubectl.answer("port-forward", *said, 0.5, interrupts=True, hangs=True)
    forward.run("staging", port=port)
    assert capsys.readouterr() == (
        f"http://127.0.0.1:{port} is api, by pod api-1-a\n",
        "error forwarding port 2\n",
    )
    (call,) = kubectl.calls("port-forward")
    assert call == ["port-forward", "pod/api-1-a", f"{port}:web", "--address=127.0.0.1"]
    assert kubectl.running() == []


def test_of_several_services_the_one_that_the_others_are_named_after_is_forwarded(
    kubectl: FakeKubectl, port: int
) -> None:
    others = [
        {"metadata": {"name": f"api-{name}"}, "spec": {"ports": [{"name": "http", "targetPort": "other"}]}}
        for name in ("admin", "headless")
    ]
    kubectl.answer(LISTED, [pod("api-1-a")])
    kubectl.answer("services", [others[0], SERVICE, others[1]])
    kubectl.answer(WATCHED, hangs=True)
    kubectl.answer("port-forward", 0.5, interrupts=True, hangs=True)
    forward.run("staging", port=port)
    (call,) = kubectl.calls("port-forward")
    assert f"{port}:web" in call


def test_another_pod_takes_the_place_of_one_that_goes(
    kubectl: FakeKubectl, capsys: pytest.CaptureFixture[str], port: int
) -> None:
    kubectl.answer(LISTED, [pod("api-1-a")])
    kubectl.answer("services", [SERVICE])
    kubectl.answer("port-forward pod/api-1-a", "Forwarding from a", Step("mark", "first"), hangs=True)
    kubectl.answer("port-forward pod/api-1-b", "Forwarding from b", 0.5, interrupts=True, hangs=True)
    going = pod("api-1-a")
    going["metadata"]["deletionTimestamp"] = "2026-07-01T10:00:00Z"
    kubectl.answer(
        WATCHED,
        event("ADDED", pod("api-1-a")),
        Step("until", "first"),
        event("MODIFIED", going),
        event("ADDED", pod("api-1-b", ready=False)),
        event("DELETED", going),
        0.5,
        event("MODIFIED", pod("api-1-b")),
        hangs=True,
    )
    forward.run("staging", port=port)
    printed = capsys.readouterr()
    assert [line.rpartition(" ")[2] for line in printed.out.splitlines()] == ["api-1-a", "api-1-b"]
    assert printed.err == "no pod is ready: waiting for one\n"
    assert kubectl.running() == []


@pytest.mark.parametrize("seen_twice", [False, True], ids=["gone before the watch", "gone as it begins"])
def test_a_pod_that_goes_before_it_is_watched_is_missed_and_another_takes_its_place(
    kubectl: FakeKubectl, capsys: pytest.CaptureFixture[str], port: int, seen_twice: bool
) -> None:
    kubectl.answer(LISTED, [pod("api-1-a")], once=True)
    kubectl.answer(LISTED, [pod("api-1-a")] if seen_twice else [])
    kubectl.answer("services", [SERVICE])
    kubectl.answer(
        "port-forward pod/api-1-a", 'Error from server (NotFound): pods "api-1-a" not found', code=1
    )
    kubectl.answer("port-forward pod/api-1-b", "Forwarding from b", 0.5, interrupts=True, hangs=True)
    gone = [event("DELETED", pod("api-1-a"))] if seen_twice else []
    kubectl.answer(WATCHED, 0.5, *gone, 0.5, event("ADDED", pod("api-1-b")), hangs=True)
    forward.run("staging", port=port)
    printed = capsys.readouterr()
    assert printed.out == f"http://127.0.0.1:{port} is api, by pod api-1-b\n"
    assert "no pod is ready: waiting for one" in printed.err.splitlines()
    assert kubectl.running() == []


def test_a_tunnel_that_ends_is_opened_again(
    kubectl: FakeKubectl, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], port: int
) -> None:
    monkeypatch.setattr(forward, "RETRY_SECONDS", 0)
    kubectl.answer(LISTED, [pod("api-1-a")])
    kubectl.answer("services", [SERVICE])
    kubectl.answer(WATCHED, Step("until", "again"), 0.5, interrupts=True, hangs=True)
    kubectl.answer("port-forward", "error: lost connection to pod", code=1, once=True)
    kubectl.answer("port-forward", "error: lost connection to pod", Step("mark", "again"), code=1)
    forward.run("staging", port=port)
    assert len(kubectl.calls("port-forward")) > 1
    # However often it is tried.
    assert capsys.readouterr().err == "error: lost connection to pod\n"
    assert kubectl.running() == []


def test_a_tunnel_that_ends_is_opened_to_another_pod_where_there_is_one(
    kubectl: FakeKubectl, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], port: int
) -> None:
    """A pod counts as ready for a while when its node is lost."""
    monkeypatch.setattr(forward, "RETRY_SECONDS", 0)
    kubectl.answer(LISTED, [pod("api-1-a"), pod("api-1-b")])
    kubectl.answer("services", [SERVICE])
    kubectl.answer(WATCHED, 4.0, interrupts=True, hangs=True)
    kubectl.answer("port-forward pod/api-1-a", "error: lost connection to pod", code=1, once=True)
    kubectl.answer("port-forward pod/api-1-b", "error: error dialing backend", code=1)
    kubectl.answer("port-forward pod/api-1-a", "Forwarding from a", 0.5, interrupts=True, hangs=True)
    forward.run("staging", port=port)
    assert capsys.readouterr().out == f"http://127.0.0.1:{port} is api, by pod api-1-a\n"
    assert kubectl.running() == []


def test_a_complaint_of_several_lines_is_printed_once(
    kubectl: FakeKubectl, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], port: int
) -> None:
    monkeypatch.setattr(forward, "RETRY_SECONDS", 0)
    kubectl.answer(LISTED, [pod("api-1-a")])
    kubectl.answer("services", [SERVICE])
    kubectl.answer(WATCHED, hangs=True)
    said = ("an error occurred forwarding 1 -> 2", "error: lost connection to pod")
    kubectl.answer("port-forward", *said, code=1, once=True)
    kubectl.answer("port-forward", *said, code=1, once=True)
    kubectl.answer("port-forward", 0.5, interrupts=True, hangs=True)
    forward.run("staging", port=port)
    assert capsys.readouterr().err.splitlines() == list(said)


def test_a_port_that_another_program_takes_meanwhile_ends_it_with_the_remedy(
    kubectl: FakeKubectl, monkeypatch: pytest.MonkeyPatch, port: int
) -> None:
    kubectl.answer(LISTED, [pod("api-1-a")])
    kubectl.answer("services", [SERVICE])
    kubectl.answer(WATCHED, hangs=True)
    taken = f"Unable to listen on port {port}: bind: address already in use"
    kubectl.answer("port-forward", taken, "error: unable to listen", code=1, once=True)
    kubectl.answer("port-forward", 0.5, interrupts=True, hangs=True)
    with pytest.raises(
        UserError, match=f"^port {port} of 127.0.0.1 was taken meanwhile: give another --port$"
    ):
        forward.run("staging", port=port)
    assert kubectl.running() == []


def test_who_may_not_forward_is_told_so_once(kubectl: FakeKubectl, port: int) -> None:
    denied = (
        'error: error upgrading connection: pods "api-1-a" is forbidden: User "ci" cannot create resource'
    )
    kubectl.answer(LISTED, [pod("api-1-a")])
    kubectl.answer("services", [SERVICE])
    kubectl.answer(WATCHED, hangs=True)
    kubectl.answer("port-forward", denied, code=1)
    with pytest.raises(UserError) as raised:
        forward.run("staging", port=port)
    assert str(raised.value) == denied
    assert kubectl.running() == []


@pytest.mark.parametrize(
    ("pods", "services", "message"),
    [
        ([], [], "api in staging: there is no pod: invoke status staging says why"),
        (
            [pod("a", ready=False)],
            [],
            "api in staging: none of 1 pods is ready: invoke status staging says why",
        ),
        ([pod("a")], [], "api in staging has no Service of TCP: nothing to forward to"),
    ],
)
def test_without_a_pod_or_a_service_there_is_one_message(
    kubectl: FakeKubectl, port: int, pods: list[Object], services: list[Object], message: str
) -> None:
    kubectl.answer("GET .*/pods", pods)
    kubectl.answer("get .*services", services)
    kubectl.answer("get .*secrets", [stored_release(1, "deployed")])
    with pytest.raises(UserError) as raised:
        forward.run("staging", port=port)
    assert str(raised.value) == message


@pytest.mark.parametrize("number", [0, -1, 65536])
def test_a_port_that_is_none_is_refused(number: int) -> None:
    with pytest.raises(UserError, match=f"--port {number} is no port: give one from 1 to 65535"):
        forward.run("staging", port=number)


def test_a_port_that_is_taken_is_refused() -> None:
    with socket.socket() as other:
        other.bind((forward.ADDRESS, 0))
        other.listen()
        number = other.getsockname()[1]
        with pytest.raises(
            UserError, match=f"port {number} of 127.0.0.1: Address already in use: give another"
        ):
            forward.run("staging", port=number)
