"""Requests reach an API server by one kubectl proxy, which ends with whoever started it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from ci.base import kubernetes_yaml
from ci.base.processes import CommandError
from ci.base.repository import root
from ci.clusters import api as apis
from ci.clusters import kubectl
from ci.clusters.api import Api, RefusalError
from ci.clusters.kubectl import Kubectl
from tests.support.servers import serving

REFUSALS: dict[str, tuple[int, str, str]] = {
    "/forbidden": (403, json.dumps({"kind": "Status", "reason": "Forbidden", "message": "no"}), "json"),
    "/unknown": (404, "404 page not found\n", "plain"),
    "/expired": (401, json.dumps({"kind": "Status", "reason": "Unauthorized", "message": "no"}), "json"),
    "/proxy": (403, "<html>blocked</html>", "html"),
}


class _Server(BaseHTTPRequestHandler):
    """Answers with what it was asked, refuses what REFUSALS has, and is slow to answer /hang."""

    protocol_version = "HTTP/1.1"
    is_over = threading.Event()

    def answer(self) -> None:
        length = int(self.headers["Content-Length"] or 0)
        asked = {
            "method": self.command,
            "path": self.path,
            "body": kubernetes_yaml.load(self.rfile.read(length).decode(), "body") if length else None,
            "type": self.headers["Content-Type"],
        }
        if self.path == "/hang":
            self.is_over.wait(30)
        lists = {"kind": "PodList", "apiVersion": "v1", "items": [{"metadata": {"name": "api-1"}}]}
        status, text, kind = REFUSALS.get(self.path, (200, "", "json"))
        body = (text or json.dumps(lists if self.path.startswith("/pods") else asked)).encode()
        self.send_response(status)
        self.send_header("Content-Type", f"application/{kind}")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

    def log_message(self, format: str, *arguments: object) -> None:
        pass


def kubeconfig(folder: Path, server: str) -> Kubectl:
    config = {
        "current-context": "eu",
        "contexts": [{"name": "eu", "context": {"cluster": "c"}}],
        "clusters": [{"name": "c", "cluster": {"server": server}}],
    }
    file = folder / "kubeconfig"
    file.write_text(json.dumps(config))
    return Kubectl(file)


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    _Server.is_over.clear()
    with serving(_Server) as url, closing(Api(kubeconfig(tmp_path, url), tmp_path / "api.sock")) as made:
        yield made
        _Server.is_over.set()


def proxy(api: Api) -> subprocess.Popen[bytes]:
    assert api._proxy
    return api._proxy


def test_a_request_arrives_with_its_body_and_query(api: Api) -> None:
    asked = api.send("POST", "/apis/x", {"spec": {"a": 1}})
    assert (asked["method"], asked["path"]) == ("POST", "/apis/x")
    assert asked["body"] == {"spec": {"a": 1}}
    assert asked["type"] == "application/json"
    assert api.send("PATCH", "/x", {"a": 1})["type"] == "application/merge-patch+json"
    applied = api.send("PATCH", "/x", "a: ü")
    assert (applied["type"], applied["body"]) == ("application/apply-patch+yaml", {"a": "ü"})
    assert api.get("/x", labelSelector="a=b,c")["path"] == "/x?labelSelector=a%3Db%2Cc"


def test_a_server_whose_address_has_a_path_is_asked_below_it(tmp_path: Path) -> None:
    """As those of Rancher have."""
    with (
        serving(_Server) as url,
        closing(Api(kubeconfig(tmp_path, f"{url}/k8s/clusters/c-1"), tmp_path / "api.sock")) as api,
    ):
        assert api.get("/x", labelSelector="a")["path"] == "/k8s/clusters/c-1/x?labelSelector=a"


def test_objects_of_a_list_have_their_kind(api: Api) -> None:
    assert api.list("/pods") == [{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "api-1"}}]


def test_many_requests_at_once_share_one_proxy(api: Api) -> None:
    with ThreadPoolExecutor(8) as pool:
        paths = [f"/{number}" for number in range(50)]
        assert [asked["path"] for asked in pool.map(api.get, paths)] == paths
        first = proxy(api)
    api.get("/again")
    assert proxy(api) is first


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/forbidden", "Error from server (Forbidden): no"),
        ("/unknown", "Error from server (NotFound): 404 page not found"),
        ("/expired", "Error from server (Unauthorized): no"),
        ("/proxy", "Error from server (Forbidden): <html>blocked</html>"),
    ],
)
def test_a_refusal_has_kubectls_words(api: Api, path: str, words: str) -> None:
    with pytest.raises(RefusalError) as refused:
        api.get(path)
    assert refused.value.output == words
    code, text, kind = REFUSALS[path]
    assert refused.value.http_code == code
    assert refused.value.status == (json.loads(text) if kind == "json" else {})
    assert kubectl.refuses_login(refused.value) is (path == "/expired")
    assert not kubectl.is_unreachable(refused.value)


def test_a_server_that_is_not_there_is_unreachable(tmp_path: Path) -> None:
    api = Api(kubeconfig(tmp_path, "http://127.0.0.1:1"), tmp_path / "api.sock")
    with closing(api), pytest.raises(CommandError) as lost:
        api.get("/version")
    assert kubectl.is_unreachable(lost.value)
    assert "127.0.0.1:1" in str(lost.value)


def test_after_a_request_without_an_answer_a_new_proxy_connects(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.get("/x")
    before = proxy(api)
    monkeypatch.setattr(apis, "ANSWER_SECONDS", 0.3)
    with pytest.raises(CommandError) as lost:
        api.get("/hang")
    assert kubectl.is_unreachable(lost.value)
    assert before.poll() is not None
    monkeypatch.setattr(apis, "ANSWER_SECONDS", 10)
    assert api.get("/x")["path"] == "/x"
    assert proxy(api) is not before


def test_a_proxy_that_was_killed_is_replaced(api: Api) -> None:
    api.get("/x")
    os.killpg(proxy(api).pid, signal.SIGKILL)
    with pytest.raises(CommandError):
        api.get("/x")
    assert api.get("/x")["path"] == "/x"


def test_a_kubeconfig_that_cannot_be_used_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "kubeconfig").write_text("contexts: [")
    api = Api(Kubectl(tmp_path / "kubeconfig"), tmp_path / "api.sock")
    words = r"connecting to the cluster: kubectl .*\n.*kubeconfig"
    with closing(api), pytest.raises(CommandError, match=words):
        api.get("/version")


def test_the_proxy_ends_when_it_is_closed_and_nothing_is_left(api: Api, tmp_path: Path) -> None:
    api.get("/x")
    started = proxy(api)
    api.close()
    assert started.poll() is not None
    assert not (tmp_path / "api.sock").exists()


KILLED = """
import os, signal, sys
from pathlib import Path
from ci.clusters.api import Api
from ci.clusters.kubectl import Kubectl
api = Api(Kubectl(Path(sys.argv[1])), Path(sys.argv[2]))
api.get("/x")
print(api._proxy.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_the_proxy_ends_with_a_process_that_is_killed(tmp_path: Path) -> None:
    with serving(_Server) as url:
        call = kubeconfig(tmp_path, url)
        command = [sys.executable, "-c", KILLED, str(call.kubeconfig), str(tmp_path / "api.sock")]
        ended: Any = subprocess.run(command, cwd=root(), capture_output=True, text=True, check=False)
        group = int(ended.stdout)
        end = time.monotonic() + 10
        while _is_alive(group):
            assert time.monotonic() < end
            time.sleep(0.02)


def _is_alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
