"""Charts in an OCI registry, signed by cosign: its signatures lie beside them there."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Sequence

from packaging.version import Version

from ci.base.console import step
from ci.base.errors import UserError
from ci.base.processes import CommandError, run
from ci.charts import helm
from ci.publishing.packages import Package
from ci.publishing.registry import Registry

# The first that verifies with a key where Sigstore's servers are out of reach.
MINIMUM = "3.0.4"
# Else cosign tells a public log, which forgets nothing, and asks Sigstore's servers which one that is.
_NO_LOG = ("--tlog-upload=false", "--use-signing-config=false")
_PUBLIC_KEY = "MICROSERVICE_CHART_COSIGN_KEY"


class SignedRegistry(Registry):
    """The charts below a path of a registry, each signed with the key that cosign knows as ``key``.

    ``key`` is what cosign sign --key takes: a file, whose password is in COSIGN_PASSWORD, or the address of a
    key elsewhere. For the rest see Registry. Raises UserError where cosign is missing or too old, or has no
    use for the key. Flags: https://github.com/sigstore/cosign/blob/v3.1.3/doc/cosign_sign.md
    """

    def __init__(self, url: str, ca_file: str, plain_http: bool, key: str) -> None:
        super().__init__(url, ca_file, plain_http)
        _check_version()
        self._key = key
        self._public_key = _public_key(key)
        self._flags = [
            *(["--registry-cacert", ca_file] if ca_file else []),
            *(["--allow-http-registry"] if plain_http else []),
        ]

    def holds(self, package: Package, signed: bool) -> bool:
        """Whether the package is there, signed with the key, and with its provenance if ``signed``.

        Raises as Registry does.
        """
        reference = self.reference(package, signed)
        return bool(reference) and self._is_signed(reference)

    def add(self, packages: Sequence[Package]) -> list[str]:
        """Push what is not there yet, and sign that and what is; return the references by digest.

        What is there is not pushed again: without the provenance that it may have, it would get another
        digest. Raises as Registry does.
        """
        places = []
        for package in packages:
            there = self.reference(package, package.provenance.exists())
            place = there or super().add([package])[0]
            step(f"signing {package} with cosign")
            self._sign(place)
            places.append(place)
        return places

    def _sign(self, reference: str) -> None:
        how = ["--yes", "--key", self._key, *_NO_LOG, *self._flags]
        try:
            _cosign(["sign", *how, _name(reference)], f"{reference} is published, and not signed", _login())
        except CommandError as error:
            raise self._explained(error, error.output) from None

    def _is_signed(self, reference: str) -> bool:
        how = ["--key", f"env://{_PUBLIC_KEY}", "--insecure-ignore-tlog", *self._flags]
        environment = {**_login(), _PUBLIC_KEY: self._public_key}
        try:
            _cosign(["verify", *how, _name(reference)], f"verifying {reference}", environment)
        except CommandError:
            # For whatever reason: it is signed next, and that fails for the same one.
            return False
        return True


def _check_version() -> None:
    needed = f"--cosign-key needs cosign {MINIMUM} or newer"
    if not shutil.which("cosign"):
        raise UserError(f"{needed}: install it")
    # One that somebody has built need not know its version.
    known = re.search(r'"gitVersion": "v([\d.]+)', _cosign(["version", "--json"], "cosign version"))
    if known and Version(known[1]) < Version(MINIMUM):
        raise UserError(f"{needed}: this one is {known[1]}")


def _public_key(key: str) -> str:
    try:
        return _cosign(["public-key", "--key", key], f"--cosign-key {key}")
    except CommandError as error:
        why = error.output.rpartition("error during command execution: ")[2]
        remedy = "\nset COSIGN_PASSWORD to the password of this key" if "decrypt" in why else ""
        raise UserError(f"--cosign-key {key}: {why or error}{remedy}") from None


def _cosign(arguments: Sequence[str], doing: str, environment: dict[str, str] | None = None) -> str:
    # Without a terminal it asks for no password, and takes the empty one where COSIGN_PASSWORD is not set.
    return run(["cosign", *arguments], doing, env=environment, stdin="")


def _name(reference: str) -> str:
    return reference.removeprefix("oci://")


def _login() -> dict[str, str]:
    """Return an environment in which cosign has the logins of Helm, or Docker's where Helm keeps none."""
    file = helm.configuration("HELM_REGISTRY_CONFIG")
    # Both keep them in the same form, and cosign looks in a folder for a file of this name.
    has_own = file.name == "config.json" and file.exists()
    return {**os.environ, **({"DOCKER_CONFIG": str(file.parent)} if has_own else {})}
