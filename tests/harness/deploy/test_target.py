"""A deploy reaches the one cluster that its environment names, or says why it does not."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from ci.base.errors import UserError
from ci.deploy.reasons import Code, Refused
from ci.deploy.target import reached
from tests.support.repository import Repository
from tests.support.servers import serving


class _Cluster(BaseHTTPRequestHandler):
    """An API server that refuses every login, or answers, as its path begins."""

    status = 200

    def do_GET(self) -> None:
        body = json.dumps({"gitVersion": "v1.34.4"} if self.status == 200 else _unauthorized()).encode()
        self.send_response(self.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        pass


class _Expired(_Cluster):
    status = 401


def _unauthorized() -> dict[str, object]:
    return {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "Unauthorized", "code": 401}


@pytest.fixture
def kubeconfig(repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's kubeconfig, which is not there yet; staging is its context eu."""
    repository.write("values/environments.yaml", "staging: {context: eu, namespace: stage}")
    repository.write("values/api.yaml", "{}")
    file = tmp_path / "home" / "config"
    monkeypatch.setenv("KUBECONFIG", str(file))
    return file


def write(file: Path, server: str, current: str = "eu") -> None:
    entry = {"cluster": "c", "user": "u"}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": current,
        "contexts": [{"name": name, "context": entry} for name in ("eu", "us")],
        "clusters": [{"name": "c", "cluster": {"server": server}}],
        "users": [{"name": "u", "user": {"token": "t"}}],
    }
    file.parent.mkdir()
    file.write_text(json.dumps(config))


def refusal() -> Refused:
    with pytest.raises(Refused) as refused, reached("staging"):
        pass
    return refused.value


def test_the_target_has_a_kubeconfig_of_its_own_which_ends_with_it(kubeconfig: Path) -> None:
    with serving(_Cluster) as url:
        write(kubeconfig, url)
        before = kubeconfig.read_bytes()
        with reached("staging") as target:
            own = target.kubeconfig
            assert own != kubeconfig
            assert own.stat().st_mode & 0o777 == 0o600
            # What happens to the user's meanwhile changes nothing.
            kubeconfig.unlink()
            namespace = target.kubectl("config", "view", "--output=jsonpath={.contexts[*].context.namespace}")
            assert namespace == target.namespace == "stage"
            assert target.kubectl("config", "current-context").strip() == "eu"
            kubeconfig.write_bytes(before)
        assert not own.parent.exists()


def test_without_a_kubeconfig_it_is_said_where_the_context_is_to_come_from(kubeconfig: Path) -> None:
    error = refusal()
    assert error.reason.code is Code.CONTEXT_MISMATCH
    assert error.reason.message == (
        "staging is the context eu (values/environments.yaml), which your kubeconfig does not have "
        "(it has none): get it from whoever runs the cluster, or set KUBECONFIG to the file that has it"
    )


def test_a_context_that_the_kubeconfig_does_not_have_is_refused_with_those_that_it_has(
    kubeconfig: Path, repository: Repository
) -> None:
    write(kubeconfig, "http://127.0.0.1:1", current="us")
    repository.write("values/environments.yaml", "staging: {context: asia}")
    assert "which your kubeconfig does not have (it has eu, us): get it" in refusal().reason.message


def test_without_a_current_context_the_one_to_choose_is_named(kubeconfig: Path) -> None:
    write(kubeconfig, "http://127.0.0.1:1", current="")
    words = "and you have chosen no context: kubectl config use-context eu"
    assert refusal().reason.message.endswith(words)


def test_a_kubeconfig_that_cannot_be_read_is_an_error_with_its_path(kubeconfig: Path) -> None:
    kubeconfig.parent.mkdir()
    kubeconfig.write_text("contexts: [")
    with pytest.raises(UserError) as raised, reached("staging"):
        pass
    assert str(raised.value).startswith("reading the kubeconfig: ")
    assert str(kubeconfig) in str(raised.value)


def test_another_current_context_is_refused_with_both(kubeconfig: Path) -> None:
    write(kubeconfig, "http://127.0.0.1:1", current="us")
    error = refusal()
    assert error.reason.code is Code.CONTEXT_MISMATCH
    assert "your current context is us: kubectl config use-context eu" in error.reason.message


def test_a_cluster_out_of_reach_is_named(kubeconfig: Path) -> None:
    write(kubeconfig, "http://127.0.0.1:1")
    error = refusal()
    assert error.reason.code is Code.UNREACHABLE
    assert error.reason.message.startswith("the cluster of staging (context eu) gives no answer: ")
    assert "127.0.0.1:1" in error.reason.message


def test_an_expired_login_is_told_from_a_cluster_out_of_reach(kubeconfig: Path) -> None:
    with serving(_Expired) as url:
        write(kubeconfig, url)
        error = refusal()
    assert error.reason.code is Code.UNREACHABLE
    assert "(context eu) refuses your login; log in again: " in error.reason.message


def test_what_the_user_may_not_do_there_is_refused_with_the_rule_that_is_missing(kubeconfig: Path) -> None:
    denied = 'User "ci" cannot list resource "secrets" in API group "" in the namespace "stage"'
    with serving(_Cluster) as url:
        write(kubeconfig, url)
        with pytest.raises(Refused) as refused, reached("staging"):
            raise UserError(f"api: helm history failed\nsecrets is forbidden: {denied}")
        with pytest.raises(UserError, match="another error"), reached("staging"):
            raise UserError("another error")
    assert refused.value.reason.code is Code.NOT_ALLOWED
    rule = '{apiGroups: [""], resources: [secrets], verbs: [list]}'
    assert refused.value.reason.message.endswith(f"have this rule added to your Role: {rule}")
