"""Charts in an OCI registry with signatures of cosign, which are stored beside them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NamedTuple

from ci.base import programs
from ci.base.console import step
from ci.base.errors import UserError
from ci.base.processes import CommandError, run
from ci.charts import helm
from ci.publishing.packages import Package
from ci.publishing.registry import Registry

# Nothing is uploaded to Rekor, the public log, and Sigstore's servers are not asked for it.
_NO_LOG = ("--tlog-upload=false", "--use-signing-config=false")
_PUBLIC_KEY = "MICROSERVICE_CHART_COSIGN_KEY"
# Who vouches for a workflow's identity: https://docs.github.com/en/actions/concepts/security/openid-connect
ISSUER = "https://token.actions.githubusercontent.com"


class Signer(NamedTuple):
    """The flags of cosign sign and of cosign verify, and what the latter needs in its environment."""

    sign: list[str]
    verify: list[str]
    environment: dict[str, str]


class SignedRegistry(Registry):
    """The charts below a path of a registry, each signed by ``signer``; other arguments are Registry's.

    Flags: https://github.com/sigstore/cosign/blob/v3.1.3/doc/cosign_sign.md
    """

    def __init__(self, url: str, ca_file: str, plain_http: bool, signer: Signer) -> None:
        super().__init__(url, ca_file, plain_http)
        self._signer = signer
        self._flags = [
            *(["--registry-cacert", ca_file] if ca_file else []),
            *(["--allow-http-registry"] if plain_http else []),
        ]

    def holds(self, package: Package, signed: bool) -> bool:
        """Return whether the package is there, signed by the signer, and with its provenance if ``signed``.

        Raises as Registry does.
        """
        reference = self.reference(package, signed)
        return bool(reference) and self._is_signed(reference)

    def add(self, packages: Sequence[Package]) -> list[str]:
        """Push the packages that are missing, sign all, and return their references by digest.

        An existing one is not pushed again: without the provenance that it may have, its digest would change.
        Raises as Registry does.
        """
        places = []
        for package in packages:
            there = self.reference(package, package.provenance.exists())
            place = there or self._push(package)
            step(f"signing {package} with cosign")
            self._sign(place)
            places.append(place)
        self._claim()
        return places

    def _sign(self, reference: str) -> None:
        how = ["--yes", *self._signer.sign, *self._flags]
        try:
            _cosign(["sign", *how, _name(reference)], f"{reference} is published but not signed", _login())
        except CommandError as error:
            raise self._explained(error, error.output) from None

    def _is_signed(self, reference: str) -> bool:
        how = [*self._signer.verify, *self._flags]
        environment = {**_login(), **self._signer.environment}
        try:
            _cosign(["verify", *how, _name(reference)], f"verifying {reference}", environment)
        except CommandError:
            # Whatever the reason is: it is signed next, and that fails for the same reason.
            return False
        return True


def by_key(key: str) -> Signer:
    """Return the signer that has a key: a value of cosign sign --key.

    That is a file, whose password is in COSIGN_PASSWORD, or the URI of a key in a KMS. Raises UserError if
    cosign cannot be obtained, or cannot use the key.
    """
    verified = ["--key", f"env://{_PUBLIC_KEY}", "--insecure-ignore-tlog"]
    return Signer(["--key", key, *_NO_LOG], verified, {_PUBLIC_KEY: _public_key(key)})


def by_workflow() -> Signer:
    """Return the signer that is the GitHub workflow that runs this: its identity stands for a key.

    https://docs.sigstore.dev/cosign/signing/overview/. Raises UserError outside of a workflow.
    """
    workflow = os.environ.get("GITHUB_WORKFLOW_REF")
    if not workflow or "ACTIONS_ID_TOKEN_REQUEST_URL" not in os.environ:
        raise UserError(
            "--keyless needs a GitHub workflow with the permission id-token: write; by hand use --cosign-key"
        )
    identity = f"{os.environ.get('GITHUB_SERVER_URL', 'https://github.com')}/{workflow}"
    return Signer([], ["--certificate-identity", identity, "--certificate-oidc-issuer", ISSUER], {})


def _public_key(key: str) -> str:
    try:
        return _cosign(["public-key", "--key", key], f"--cosign-key {key}")
    except CommandError as error:
        why = error.output.rpartition("error during command execution: ")[2]
        remedy = "\nset COSIGN_PASSWORD to the password of this key" if "decrypt" in why else ""
        raise UserError(f"--cosign-key {key}: {why or error}{remedy}") from None


def _cosign(arguments: Sequence[str], doing: str, environment: dict[str, str] | None = None) -> str:
    program = str(programs.find(programs.COSIGN))
    # With a pipe as standard input it does not ask for a password: without COSIGN_PASSWORD that is empty.
    return run([program, *arguments], doing, env=environment, stdin="")


def _name(reference: str) -> str:
    return reference.removeprefix("oci://")


def _login() -> dict[str, str]:
    """Return an environment in which cosign has Helm's logins, or Docker's if Helm has none."""
    file = helm.configuration("HELM_REGISTRY_CONFIG")
    # Both use the same format, and cosign reads a file of this name in a folder.
    has_own = file.name == "config.json" and file.exists()
    return {**os.environ, **({"DOCKER_CONFIG": str(file.parent)} if has_own else {})}
