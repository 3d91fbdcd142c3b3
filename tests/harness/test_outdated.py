"""Which pinned versions are behind, asked of a stand-in for the module proxy and for GitHub."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler

import pytest
from invoke.exceptions import Exit
from packaging.version import Version

from ci import outdated
from ci.base.errors import UserError
from ci.base.programs import HELM
from ci.base.repository import root
from ci.kubernetes.versions import NEWEST
from tests.support.servers import serving


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """What is answered for each path: at first that nothing is newer than what is pinned; else 404.

    Of a project that is pinned twice, only the newer version counts here: the other one is behind.
    """
    pins = outdated.pins()
    by_age = sorted(pins, key=lambda pin: Version(pin.version))
    newest = {pin.repository or pin.what: pin for pin in by_age}
    monkeypatch.setattr(outdated, "pins", lambda: [pin for pin in pins if pin in newest.values()])
    known = {}
    for pin in outdated.pins():
        for module in pin.modules[:1]:
            known[f"/{module}/@v/list"] = f"v0.0.1\nv{pin.version}\n"
        known[f"/repos/{pin.repository}/releases/latest"] = json.dumps({"tag_name": f"v{pin.version}"})
    known["/k8s.io/kubernetes/@v/list"] = "v1.37.0\n"

    class Listed(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = known.get(self.path)
            content = (found or "").encode()
            self.send_response(200 if found is not None else 404)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    with serving(Listed) as address:
        monkeypatch.setenv("GOPROXY", f"{address},direct")
        monkeypatch.setenv("GITHUB_API_URL", address)
        yield known


def line(output: str, what: str) -> str:
    return next(" ".join(line.split()) for line in output.splitlines() if line.startswith(what))


def test_everything_that_is_pinned_is_asked_for() -> None:
    pins = outdated.pins()
    assert [
        pin.what for pin in pins if not pin.what.startswith(("custom kinds of ", "add-on ", "action "))
    ] == [*("helm", "helm", "kube-score", "cosign", "actionlint", "kind", "kubectl", "Kubernetes")]
    files = (root() / "ci/kubernetes/crds").glob("*.yaml")
    projects = {
        match for file in files for match in re.findall(r"project: github.com/(.*)", file.read_text())
    }
    assert {pin.what for pin in pins if pin.what.startswith("custom")} == {
        f"custom kinds of {project}" for project in projects
    }
    files = (root() / ".github/workflows").glob("*.yaml")
    used = {match for file in files for match in re.findall(r"uses: (\w[\w/-]+)@", file.read_text())}
    assert {pin.what for pin in pins if pin.what.startswith("action ")} == {f"action {one}" for one in used}
    assert {pin.what.removeprefix("add-on ") for pin in pins if pin.what.startswith("add-on")} == {
        *("cert-manager/cert-manager", "external-secrets/external-secrets", "getmoto/moto", "kedacore/keda"),
        *("kubernetes-sigs/gateway-api", "kubernetes-sigs/metrics-server", "letsencrypt/pebble"),
        *("openbao/openbao", "projectcontour/contour", "prometheus-operator/prometheus-operator"),
    }


def test_where_nothing_is_newer_it_ends_well(
    answers: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    outdated.report()
    output = capsys.readouterr().out
    assert line(output, "helm 4") == f"helm {HELM[4].version} newest"
    assert line(output, "Kubernetes") == f"Kubernetes {NEWEST} newest"


def test_what_is_behind_is_listed_with_its_file_and_an_exit_code_of_its_own(
    answers: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    answers["/helm.sh/helm/v4/@v/list"] += "v4.100.0\nv4.99.0\nv5.0.0-rc.1\nnonsense\n"
    answers["/k8s.io/kubernetes/@v/list"] += "v1.99.3\n"
    answers["/repos/actions/checkout/releases/latest"] = '{"tag_name": "v99.0.0"}'
    # A new major version is another module.
    answers["/github.com/argoproj/argo-cd/v4/@v/list"] = "v4.0.0\n"
    with pytest.raises(Exit, match="pinned versions: 5 behind, 0 unknown") as ended:
        outdated.report()
    assert ended.value.code == 2
    output = capsys.readouterr().out
    assert line(output, "helm 4").endswith("behind 4.100.0 is there; pinned in ci/base/programs.toml")
    assert line(output, "kubectl").endswith("behind 1.99.3 is there; pinned in ci/base/programs.toml")
    assert line(output, "Kubernetes").endswith("behind 1.99 is there; pinned in ci/kubernetes/versions.py")
    assert line(output, "custom kinds of argoproj/argo-cd").endswith(
        "behind 4.0.0 is there; pinned in ci/kubernetes/crds"
    )
    assert line(output, "action actions/checkout").endswith(
        "behind 99.0.0 is there; pinned in .github/workflows"
    )


def test_what_cannot_be_looked_up_is_named_with_the_reason(
    answers: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    del answers["/repos/actions/checkout/releases/latest"]
    # A list that lacks what is pinned is not whole.
    answers["/sigs.k8s.io/kind/@v/list"] = "v0.0.1\n"
    with pytest.raises(UserError, match=r"^of \d+ pinned versions: 2 unknown$"):
        outdated.report()
    output = capsys.readouterr().out
    assert re.search(
        "unknown http://.*/repos/actions/checkout/releases/latest: HTTP 404", line(output, "action ")
    )
    assert line(output, "kind").endswith("unknown the newest that is listed is 0.0.1")


def test_github_is_asked_about_a_project_that_the_module_proxy_does_not_know(
    answers: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    answers["/github.com/external-secrets/external-secrets/@v/list"] = "v1.0.0\n"
    answers["/repos/external-secrets/external-secrets/releases/latest"] = '{"tag_name": "v99.0.0"}'
    with pytest.raises(Exit):
        outdated.report()
    assert "behind 99.0.0 is there" in line(capsys.readouterr().out, "custom kinds of external-secrets/")
