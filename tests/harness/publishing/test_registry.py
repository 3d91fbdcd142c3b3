"""Problems with a registry are reported with a remedy, and what is published stays."""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from ci.base.errors import UserError
from ci.charts import helm
from ci.publishing import provenance
from ci.publishing.registry import Registry
from tests.support.publishers import Helm, Key, Shop
from tests.support.servers import (
    PASSWORD,
    REFRESH_TOKEN,
    USER,
    Certificate,
    docker_registry,
    go_registry,
    hiding,
)


@pytest.fixture(params=["Docker's", "Go's"])
def host(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with docker_registry(tmp_path) if request.param == "Docker's" else go_registry() as host:
        yield host


def plain(host: str) -> Registry:
    return Registry(f"oci://{host}/charts", ca_file="", plain_http=True)


def test_the_same_package_has_the_same_digest_in_every_registry(
    host: str, publisher: Helm, shop: Shop, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    with docker_registry(tmp_path / "other") as other:
        one = plain(host).add([shop.version("1.2.3")])
        two = plain(other).add([shop.version("1.2.3")])
    assert one[0].replace(host, other) == two[0]
    assert one[0].startswith(f"oci://{host}/charts/microservice@sha256:")


def test_a_published_version_is_never_replaced(host: str, publisher: Helm, shop: Shop) -> None:
    first = shop.version("1.2.3")
    plain(host).add([first])
    with pytest.raises(
        UserError, match=r"microservice 1\.2\.3 is already published in oci://.* with other content"
    ):
        plain(host).holds(shop.version("1.2.3", colour="red"), signed=False)
    assert plain(host).holds(first, signed=False)
    assert not plain(host).holds(shop.version("1.2.4"), signed=False)


def test_what_is_published_can_be_signed_later(host: str, publisher: Helm, shop: Shop, key: Key) -> None:
    package = shop.version("1.2.3")
    plain(host).add([package])
    assert not plain(host).holds(package, signed=True)
    provenance.sign(package, key.name)
    plain(host).add([package])
    assert plain(host).holds(package, signed=True)


def test_a_registry_that_is_down_is_named(publisher: Helm, shop: Shop) -> None:
    with pytest.raises(UserError, match=r"refused\ncheck that 127\.0\.0\.1:9 is up"):
        plain("127.0.0.1:9").holds(shop.version("1.2.3"), signed=False)


def test_a_wrong_password_is_refused_with_the_way_to_log_in(
    publisher: Helm, shop: Shop, tmp_path: Path
) -> None:
    with docker_registry(tmp_path, guarded=True) as host:
        wrong = json.dumps({"auths": {host: {"auth": "cHVibGlzaGVyOndyb25n"}}})
        folder = Path(publisher.environment["HELM_CONFIG_HOME"]) / "registry"
        folder.mkdir(parents=True)
        (folder / "config.json").write_text(wrong)
        package = shop.version("1.2.3")
        for ask in (lambda: plain(host).holds(package, signed=False), lambda: plain(host).add([package])):
            with pytest.raises(UserError, match=f"log in with: helm registry login {host}") as refused:
                ask()
            assert "cHVibGlz" not in str(refused.value)


def test_a_registry_that_hides_what_is_not_there_takes_a_first_version(
    host: str, publisher: Helm, shop: Shop, tmp_path: Path
) -> None:
    first = shop.version("1.2.3+build.1")
    with hiding(host) as hidden:
        with pytest.raises(UserError, match=f"log in with: helm registry login {hidden}"):
            plain(hidden).holds(first, signed=False)
        publisher.log_in("registry", "login", hidden, "--plain-http")
        assert not plain(hidden).holds(first, signed=False)
        plain(hidden).add([first])
        assert plain(hidden).holds(first, signed=False)
        assert not plain(hidden).holds(shop.version("1.2.4"), signed=False)
        with pytest.raises(UserError, match="with other content"):
            plain(hidden).holds(shop.version("1.2.3+build.1", colour="red"), signed=False)


def test_a_wrong_password_is_not_taken_for_a_first_version(host: str, publisher: Helm, shop: Shop) -> None:
    with hiding(host) as hidden:
        file = Path(publisher.environment["HELM_CONFIG_HOME"]) / "registry" / "config.json"
        file.parent.mkdir(parents=True)
        file.write_text(json.dumps({"auths": {hidden: {"auth": "cHVibGlzaGVyOndyb25n"}}}))
        with pytest.raises(UserError, match=f"log in with: helm registry login {hidden}"):
            plain(hidden).holds(shop.version("1.2.3"), signed=False)


def artifact(host: str, chart: str) -> list[tuple[str, bytes]]:
    """Return media type and content of what a registry has under the tag artifacthub.io of a chart."""
    about = f"http://{host}/v2/charts/{chart}"
    kind = "application/vnd.oci.image.manifest.v1+json"
    manifest = httpx.get(f"{about}/manifests/artifacthub.io", headers={"Accept": kind}, trust_env=False)
    parts = [manifest.json()["config"], *manifest.json()["layers"]]
    return [
        (part["mediaType"], httpx.get(f"{about}/blobs/{part['digest']}", trust_env=False).content)
        for part in parts
    ]


def test_artifact_hub_finds_who_owns_a_chart(host: str, publisher: Helm, shop: Shop) -> None:
    owned = "repositoryID: 1d5b2d6c-0000-4000-8000-000000000000\n"
    shop.write("artifacthub-repo.yml", owned)
    plain(host).add([shop.version("1.2.3")])
    assert artifact(host, "microservice") == [
        ("application/vnd.cncf.artifacthub.config.v1+yaml", b""),
        ("application/vnd.cncf.artifacthub.repository-metadata.layer.v1.yaml", owned.encode()),
    ]
    # Also without a new version.
    shop.write("artifacthub-repo.yml", f"{owned}owners: []\n")
    plain(host).add([])
    assert artifact(host, "microservice")[1][1].endswith(b"owners: []\n")


def test_a_chart_is_claimed_under_its_own_name_whatever_its_folder_is(
    host: str, publisher: Helm, shop: Shop
) -> None:
    shop.write("artifacthub-repo.yml", "repositoryID: 1d5b2d6c-0000-4000-8000-000000000000\n")
    shop.write("charts/folder/Chart.yaml", "{apiVersion: v2, name: another, version: 1.2.3}")
    plain(host).add([])
    assert artifact(host, "another")


def test_without_an_id_of_artifact_hub_there_is_no_tag_for_it(host: str, publisher: Helm, shop: Shop) -> None:
    plain(host).add([shop.version("1.2.3")])
    tags = httpx.get(f"http://{host}/v2/charts/microservice/tags/list", trust_env=False).json()["tags"]
    assert tags == ["1.2.3"]


def test_the_token_that_some_registries_give_for_a_login_is_used(
    host: str, publisher: Helm, shop: Shop
) -> None:
    first = shop.version("1.2.3")
    file = Path(publisher.environment["HELM_CONFIG_HOME"]) / "registry" / "config.json"
    file.parent.mkdir(parents=True)
    with hiding(host) as hidden:
        # As az acr login stores it.
        login = {"auth": "MDA6", "identitytoken": REFRESH_TOKEN}
        file.write_text(json.dumps({"auths": {hidden: login}}))
        assert not plain(hidden).holds(first, signed=False)
        plain(hidden).add([first])
        assert plain(hidden).holds(first, signed=False)


def test_the_login_of_a_credential_helper_is_used(
    host: str, publisher: Helm, shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "path"
    folder.mkdir()
    helper = folder / "docker-credential-test"
    helper.write_text(f'#!/bin/sh\necho \'{{"Username": "{USER}", "Secret": "{PASSWORD}"}}\'\n')
    helper.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    helm._environment.cache_clear()
    file = Path(publisher.environment["HELM_CONFIG_HOME"]) / "registry" / "config.json"
    file.parent.mkdir(parents=True)
    with hiding(host) as hidden:
        file.write_text(json.dumps({"credHelpers": {hidden: "test"}}))
        assert not plain(hidden).holds(shop.version("1.2.3"), signed=False)


def test_a_login_that_cannot_be_read_is_named_with_the_remedy(publisher: Helm, shop: Shop) -> None:
    file = Path(publisher.environment["HELM_CONFIG_HOME"]) / "registry" / "config.json"
    file.parent.mkdir(parents=True)
    file.write_text('{"auths": ')
    with pytest.raises(UserError) as refused:
        plain("127.0.0.1:9").holds(shop.version("1.2.3"), signed=False)
    assert str(refused.value) == (
        "oci://127.0.0.1:9/charts/microservice: helm pull failed with exit code 1:\n"
        f"failed to decode config file {file}: invalid config format: unexpected EOF\n"
        "remove that file, and log in again with: helm registry login 127.0.0.1:9"
    )


def test_a_certificate_of_an_unknown_authority_is_refused_with_the_option(
    publisher: Helm, shop: Shop, tls: Certificate, tmp_path: Path
) -> None:
    package, remedy = shop.version("1.2.3"), "pass its CA certificate with --ca-file"
    with docker_registry(tmp_path, tls=tls) as host, pytest.raises(UserError, match=remedy):
        Registry(f"oci://{host}/charts", "", plain_http=False).holds(package, signed=False)


def test_a_registry_without_tls_has_to_be_asked_for(host: str, publisher: Helm, shop: Shop) -> None:
    with pytest.raises(UserError, match="--plain-http"):
        Registry(f"oci://{host}/charts", "", plain_http=False).holds(shop.version("1.2.3"), signed=False)


@contextmanager
def cutting_off(host: str, after: int) -> Iterator[str]:
    """Forward to a server, and close every connection on which a client sends more than ``after`` bytes."""
    address, port = host.split(":")
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def forward(source: socket.socket, target: socket.socket, left: float) -> None:
            with suppress(OSError):
                while left >= 0 and (received := source.recv(512)):
                    left -= len(received)
                    target.sendall(received)
                for end in (source, target):
                    end.shutdown(socket.SHUT_RDWR)

        def listen() -> None:
            # Until the listener is closed.
            with suppress(OSError):
                while True:
                    client, _ = listener.accept()
                    server = socket.create_connection((address, int(port)))
                    threads = [(client, server, after), (server, client, float("inf"))]
                    for arguments in threads:
                        threading.Thread(target=forward, args=arguments, daemon=True).start()

        threading.Thread(target=listen, daemon=True).start()
        yield "{}:{}".format(*listener.getsockname())


def test_an_upload_that_breaks_off_leaves_what_was_there(host: str, publisher: Helm, shop: Shop) -> None:
    old, new = shop.version("1.2.3"), shop.version("1.2.4")
    plain(host).add([old])
    with (
        cutting_off(host, after=len(new.content)) as broken,
        pytest.raises(UserError, match="helm push failed"),
    ):
        plain(broken).add([new])
    assert plain(host).holds(old, signed=False)
    assert not plain(host).holds(new, signed=False)
    plain(host).add([new])
    assert plain(host).holds(new, signed=False)
