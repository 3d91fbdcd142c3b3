"""`invoke shell`: where it opens a shell, with which rights, and how it ends."""

from __future__ import annotations

import json
from typing import Any

import pytest
from invoke.exceptions import Exit

from ci.base.errors import UserError
from ci.deploy import shell
from ci.kubernetes.manifests import Object
from tests.support.fake_kubectl import FakeKubectl
from tests.support.rollouts import RUNNING, container, terminated, waiting
from tests.support.stored_releases import stored_release

NO_SHELL = 'exec: "sh": executable file not found in $PATH: unknown'
FOUND = "exec .*command -v"


def pod(name: str = "api-1-a", *, ready: bool = True, created: int = 0, **more: Any) -> Object:
    context = {"runAsUser": 2000, "runAsGroup": 3000}
    return {
        "kind": "Pod",
        "metadata": {"name": name, "creationTimestamp": f"2026-07-01T10:00:0{created}Z"},
        "spec": {"containers": [{"name": "api", "image": "myrepo/api:1", "securityContext": context}]},
        "status": {
            "conditions": [{"type": "Ready", "status": str(ready)}],
            "containerStatuses": [container(state=RUNNING)],
        }
        | more,
    }


@pytest.fixture(autouse=True)
def _one_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("secrets.token_hex", lambda count: "abc123")
    monkeypatch.setattr(shell, "POLL_SECONDS", 0)


@pytest.mark.parametrize("program", ["/bin/bash", "/bin/sh"])
def test_the_first_shell_that_is_found_is_opened_in_the_youngest_ready_pod(
    kubectl: FakeKubectl, capfd: pytest.CaptureFixture[str], program: str
) -> None:
    pods = [pod("api-1-b", created=5), pod("api-1-a", created=1), pod("api-1-c", created=9, ready=False)]
    kubectl.answer("GET .*/pods.*component=app$", pods)
    kubectl.answer(FOUND, program)
    kubectl.answer("exec", "hello")
    shell.run("staging")
    assert capfd.readouterr().out == "hello\n"
    assert kubectl.calls("exec")[-1] == [
        *("exec", "api-1-b", "--container=api", "--stdin", "--quiet", "--", program)
    ]


def test_it_opens_in_a_pod_of_the_workload_that_is_named(
    kubectl: FakeKubectl, capfd: pytest.CaptureFixture[str]
) -> None:
    labels = {"app.kubernetes.io/component": "worker-mail"}
    worker = {"metadata": {"name": "api-mail"}, "spec": {"selector": {"matchLabels": labels}}}
    kubectl.answer("GET .*/(deployments|statefulsets)", [worker])
    kubectl.answer("GET .*/pods.*instance=api,app.kubernetes.io/component=worker-mail", [pod("api-mail-1-a")])
    kubectl.answer(FOUND, "/bin/sh")
    kubectl.answer("exec api-mail-1-a", "hello")
    shell.run("staging", workload="api-mail")
    assert capfd.readouterr().out == "hello\n"


def test_on_a_terminal_it_gets_one(kubectl: FakeKubectl, monkeypatch: pytest.MonkeyPatch) -> None:
    for stream in ("stdin", "stdout"):
        monkeypatch.setattr(f"sys.{stream}.isatty", lambda: True)
    assert shell._streams() == ["--stdin", "--tty"]


def test_its_exit_code_is_the_tasks(kubectl: FakeKubectl) -> None:
    kubectl.answer("GET .*/pods", [pod()])
    kubectl.answer(FOUND, "/bin/sh")
    kubectl.answer("exec", code=3)
    with pytest.raises(Exit) as raised:
        shell.run("staging")
    assert (raised.value.code, raised.value.message) == (3, None)


def test_without_a_ready_pod_a_running_one_will_do(
    kubectl: FakeKubectl, capfd: pytest.CaptureFixture[str]
) -> None:
    kubectl.answer("GET .*/pods", [pod(ready=False)])
    kubectl.answer(FOUND, "/bin/sh")
    kubectl.answer("exec")
    shell.run("staging")
    assert "a shell in container api of api-1-a, which is not ready" in capfd.readouterr().err


def test_an_image_without_a_shell_is_named_with_the_remedy(kubectl: FakeKubectl) -> None:
    kubectl.answer("GET .*/pods", [pod()])
    kubectl.answer(FOUND, err=NO_SHELL, code=1)
    with pytest.raises(UserError) as raised:
        shell.run("staging")
    assert str(raised.value) == (
        "the image myrepo/api:1 has no shell: invoke shell staging --debug opens one in a container beside it"
    )


@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize(
    ("pods", "message"),
    [
        ([], "api in staging: there is no pod: invoke status staging says why"),
        (
            [pod(ready=False, containerStatuses=[container(state=waiting("CrashLoopBackOff"))])],
            "api in staging: none of 1 pods is ready: invoke status staging says why",
        ),
    ],
)
def test_without_a_running_pod_there_is_one_message(
    kubectl: FakeKubectl, pods: list[Object], message: str, debug: bool
) -> None:
    kubectl.answer("GET .*/pods", pods)
    kubectl.answer("get .*secrets", [stored_release(1, "deployed")])
    with pytest.raises(UserError) as raised:
        shell.run("staging", debug=debug)
    assert str(raised.value) == message


def test_what_is_not_installed_is_said(kubectl: FakeKubectl) -> None:
    kubectl.answer("", [])
    with pytest.raises(UserError, match="api is not installed in staging"):
        shell.run("staging")


def test_what_the_user_may_not_do_is_passed_on(kubectl: FakeKubectl) -> None:
    kubectl.answer("GET .*/pods", [pod()])
    kubectl.answer("exec", err="Error from server (Forbidden): pods/exec", code=1)
    with pytest.raises(UserError, match="Forbidden"):
        shell.run("staging")


def with_debug(state: dict[str, Any]) -> Object:
    return pod(ephemeralContainerStatuses=[{"name": "debug-abc123", "state": state}])


def test_a_debug_container_has_the_services_user_and_what_restricted_asks_for(kubectl: FakeKubectl) -> None:
    kubectl.answer("GET .*/pods", [pod()])
    kubectl.answer("debug|attach")
    kubectl.answer("get .*pod api-1-a", with_debug(terminated(4)))
    with pytest.raises(Exit) as raised:
        shell.run("staging", debug=True)
    assert raised.value.code == 4
    (begun,), (attached,) = kubectl.calls("debug"), kubectl.calls("attach")
    where = ["api-1-a", "--container=debug-abc123"]
    assert begun[1:3] == attached[1:3] == where
    assert {"--target=api", "--image=busybox:1.37", "--stdin", "--attach=false"} <= set(begun)
    assert begun[-2:] == ["--", "sh"]
    (profile,) = kubectl.files()
    assert json.loads(profile) == {
        "securityContext": {
            "runAsUser": 2000,
            "runAsGroup": 3000,
            "runAsNonRoot": True,
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "stdinOnce": True,
    }


@pytest.mark.parametrize(
    ("container_context", "pod_context", "user", "non_root"),
    [
        ({}, {}, shell.CHART_USER, True),
        ({}, {"runAsUser": 5}, 5, True),
        ({"runAsUser": 6}, {"runAsUser": 5}, 6, True),
        ({"runAsUser": 0}, {"runAsUser": 5}, 0, False),
    ],
)
def test_the_user_is_the_containers_then_the_pods_then_the_charts(
    container_context: dict[str, Any], pod_context: dict[str, Any], user: int, non_root: bool
) -> None:
    one = pod()
    one["spec"]["containers"][0]["securityContext"] = container_context
    one["spec"]["securityContext"] = pod_context
    context = shell._profile(one)["securityContext"]
    assert (context["runAsUser"], context["runAsNonRoot"]) == (user, non_root)


def test_a_debug_container_that_cannot_start_is_explained(kubectl: FakeKubectl) -> None:
    kubectl.answer("GET .*/pods", [pod()])
    kubectl.answer("debug")
    kubectl.answer("get .*pod api-1-a", with_debug(waiting("ErrImagePull", "no such host")))
    with pytest.raises(UserError) as raised:
        shell.run("staging", debug=True)
    assert str(raised.value) == (
        "no shell beside api-1-a: the image busybox:1.37, container debug-abc123: ErrImagePull: no such host"
    )
    assert kubectl.calls("attach") == []
