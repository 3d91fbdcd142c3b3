"""Uploads by ChartMuseum's API, to a stand-in that answers as its documentation says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import ClassVar

import pytest

from ci.base import kubernetes_yaml
from ci.base.errors import UserError
from ci.publishing import archive, publish
from ci.publishing.chartmuseum import ChartMuseum
from tests.support.publishers import Helm, Key, Shop
from tests.support.servers import Certificate, is_logged_in, serving


class Museum(BaseHTTPRequestHandler):
    """The repository "team" of a server: https://github.com/helm/chartmuseum#api."""

    files: ClassVar[dict[str, bytes]]
    guarded: ClassVar[bool] = False
    breaks_off: ClassVar[bool] = False

    def do_GET(self) -> None:
        if self.guarded and not is_logged_in(self):
            return
        if self.path == "/team/index.yaml":
            entries: dict[str, list[object]] = {}
            for name, content in self.files.items():
                if name.endswith(".tgz"):
                    chart = kubernetes_yaml.load(_chart_yaml(content), name)
                    entries.setdefault(chart["name"], []).append({**chart, "urls": [f"charts/{name}"]})
            self.answer(200, kubernetes_yaml.dump([{"apiVersion": "v1", "entries": entries}]).encode())
        else:
            found = self.files.get(self.path.removeprefix("/team/charts/"))
            self.answer(200 if found else 404, found or b'{"error":"not found"}')

    def do_POST(self) -> None:
        if self.guarded and not is_logged_in(self):
            return
        if self.breaks_off:
            self.rfile.read(10)
            self.close_connection = True
            return
        content = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/api/team/prov":
            found = re.search(rb"^  (\S+\.tgz): sha256:", content, re.MULTILINE)
            assert found
            name = f"{found[1].decode()}.prov"
        else:
            assert self.path == "/api/team/charts"
            chart = kubernetes_yaml.load(_chart_yaml(content), "upload")
            name = f"{chart['name']}-{chart['version']}.tgz"
        if name in self.files:
            return self.answer(409, b'{"error":"file already exists"}')
        self.files[name] = content
        self.answer(201, b'{"saved":true}')

    def answer(self, status: int, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *arguments: object) -> None:
        pass


def _chart_yaml(package: bytes) -> str:
    return archive.unpack(package)["microservice/Chart.yaml"].decode()


@pytest.fixture
def museum() -> type[Museum]:
    return type("Museum", (Museum,), {"files": {}})


@pytest.fixture
def url(museum: type[Museum]) -> Iterator[str]:
    with serving(museum) as address:
        yield f"{address}/team"


def run(to: str, *, key: str = "", ca_file: str = "") -> None:
    publish.run(to, dry_run=False, key=key, cosign_key="", ca_file=ca_file, plain_http=False)


def test_what_was_uploaded_comes_back_signed(
    url: str, museum: type[Museum], publisher: Helm, shop: Shop, key: Key, capsys: pytest.CaptureFixture[str]
) -> None:
    package = shop.version("1.2.3")
    run(url, key=key.name)
    assert museum.files[package.path.name] == package.content
    assert set(museum.files) == {package.path.name, package.provenance.name}
    assert f"{url}/charts/microservice-1.2.3.tgz" in capsys.readouterr().out
    run(url, key=key.name)
    assert "is already published" in capsys.readouterr().out


def test_a_published_version_is_never_replaced(
    url: str, museum: type[Museum], publisher: Helm, shop: Shop
) -> None:
    first = shop.version("1.2.3")
    run(url)
    second = shop.version("1.2.3", colour="red")
    with pytest.raises(
        UserError, match=r"microservice 1\.2\.3 is already published in http://.* with other content"
    ):
        run(url)
    # Who asks before the first was there, and uploads after it, is the second nevertheless.
    ChartMuseum(url, "").add([second])
    assert museum.files == {first.path.name: first.content}


def test_the_login_is_that_of_helm_repo_add(
    url: str, museum: type[Museum], publisher: Helm, shop: Shop
) -> None:
    package = shop.version("1.2.3")
    museum.guarded = True
    with pytest.raises(UserError, match=rf"401 .*\nlog in with: helm repo add NAME {url}/ --username USER"):
        run(url)
    publisher.log_in("repo", "add", "team", url)
    run(url)
    assert museum.files[package.path.name] == package.content


def test_a_certificate_is_that_of_helm_repo_add_or_of_the_option(
    museum: type[Museum], publisher: Helm, shop: Shop, tls: Certificate
) -> None:
    package = shop.version("1.2.3")
    with serving(museum, tls) as address:
        with pytest.raises(
            UserError, match=r"CERTIFICATE_VERIFY_FAILED.*: pass its CA certificate with --ca-file"
        ):
            run(f"{address}/team")
        assert not ChartMuseum(f"{address}/team", str(tls.file)).holds(package, signed=False)
        publisher("repo", "add", "team", f"{address}/team", "--ca-file", str(tls.file))
        run(f"{address}/team")
    assert museum.files[package.path.name] == package.content


def test_a_repository_that_is_down_is_named(publisher: Helm, shop: Shop) -> None:
    shop.version("1.2.3")
    with pytest.raises(UserError, match=r"http://127\.0\.0\.1:9/index\.yaml: .*check that it is up"):
        run("http://127.0.0.1:9")


def test_an_upload_that_breaks_off_leaves_what_was_there(
    url: str, museum: type[Museum], publisher: Helm, shop: Shop
) -> None:
    old = shop.version("1.2.3")
    run(url)
    new = shop.version("1.2.4")
    museum.breaks_off = True
    with pytest.raises(UserError, match=r"/api/team/charts: .*check that it is up"):
        run(url)
    assert museum.files == {old.path.name: old.content}
    museum.breaks_off = False
    run(url)
    assert museum.files[new.path.name] == new.content


def test_an_index_that_is_none_is_named(publisher: Helm, shop: Shop) -> None:
    class Elsewhere(Museum):
        def do_GET(self) -> None:
            self.answer(200, b"<html></html>")

    shop.version("1.2.3")
    with (
        serving(Elsewhere) as address,
        pytest.raises(UserError, match=r"index\.yaml is not the index of a chart"),
    ):
        run(address)
