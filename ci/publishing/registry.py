"""Charts in an OCI registry, with Helm's client and login."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from pathlib import Path

from ci.base import kubernetes_yaml, network, repository
from ci.base.errors import UserError
from ci.charts import helm
from ci.charts.helm import HelmError
from ci.publishing import chart_yaml
from ci.publishing.oci import Part, Repository
from ci.publishing.packages import Package, other_bytes
from ci.publishing.repository_page import ARTIFACT_HUB

# Artifact Hub reads who owns a chart from this tag:
# https://artifacthub.io/docs/topics/repositories/helm-charts/#oci-support
_OWNER_TAG = "artifacthub.io"
_OWNER_CONFIG = Part("application/vnd.cncf.artifacthub.config.v1+yaml", b"")
_OWNER_LAYER = "application/vnd.cncf.artifacthub.repository-metadata.layer.v1.yaml"

# The errors of registries for a missing version or repository.
_ABSENT = re.compile(r": not found\b|\b404\b|name unknown|manifest unknown", re.IGNORECASE)
_DIGEST = re.compile(r"^Digest: (sha256:[0-9a-f]{64})$", re.MULTILINE)
_REFUSED = r"unauthorized|denied|\b401\b|\b403\b|credential"
_REMEDIES = {
    "decode config file": "remove that file, and log in again with: helm registry login {host}",
    _REFUSED: "log in with: helm registry login {host}",
    r"HTTP response to HTTPS client": "this registry has no TLS; on your own machine, add --plain-http",
    r"x509|unknown authority|certificate": "pass its CA certificate with --ca-file, or name it in "
    f"{network.CERTIFICATES}",
    r"dial tcp|connection reset|EOF": "check that {host} is up and can be reached from here",
}


class Registry:
    """The charts below a path of a registry, ``oci://HOST/PATH``.

    ``ca_file`` is a CA certificate, "" for those of the system; ``plain_http`` is for a registry without TLS.
    Credentials are those of helm registry login.
    """

    def __init__(self, url: str, ca_file: str, plain_http: bool) -> None:
        self._url = url.rstrip("/")
        self._ca_file, self._plain_http = ca_file, plain_http
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
                if _ABSENT.search(error.stderr) or self._is_hidden(package, error.stderr):
                    return ""
                raise self._explained(error, error.stderr) from None
            if pulled.read_bytes() != package.content:
                raise other_bytes(package, self._url)
            is_whole = not signed or pulled.with_name(package.provenance.name).exists()
        return self._by_digest(package, output) if is_whole else ""

    def add(self, packages: Sequence[Package]) -> list[str]:
        """Push packages, with the provenance of those that have one; return their references by digest.

        The same package always gets the same digest. If artifacthub-repo.yml has a repositoryID, it is pushed
        beside every chart. Raises UserError with a remedy if the registry refuses something.
        """
        places = [self._push(package) for package in packages]
        self._claim()
        return places

    def _push(self, package: Package) -> str:
        try:
            output = helm.push(package.path, self._url, self._options)
        except HelmError as error:
            raise self._explained(error, error.stderr) from None
        return self._by_digest(package, output)

    def _is_hidden(self, package: Package, stderr: str) -> bool:
        """Return whether a registry that refused a login only hid that the package is not there.

        Quay and Docker Hub answer so where a repository is not there, unless the right to push is asked for.
        """
        if not re.search(_REFUSED, stderr, re.IGNORECASE):
            return False
        try:
            # Helm's tag of a version with build metadata.
            return self._repository(package.name).manifest(package.version.replace("+", "_")) is None
        except UserError:
            return False

    def _claim(self) -> None:
        owner = (repository.root() / ARTIFACT_HUB).read_bytes()
        if not (kubernetes_yaml.load(owner.decode(), ARTIFACT_HUB) or {}).get("repositoryID"):
            return
        layer = Part(_OWNER_LAYER, owner, ARTIFACT_HUB)
        for chart in chart_yaml.charts():
            place = self._repository(chart)
            if not place.holds(_OWNER_TAG, _OWNER_CONFIG, layer):
                place.push(_OWNER_TAG, _OWNER_CONFIG, layer)

    def _repository(self, chart: str) -> Repository:
        host, _, path = f"{self._url}/{chart}".removeprefix("oci://").partition("/")
        return Repository(host, path, self._ca_file, self._plain_http)

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
