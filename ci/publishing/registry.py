"""Charts in an OCI registry, with Helm's client and login."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from pathlib import Path

from ci.base.errors import UserError
from ci.charts import helm
from ci.charts.helm import HelmError
from ci.publishing.packages import Package, other_bytes

# The errors of registries for a missing version or repository.
_ABSENT = re.compile(r": not found\b|\b404\b|name unknown|manifest unknown", re.IGNORECASE)
_DIGEST = re.compile(r"^Digest: (sha256:[0-9a-f]{64})$", re.MULTILINE)
_REMEDIES = {
    "decode config file": "remove that file, and log in again with: helm registry login {host}",
    r"unauthorized|denied|\b401\b|\b403\b|credential": "log in with: helm registry login {host}",
    r"HTTP response to HTTPS client": "this registry has no TLS; on your own machine, add --plain-http",
    r"x509|unknown authority|certificate": "pass its CA certificate with --ca-file",
    r"dial tcp|connection reset|EOF": "check that {host} is up and can be reached from here",
}


class Registry:
    """The charts below a path of a registry, ``oci://HOST/PATH``.

    ``ca_file`` is a CA certificate, "" for those of the system; ``plain_http`` is for a registry without TLS.
    Credentials are those of helm registry login.
    """

    def __init__(self, url: str, ca_file: str, plain_http: bool) -> None:
        self._url = url.rstrip("/")
        self._options = [
            *(["--ca-file", ca_file] if ca_file else []),
            *(["--plain-http"] if plain_http else []),
        ]

    def holds(self, package: Package, signed: bool) -> bool:
        """Return whether the package is in the registry; arguments and errors are those of ``reference``."""
        return bool(self.reference(package, signed))

    def reference(self, package: Package, signed: bool) -> str:
        """Return the package's reference by digest; "" if it, or its provenance if ``signed``, is missing.

        The package is pulled to compare it. Raises UserError if its version is there with other content, and
        with a remedy if the registry does not answer.
        """
        with tempfile.TemporaryDirectory() as temporary:
            pulled = Path(temporary) / package.path.name
            try:
                output = helm.pull(self._chart(package), package.version, pulled.parent, self._options)
            except HelmError as error:
                if _ABSENT.search(error.stderr):
                    return ""
                raise self._explained(error, error.stderr) from None
            if pulled.read_bytes() != package.content:
                raise other_bytes(package, self._url)
            is_whole = not signed or pulled.with_name(package.provenance.name).exists()
        return self._by_digest(package, output) if is_whole else ""

    def add(self, packages: Sequence[Package]) -> list[str]:
        """Push packages, with the provenance of those that have one; return their references by digest.

        The same package always gets the same digest. Raises UserError with a remedy if the registry refuses
        one.
        """
        return [self._push(package) for package in packages]

    def _push(self, package: Package) -> str:
        try:
            output = helm.push(package.path, self._url, self._options)
        except HelmError as error:
            raise self._explained(error, error.stderr) from None
        return self._by_digest(package, output)

    def _by_digest(self, package: Package, output: str) -> str:
        digest = _DIGEST.search(output)
        return f"{self._chart(package)}{f'@{digest[1]}' if digest else ''}"

    def _chart(self, package: Package) -> str:
        return f"{self._url}/{package.name}"

    def _explained(self, error: UserError, output: str) -> UserError:
        host = self._url.removeprefix("oci://").partition("/")[0]
        for pattern, remedy in _REMEDIES.items():
            if re.search(pattern, output, re.IGNORECASE):
                return UserError(f"{error}\n{remedy.format(host=host)}")
        return error
