"""Which certificates are trusted, and which proxy a request goes through."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import httpx
import pytest

from ci.base import download, network
from ci.base.errors import Unavailable, UserError
from ci.base.programs import CACHE_VARIABLE, HELM, find
from tests.support.servers import Certificate, certificate, serving

PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


class Hello(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"hello")

    do_HEAD = do_GET

    def log_message(self, format: str, *arguments: object) -> None:
        pass


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove the variables of the machine that runs the tests."""
    for name in (*PROXIES, *map(str.upper, PROXIES), network.CERTIFICATES, "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def tls(tmp_path: Path) -> Certificate:
    return certificate(tmp_path)


@pytest.fixture
def address(tls: Certificate) -> Iterator[str]:
    with serving(Hello, tls) as address:
        yield address


def get(url: str, ca_file: str = "") -> str:
    with network.client(ca_file=ca_file, timeout=20, follow_redirects=True) as client:
        return client.get(url).text


def test_the_systems_certificates_are_trusted(
    address: str, tls: Certificate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = tmp_path / "certs"
    store.mkdir()
    # OpenSSL's name for a certificate in the folder of the system's.
    hashed = ["openssl", "x509", "-noout", "-hash", "-in", str(tls.file)]
    name = subprocess.run(hashed, capture_output=True, text=True, check=True).stdout.strip()
    (store / f"{name}.0").write_bytes(tls.file.read_bytes())
    monkeypatch.setenv("SSL_CERT_DIR", str(store))
    assert get(address) == "hello"


def test_the_certificate_that_a_variable_names_is_trusted(
    address: str, tls: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(network.CERTIFICATES, str(tls.file))
    assert get(address) == "hello"


def test_a_certificate_that_is_passed_is_the_only_one_trusted(
    address: str, tls: Certificate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "other").mkdir()
    monkeypatch.setenv(network.CERTIFICATES, str(tls.file))
    with pytest.raises(httpx.ConnectError) as refused:
        get(address, str(certificate(tmp_path / "other").file))
    assert network.is_untrusted(refused.value)
    monkeypatch.delenv(network.CERTIFICATES)
    assert get(address, str(tls.file)) == "hello"


def test_a_file_that_is_no_certificate_is_named_with_its_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for file in (tmp_path / "missing.pem", tmp_path / "empty.pem"):
        monkeypatch.setenv(network.CERTIFICATES, str(file))
        with pytest.raises(UserError, match=rf"^SSL_CERT_FILE: {file} is not a certificate: "):
            get("https://127.0.0.1:9")
        (tmp_path / "empty.pem").touch()


def test_a_download_from_a_server_that_is_not_trusted_is_not_called_out_of_reach(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    remedy = "to the system's, or name its file in SSL_CERT_FILE"
    with pytest.raises(UserError) as refused:
        find(replace(HELM[4], url=f"{address}/helm"))
    lines = str(refused.value).splitlines()
    assert lines[2].startswith("  release: the certificate of 127.0.0.1 is not trusted ([SSL: CERTIFICATE_")
    assert lines[2].endswith(remedy)
    assert lines[-1].endswith(f"or have this machine trust {address.removeprefix('https://')}.")
    assert download.obstacle(address).endswith(remedy)


def test_a_server_that_is_down_is_out_of_reach() -> None:
    assert download.obstacle("https://127.0.0.1:9/x").startswith("127.0.0.1:9 cannot be reached: ")
    with pytest.raises(Unavailable, match=r"^https://127\.0\.0\.1:9/x: .*refused"):
        download.from_release("https://127.0.0.1:9/x", "", "", Path("/nowhere"))


DIRECT = ""


@pytest.mark.parametrize(
    ("variables", "url", "wanted"),
    [
        ({}, "https://charts.example.com", DIRECT),
        ({"HTTPS_PROXY": "http://s:1"}, "https://charts.example.com", "http://s:1"),
        ({"HTTPS_PROXY": "http://s:1"}, "http://charts.example.com", DIRECT),
        ({"HTTPS_PROXY": "http://S:1", "https_proxy": "http://s:1"}, "https://a.example", "http://s:1"),
        ({"HTTPS_PROXY": "s:1"}, "https://a.example", "http://s:1"),
        ({"ALL_PROXY": "socks5h://a:1"}, "https://a.example", "socks5h://a:1"),
        ({"ALL_PROXY": "socks5h://a:1"}, "http://a.example", "socks5h://a:1"),
        ({"ALL_PROXY": "http://a:1", "HTTPS_PROXY": "http://s:1"}, "https://a.example", "http://s:1"),
        ({"ALL_PROXY": "http://a:1"}, "http://localhost:5000", DIRECT),
        ({"ALL_PROXY": "http://a:1"}, "http://127.1.2.3:5000", DIRECT),
        ({"ALL_PROXY": "http://a:1"}, "http://[::1]:5000", DIRECT),
        ({"ALL_PROXY": "http://a:1", "NO_PROXY": "*"}, "https://a.example", DIRECT),
        ({"ALL_PROXY": "http://a:1", "NO_PROXY": "b, example.com"}, "https://EXAMPLE.com", DIRECT),
        ({"ALL_PROXY": "http://a:1", "NO_PROXY": "example.com"}, "https://charts.example.com", DIRECT),
        ({"ALL_PROXY": "http://a:1", "NO_PROXY": ".example.com"}, "https://example.com", DIRECT),
        ({"ALL_PROXY": "http://a:1", "NO_PROXY": "example.com"}, "https://badexample.com", "http://a:1"),
        ({"ALL_PROXY": "http://a:1", "NO_PROXY": "10.0.0.0/8 b"}, "https://10.1.2.3", DIRECT),
        ({"ALL_PROXY": "http://a:1", "NO_PROXY": "10.0.0.0/8"}, "https://11.1.2.3", "http://a:1"),
        ({"ALL_PROXY": "http://a:1", "NO_PROXY": "[fe80::1]"}, "https://[fe80::1]:5000", DIRECT),
        ({"ALL_PROXY": "http://a:1", "NO_PROXY": "nonsense/9,,"}, "https://10.1.2.3", "http://a:1"),
    ],
)
def test_a_proxy_is_used_as_by_curl_and_never_for_this_machine(
    variables: dict[str, str], url: str, wanted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert network.proxy(httpx.URL(url)) == wanted


def test_each_request_goes_its_own_way_also_after_a_redirect(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    class Proxy(Hello):
        def do_GET(self) -> None:
            asked.append(self.path)
            if self.path != "http://charts.example.com/":
                return super().do_GET()
            self.send_response(302)
            self.send_header("Location", f"{direct}/moved")
            self.send_header("Content-Length", "0")
            self.end_headers()

    with serving(Proxy) as proxy, serving(Proxy) as direct:
        monkeypatch.setenv("ALL_PROXY", proxy)
        assert get("http://charts.example.com/") == "hello"
    # Who asks a proxy names the host, too.
    assert asked == ["http://charts.example.com/", "/moved"]


@pytest.mark.parametrize("scheme", ["http", "socks5", "socks5h"])
def test_a_proxy_that_is_down_fails_the_request(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", f"{scheme}://127.0.0.1:9")
    with pytest.raises(httpx.ConnectError):
        get("https://charts.example.com")


def test_a_proxy_whose_address_is_invalid_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "ftp://proxy:1")
    with pytest.raises(UserError, match=r"address of a proxy is invalid: .*ftp"):
        get("https://charts.example.com")
