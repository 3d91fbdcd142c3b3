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

    server_path: ClassVar[str] = ""
    repository: ClassVar[str] = "/team"
    packages_path: ClassVar[str] = "charts/"
    has_provenance: ClassVar[bool] = True
    files: ClassVar[dict[str, bytes]]
    guarded: ClassVar[bool] = False
    breaks_off: ClassVar[bool] = False

    def do_GET(self) -> None:
        if self.guarded and not is_logged_in(self):
            return
        if self.path == f"{self.server_path}{self.repository}/index.yaml":
            entries: dict[str, list[object]] = {}
            for name, content in self.files.items():
                if name.endswith(".tgz"):
                    chart = kubernetes_yaml.load(_chart_yaml(content), name)
                    entries.setdefault(chart["name"], []).append({**chart, "urls": [self.address(name)]})
            info = {"serverInfo": {"contextPath": self.server_path}} if self.server_path else {}
            index = {"apiVersion": "v1", "entries": entries, **info}
            return self.answer(200, kubernetes_yaml.dump([index]).encode())
        _, at, name = self.path.partition(f"{self.server_path}{self.repository}/{self.packages_path}")
        found = self.files.get(name) if at else None
        self.answer(200 if found else 404, found or b'{"error":"not found"}')

    def address(self, name: str) -> str:
        return f"{self.packages_path}{name}"

    def do_POST(self) -> None:
        if self.guarded and not is_logged_in(self):
            return
        if self.breaks_off:
            self.rfile.read(10)
            self.close_connection = True
            return
        content = self.rfile.read(int(self.headers["Content-Length"]))
        if self.has_provenance and self.path == f"{self.server_path}/api{self.repository}/prov":
            found = re.search(rb"^  (\S+\.tgz): sha256:", content, re.MULTILINE)
            assert found
            name = f"{found[1].decode()}.prov"
        elif self.path == f"{self.server_path}/api{self.repository}/charts":
            boundary = self.headers["Content-Type"].partition("boundary=")[2].encode()
            (form,) = content.split(b"--" + boundary)[1:-1]
            assert b'name="chart"' in form
            content = form.partition(b"\r\n\r\n")[2].removesuffix(b"\r\n")
            chart = kubernetes_yaml.load(_chart_yaml(content), "upload")
            name = f"{chart['name']}-{chart['version']}.tgz"
        else:
            return self.answer(404, b'{"error":"not found"}')
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


class MuseumBelow(Museum):
    """ChartMuseum with --context-path=/charts."""

    server_path = "/charts"


class Gitea(Museum):
    """Gitea below a path: https://docs.gitea.com/usage/packages/helm/."""

    server_path = "/git/api/packages/me/helm"
    repository = ""
    packages_path = ""
    has_provenance = False

    def address(self, name: str) -> str:
        return f"http://{self.headers['Host']}{self.server_path}/{name}"


class GitLab(Museum):
    """The channel "stable" of a project: https://docs.gitlab.com/api/packages/helm/."""

    server_path = "/api/v4/projects/group%2Fproject/packages/helm"
    repository = "/stable"
    has_provenance = False


class Elsewhere(Museum):
    """A repository whose packages are on another server, to which its login must not go."""

    packages: ClassVar[str]
    guarded = True

    def address(self, name: str) -> str:
        return f"{self.packages}/team/charts/{name}"


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


@pytest.mark.parametrize("kind", [MuseumBelow, Gitea, GitLab])
def test_a_server_says_itself_where_it_takes_and_gives_packages(
    kind: type[Museum], publisher: Helm, shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    package = shop.version("1.2.3")
    server: type[Museum] = type("Server", (kind,), {"files": {}})
    with serving(server) as address:
        url = f"{address}{kind.server_path}{kind.repository}"
        run(url)
        assert server.files == {package.path.name: package.content}
        assert f"{url}/{kind.packages_path}microservice-1.2.3.tgz" in capsys.readouterr().out
        run(url)
        assert "is already published" in capsys.readouterr().out
        publisher("repo", "add", "team", url)
        publisher("pull", "team/microservice", "--destination", str(shop.root))
    assert (shop.root / package.path.name).read_bytes() == package.content


@pytest.mark.parametrize("kind", [Gitea, GitLab])
def test_nothing_is_uploaded_where_it_could_not_be_signed(
    kind: type[Museum], publisher: Helm, shop: Shop, key: Key
) -> None:
    shop.version("1.2.3")
    server: type[Museum] = type("Server", (kind,), {"files": {}})
    with serving(server) as address, pytest.raises(UserError, match="publish there without --sign"):
        run(f"{address}{kind.server_path}{kind.repository}", key=key.name)
    assert server.files == {}


def test_a_login_is_for_the_repository_and_not_for_where_its_packages_are(
    url: str, museum: type[Museum], publisher: Helm, shop: Shop
) -> None:
    shop.version("1.2.3")
    asked = []

    class Packages(Museum):
        files = museum.files

        def do_GET(self) -> None:
            asked.append(self.headers["Authorization"])
            super().do_GET()

    with serving(Packages) as packages:
        guarded: type[Museum] = type("Server", (Elsewhere,), {"files": museum.files, "packages": packages})
        with serving(guarded) as address:
            publisher.log_in("repo", "add", "team", f"{address}/team")
            run(f"{address}/team")
    assert asked == [None]


@pytest.mark.parametrize("entries", ["microservice: null", "other: [null, {version: 2024.01.02}, text]"])
def test_an_odd_index_hinders_nothing(entries: str, publisher: Helm, shop: Shop) -> None:
    class Odd(Museum):
        def do_GET(self) -> None:
            self.answer(200, f"entries: {{{entries}}}".encode())

    package = shop.version("1.2.3")
    with serving(Odd) as address:
        assert not ChartMuseum(address, "").holds(package, signed=False)


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
    class Website(Museum):
        def do_GET(self) -> None:
            self.answer(200, b"<html></html>")

    shop.version("1.2.3")
    with (
        serving(Website) as address,
        pytest.raises(UserError, match=r"index\.yaml is not the index of a chart"),
    ):
        run(address)
