"""Charts in a registry are signed with cosign, for those who verify with its public key and no network."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest

from ci.base import programs, repository
from ci.base.errors import UserError
from ci.publishing import publish
from tests.support.publishers import Helm, Key, Shop
from tests.support.servers import Certificate, docker_registry

PASSWORD = "open-sesame"
PAGE = (repository.root() / "docs" / "releasing.md").read_text(encoding="utf-8")


class CosignKey(NamedTuple):
    """A key pair, as cosign writes it into two files."""

    private: str
    public: str


@pytest.fixture(scope="module")
def program() -> str:
    """Return cosign, which is obtained like Helm."""
    try:
        return str(programs.find(programs.COSIGN))
    except UserError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def pairs(program: str, tmp_path_factory: pytest.TempPathFactory) -> list[CosignKey]:
    return [pair(program, tmp_path_factory.mktemp("cosign")) for _ in range(2)]


@pytest.fixture
def cosign_key(pairs: list[CosignKey], monkeypatch: pytest.MonkeyPatch) -> CosignKey:
    """Return the publisher's key: its password is set, and there is no way beyond this machine."""
    monkeypatch.setenv("COSIGN_PASSWORD", PASSWORD)
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    return pairs[0]


@pytest.fixture
def other_key(pairs: list[CosignKey]) -> CosignKey:
    return pairs[1]


def pair(program: str, folder: Path) -> CosignKey:
    environment = {**os.environ, "COSIGN_PASSWORD": PASSWORD}
    subprocess.run(
        [program, "generate-key-pair"], cwd=folder, env=environment, check=True, capture_output=True
    )
    return CosignKey(str(folder / "cosign.key"), str(folder / "cosign.pub"))


@pytest.fixture
def host(tmp_path: Path) -> Iterator[str]:
    with docker_registry(tmp_path) as host:
        yield host


def run(to: str, cosign_key: str, *, key: str = "", ca_file: str = "", dry_run: bool = False) -> None:
    publish.run(to, dry_run=dry_run, key=key, cosign_key=cosign_key, ca_file=ca_file, plain_http=not ca_file)


def verify(reference: str, public_key: str, *options: str, docker: Path | None = None) -> str:
    """Return what cosign says to a consumer, who has a login of Docker's or none; "" where it verifies."""
    program = programs.find(programs.COSIGN)
    asked = subprocess.run(
        [program, "verify", "--key", public_key, "--insecure-ignore-tlog", *options, reference],
        env={**os.environ, **({"DOCKER_CONFIG": str(docker)} if docker else {})},
        capture_output=True,
        text=True,
        check=False,
    )
    return asked.stderr if asked.returncode else ""


def stored(folder: Path) -> dict[Path, bytes]:
    """Return every manifest, blob and tag that a registry keeps."""
    kept = (folder / "storage").rglob("*")
    return {path: path.read_bytes() for path in kept if path.is_file() and "_uploads" not in path.parts}


def test_a_published_chart_verifies_with_the_public_key_and_with_no_other(
    host: str, publisher: Helm, shop: Shop, cosign_key: CosignKey, other_key: CosignKey
) -> None:
    shop.version("1.2.3")
    run(f"oci://{host}/charts", cosign_key.private)
    chart = f"{host}/charts/microservice:1.2.3"
    assert verify(chart, cosign_key.public) == ""
    assert "failed to verify signature" in verify(chart, other_key.public)


def test_the_page_on_releases_shows_consumers_how_to_verify(
    host: str, publisher: Helm, shop: Shop, cosign_key: CosignKey, program: str
) -> None:
    (shown,) = re.findall("^cosign verify .*", PAGE, re.MULTILINE)
    shop.version(shown.rpartition(":")[2])
    run(f"oci://{host}/charts", cosign_key.private)
    command = [program, *shown.replace("registry.example.com", host).split()[1:]]
    subprocess.run(command, cwd=Path(cosign_key.public).parent, check=True, capture_output=True)


@pytest.mark.parametrize("served", ["with a login", "with TLS", "with a login and TLS"])
def test_cosign_has_the_login_of_helm_and_the_certificate(
    served: str, publisher: Helm, shop: Shop, cosign_key: CosignKey, tls: Certificate, tmp_path: Path
) -> None:
    shop.version("1.2.3")
    ca_file = str(tls.file) if "TLS" in served else ""
    helm_options, options = ["--plain-http"], ["--allow-http-registry"]
    if ca_file:
        helm_options, options = ["--ca-file", ca_file], ["--registry-cacert", ca_file]
    with docker_registry(tmp_path, guarded="login" in served, tls=tls if ca_file else None) as host:
        if "login" in served:
            publisher.log_in("registry", "login", host, *helm_options)
        run(f"oci://{host}/charts", cosign_key.private, ca_file=ca_file)
        docker = Path(publisher.environment["HELM_CONFIG_HOME"]) / "registry"
        chart = f"{host}/charts/microservice:1.2.3"
        assert verify(chart, cosign_key.public, *options, docker=docker) == ""


def test_publishing_again_signs_nothing_and_pushes_nothing(
    host: str,
    publisher: Helm,
    shop: Shop,
    cosign_key: CosignKey,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    package = shop.version("1.2.3")
    run(f"oci://{host}/charts", cosign_key.private)
    before = stored(tmp_path)
    capsys.readouterr()
    run(f"oci://{host}/charts", cosign_key.private)
    assert f"{package} is already published" in capsys.readouterr().out
    assert stored(tmp_path) == before


def test_an_unsigned_version_is_signed_as_it_is(
    host: str,
    publisher: Helm,
    shop: Shop,
    key: Key,
    cosign_key: CosignKey,
    capsys: pytest.CaptureFixture[str],
) -> None:
    shop.version("1.2.3")
    run(f"oci://{host}/charts", "", key=key.name)
    reference = capsys.readouterr().out.split()[-1]
    assert "no signatures found" in verify(reference.removeprefix("oci://"), cosign_key.public)
    # Without --sign, too, the provenance that is there stays.
    run(f"oci://{host}/charts", cosign_key.private)
    assert capsys.readouterr().out.split()[-1] == reference
    assert verify(f"{host}/charts/microservice:1.2.3", cosign_key.public) == ""


def test_one_package_has_both_signatures(
    host: str, publisher: Helm, shop: Shop, key: Key, cosign_key: CosignKey, tmp_path: Path
) -> None:
    shop.version("1.2.3")
    run(f"oci://{host}/charts", cosign_key.private)
    # With its provenance it is another artifact.
    run(f"oci://{host}/charts", cosign_key.private, key=key.name)
    before = stored(tmp_path)
    run(f"oci://{host}/charts", cosign_key.private, key=key.name)
    assert stored(tmp_path) == before
    assert verify(f"{host}/charts/microservice:1.2.3", cosign_key.public) == ""
    verified = ["--verify", "--keyring", str(key.ring), "--plain-http", "--destination", str(tmp_path)]
    publisher("pull", f"oci://{host}/charts/microservice", *verified)


def test_a_dry_run_signs_nothing(
    host: str,
    publisher: Helm,
    shop: Shop,
    cosign_key: CosignKey,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    package = shop.version("1.2.3")
    run(f"oci://{host}/charts", "")
    before = stored(tmp_path)
    run(f"oci://{host}/charts", cosign_key.private, dry_run=True)
    assert f"{package} would be added" in capsys.readouterr().out
    assert stored(tmp_path) == before


@pytest.mark.parametrize("password", ["wrong", None])
def test_a_wrong_password_is_refused_and_nothing_is_pushed(
    password: str | None,
    host: str,
    publisher: Helm,
    shop: Shop,
    cosign_key: CosignKey,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shop.version("1.2.3")
    monkeypatch.delenv("COSIGN_PASSWORD")
    if password:
        monkeypatch.setenv("COSIGN_PASSWORD", password)
    with pytest.raises(UserError) as refused:
        run(f"oci://{host}/charts", cosign_key.private)
    assert str(refused.value) == (
        f"--cosign-key {cosign_key.private}: decrypt: encrypted: decryption failed\n"
        "set COSIGN_PASSWORD to the password of this key"
    )
    assert stored(tmp_path) == {}


def test_a_key_that_is_none_is_named_and_nothing_is_pushed(
    host: str, publisher: Helm, shop: Shop, cosign_key: CosignKey, tmp_path: Path
) -> None:
    shop.version("1.2.3")
    for wrong, why in (("no.key", "open no.key: no such file"), (cosign_key.public, "unsupported pem type")):
        with pytest.raises(UserError) as refused:
            run(f"oci://{host}/charts", wrong)
        assert str(refused.value).startswith(f"--cosign-key {wrong}: {why}")
    assert stored(tmp_path) == {}


def test_the_password_is_on_no_command_line(
    host: str,
    publisher: Helm,
    shop: Shop,
    cosign_key: CosignKey,
    program: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    shop.version("1.2.3")
    started = []
    really = subprocess.Popen.__init__

    def start(process: object, command: list[str], *arguments: object, **options: object) -> None:
        started.append(command)
        really(process, command, *arguments, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(subprocess.Popen, "__init__", start)
    run(f"oci://{host}/charts", cosign_key.private)
    assert {command[1] for command in started if command[0] == program} >= {"public-key", "sign", "verify"}
    assert PASSWORD not in str(started)
    assert PASSWORD not in "".join(capfd.readouterr())


@pytest.mark.parametrize("to", ["site", "https://charts.example.com"])
def test_a_key_for_what_is_no_registry_is_refused(to: str) -> None:
    with pytest.raises(UserError, match=f"--cosign-key needs --to oci://.*, not {to}"):
        run(to, "cosign.key")


# What cosign is asked to do goes to a file; verify succeeds once something was signed.
RECORDER = """#!/bin/sh
case $1 in
version) echo GitVersion: v3.1.4; exit ;;
verify) grep -q ^sign {log} || exit 1 ;;
esac
echo "$@" >> {log}
"""
WORKFLOW = "owner/repository/.github/workflows/release.yaml@refs/tags/v1.2.3"


def cosign_on_path(folder: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write a program as the only cosign on PATH that the harness then finds, and return it."""
    program = folder / "cosign"
    program.write_text(text)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    # Another process would look again, too.
    monkeypatch.setattr(programs, "COSIGN", replace(programs.COSIGN))
    return program


@pytest.fixture
def recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a cosign on PATH that writes into the file that is returned, since Sigstore is out of reach."""
    (folder := tmp_path / "path").mkdir()
    log = tmp_path / "cosign.log"
    log.touch()
    cosign_on_path(folder, RECORDER.format(log=log), monkeypatch)
    return log


def test_a_workflow_signs_with_its_identity_once(
    host: str,
    publisher: Helm,
    shop: Shop,
    recorded: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("GITHUB_WORKFLOW_REF", WORKFLOW)
    monkeypatch.setenv("ACTIONS_ID_TOKEN_REQUEST_URL", "https://example.com")
    monkeypatch.delenv("GITHUB_SERVER_URL", raising=False)
    shop.version("1.2.3")
    keyless(f"oci://{host}/charts")
    reference = capsys.readouterr().out.split()[-1].removeprefix("oci://")
    signed, verified = recorded.read_text().splitlines()
    assert signed == f"sign --yes --allow-http-registry {reference}"
    identity = f"--certificate-identity https://github.com/{WORKFLOW}"
    issuer = "--certificate-oidc-issuer https://token.actions.githubusercontent.com"
    assert verified == f"verify {identity} {issuer} --allow-http-registry {reference}"
    keyless(f"oci://{host}/charts")
    assert "is already published" in capsys.readouterr().out
    assert recorded.read_text().count("sign ") == 1


def keyless(to: str, cosign_key: str = "") -> None:
    publish.run(to, dry_run=False, key="", cosign_key=cosign_key, keyless=True, ca_file="", plain_http=True)


def test_only_a_workflow_that_may_has_an_identity_to_sign_with(
    recorded: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_WORKFLOW_REF", WORKFLOW)
    monkeypatch.delenv("ACTIONS_ID_TOKEN_REQUEST_URL", raising=False)
    with pytest.raises(UserError, match="--keyless needs a GitHub workflow with the permission id-token"):
        keyless("oci://127.0.0.1:9/charts")
    with pytest.raises(UserError, match="--keyless needs --to oci://REGISTRY/PATH, not site"):
        keyless("site")
    with pytest.raises(UserError, match="exclude each other"):
        keyless("oci://127.0.0.1:9/charts", "cosign.key")


def test_a_cosign_that_is_too_old_gives_way_to_the_pinned_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = cosign_on_path(tmp_path, "#!/bin/sh\necho GitVersion: v2.6.2\n", monkeypatch)
    closed = replace(programs.COSIGN, url="http://127.0.0.1:9/{version}", go=None)
    monkeypatch.setattr(programs, "COSIGN", closed)
    monkeypatch.setenv(programs.CACHE_VARIABLE, str(tmp_path / "cache"))
    with pytest.raises(UserError) as refused:
        run("oci://127.0.0.1:9/charts", "cosign.key")
    message = str(refused.value)
    assert message.startswith("cosign 3.1.3 is needed and cannot be obtained:\n  PATH: ")
    assert f"{old} is v2.6.2" in message
    assert "\n  release: http://127.0.0.1:9/3.1.3: " in message
    assert "\nInstall cosign 3.1 or a newer 3.x" in message
