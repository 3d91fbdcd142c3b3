"""What is published comes back as it was packaged: by a web server and by a registry, as consumers get it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ci.base import repository
from ci.base.errors import UserError
from ci.charts.helm import HelmError
from ci.kubernetes.versions import NEWEST
from ci.publishing import publish
from tests.support.publishers import Helm, Key
from tests.support.servers import Certificate, caddy, docker_registry, go_registry, web_server

VALUES = {
    "microservice": repository.root() / "values/api.yaml",
    "namespace": repository.root() / "values/namespace/dev.yaml",
}
# What a chart itself renders, by Helm's version and the chart's name.
SOURCES: dict[tuple[int, str], str] = {}
WAYS = [(3, "openly"), (4, "openly"), (3, "with a login"), (4, "with TLS")]


def each_way(another: str) -> pytest.MarkDecorator:
    """Parametrize a test with the Helm of a consumer and the way to serve, at last by another server."""
    return pytest.mark.parametrize(("consumer", "served"), [*WAYS, (4, another)], indirect=["consumer"])


def run(to: str, *, key: str = "", ca_file: str = "", plain_http: bool = False) -> None:
    publish.run(to, dry_run=False, key=key, cosign_key="", ca_file=ca_file, plain_http=plain_http)


def renders_as_its_source(consumer: Helm, chart: str, reference: str, *options: str) -> bool:
    values = VALUES[chart]
    kube_version = f"--kube-version={NEWEST}"
    came = consumer("template", "api", reference, "--values", str(values), kube_version, *options)
    if (consumer.engine, chart) not in SOURCES:
        source = repository.root() / "charts" / chart
        rendered = consumer("template", "api", str(source), "--values", str(values), kube_version)
        SOURCES[consumer.engine, chart] = rendered
    return came == SOURCES[consumer.engine, chart]


@each_way("by Caddy")
def test_a_folder_that_is_served(
    served: str, consumer: Helm, real_charts: Path, key: Key, tls: Certificate, tmp_path: Path
) -> None:
    run(str(tmp_path / "site"), key=key.name)
    certificate = tls if served == "with TLS" else None
    options = ["--ca-file", str(tls.file)] if certificate else []
    site = tmp_path / "site"
    server = (
        caddy(site, tmp_path / "data")
        if served == "by Caddy"
        else web_server(site, guarded=served == "with a login", tls=certificate)
    )
    with server as url:
        if served == "with a login":
            with pytest.raises(HelmError, match="401"):
                consumer("repo", "add", "shop", url)
            consumer.log_in("repo", "add", "shop", url)
        else:
            consumer("repo", "add", "shop", url, *options)
        found = consumer("search", "repo", "shop/")
        for package in real_charts.iterdir():
            chart, version = package.name.removesuffix(".tgz").rsplit("-", 1)
            assert f"shop/{chart}" in found
            assert version in found
            pulled = ["--verify", "--keyring", str(key.ring), "--destination", str(tmp_path)]
            consumer("pull", f"shop/{chart}", *pulled)
            assert (tmp_path / package.name).read_bytes() == package.read_bytes()
            # Helm 4.3 asks for the provenance without the login and the certificate, unless it is to pull.
            verified = pulled[:3] if served in ("openly", "by Caddy") else []
            assert renders_as_its_source(consumer, chart, f"shop/{chart}", *verified)
            assert renders_as_its_source(consumer, chart, str(tmp_path / package.name), *pulled[:3])


@each_way("by Go's registry")
def test_a_registry(
    served: str,
    consumer: Helm,
    publisher: Helm,
    real_charts: Path,
    key: Key,
    tls: Certificate,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    certificate = tls if served == "with TLS" else None
    options = ["--ca-file", str(tls.file)] if certificate else ["--plain-http"]
    ca_file, plain_http = str(tls.file) if certificate else "", not certificate
    server = (
        go_registry()
        if served == "by Go's registry"
        else docker_registry(tmp_path, guarded=served == "with a login", tls=certificate)
    )
    with server as host:
        to = f"oci://{host}/charts"
        if served == "with a login":
            with pytest.raises(UserError, match=f"log in with: helm registry login {host}"):
                run(to, plain_http=True)
            for helm_of in (publisher, consumer):
                helm_of.log_in("registry", "login", host, *options)
        run(to, key=key.name, ca_file=ca_file, plain_http=plain_http)
        captured = capsys.readouterr().out
        for package in real_charts.iterdir():
            chart, version = package.name.removesuffix(".tgz").rsplit("-", 1)
            assert f"{to}/{chart}@sha256:" in captured
            pulled = ["--verify", "--keyring", str(key.ring), *options]
            wanted = ["--version", version, "--destination", str(tmp_path)]
            consumer("pull", f"{to}/{chart}", *pulled, *wanted)
            assert (tmp_path / package.name).read_bytes() == package.read_bytes()
            assert renders_as_its_source(consumer, chart, f"{to}/{chart}", *pulled)
