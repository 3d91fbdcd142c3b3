"""Helm verifies what was signed here, and nothing else."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from ci.base.errors import UserError
from ci.charts.helm import HelmError
from ci.publishing import provenance
from tests.support.publishers import Helm, Key, Shop


def test_helm_knows_who_signed(consumer: Helm, shop: Shop, key: Key) -> None:
    package = shop.version("1.2.3")
    provenance.sign(package, key.name)
    output = consumer("verify", "--keyring", str(key.ring), str(package.path))
    assert f"Signed by: {key.name}" in output
    assert f"Chart Hash Verified: sha256:{package.sha256}" in output


def test_a_changed_byte_is_refused(consumer: Helm, shop: Shop, key: Key) -> None:
    package = shop.version("1.2.3")
    provenance.sign(package, key.name)
    content = bytearray(package.content)
    content[-1] ^= 1
    package.path.write_bytes(content)
    with pytest.raises(HelmError, match="sha256 sum does not match"):
        consumer("verify", "--keyring", str(key.ring), str(package.path))


def test_a_changed_word_of_the_provenance_is_refused(consumer: Helm, shop: Shop, key: Key) -> None:
    package = shop.version("1.2.3")
    provenance.sign(package, key.name)
    text = package.provenance.read_text()
    package.provenance.write_text(text.replace("version: 1.2.3", "version: 1.2.4"))
    with pytest.raises(HelmError, match="openpgp: invalid signature"):
        consumer("verify", "--keyring", str(key.ring), str(package.path))


def test_what_is_not_verified_is_not_installed(consumer: Helm, shop: Shop, key: Key) -> None:
    package = shop.version("1.2.3")
    verified = ["template", "api", str(package.path), "--verify", "--keyring", str(key.ring)]
    with pytest.raises(HelmError, match="prov"):
        consumer(*verified)
    provenance.sign(package, key.name)
    assert "colour: 'blue'" in consumer(*verified)


def test_a_key_that_is_not_there_is_named_and_nothing_is_written(shop: Shop, key: Key) -> None:
    package = shop.version("1.2.3")
    with pytest.raises(UserError, match=r"signing microservice-1\.2\.3\.tgz: gpg failed .*\n(.|\n)*nobody"):
        provenance.sign(package, "nobody@example.com")
    assert not package.provenance.exists()


def test_a_passphrase_that_cannot_be_asked_for_is_refused_with_the_way_to_give_it(
    shop: Shop, key: Key, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = shop.version("1.2.3")
    # No window of a desktop either.
    for name in ("GPG_TTY", "DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS"):
        monkeypatch.delenv(name, raising=False)
    passphrase = package.path.with_name("passphrase")
    passphrase.write_text("open-sesame")
    knows = ["--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase-file", str(passphrase)]
    name = "locked@example.com"
    subprocess.run(["gpg", *knows, "--quick-gen-key", name, "ed25519", "sign"], check=True)
    subprocess.run(["gpgconf", "--kill", "gpg-agent"], check=True)
    with pytest.raises(
        UserError, match=r"signing (.|\n)*: gpg failed (.|\n)*without one, give it to GnuPG's agent"
    ):
        provenance.sign(package, name)
    assert not package.provenance.exists()
    other = ["--output", str(package.path.with_name("other")), "--sign", str(package.path)]
    subprocess.run(["gpg", *knows, "--local-user", name, *other], check=True)
    provenance.sign(package, name)
    assert package.provenance.exists()


GERMAN_GPG = """#!/bin/sh
if [ "$LC_ALL$LANGUAGE" = C.UTF-8 ]
then printf 'gpg: signing failed: Inappropriate ioctl for device\\n' >&2
else printf 'gpg: Beglaubigung fehlgeschlagen: Unpassender IOCTL (I/O-Control) f\\374r das Ger\\344t\\n' >&2
fi
exit 2
"""


def test_gpg_is_understood_where_the_user_speaks_german(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = shop.version("1.2.3")
    gpg = tmp_path / "path" / "gpg"
    gpg.parent.mkdir()
    gpg.write_text(GERMAN_GPG)
    gpg.chmod(0o755)
    monkeypatch.setenv("PATH", f"{gpg.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("LC_ALL", "de_DE.ISO-8859-1")
    monkeypatch.setenv("LANGUAGE", "de")
    with pytest.raises(UserError, match="without one, give it to GnuPG's agent"):
        provenance.sign(package, "somebody")


def test_without_gnupg_it_says_what_to_install(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = shop.version("1.2.3")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match="signing needs GnuPG: install gpg"):
        provenance.sign(package, "anybody")
