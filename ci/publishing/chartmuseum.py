"""Chart repositories that take uploads by ChartMuseum's API, as Harbor and others do too."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from typing import Any

import httpx

from ci.base import kubernetes_yaml, repository
from ci.base.errors import UserError
from ci.charts import helm
from ci.publishing.packages import Package, other_bytes


class ChartMuseum:
    """The repository at an address, as helm repo add takes it, with the login and certificates that it keeps.

    ``ca_file`` is the certificate of an authority, "" for what helm repo add was told or the system trusts.
    API: https://github.com/helm/chartmuseum#api
    """

    def __init__(self, url: str, ca_file: str) -> None:
        self._url = httpx.URL(f"{url.rstrip('/')}/")
        login = _login(url)
        try:
            trusted = ssl.create_default_context(cafile=ca_file or login.get("caFile") or None)
        except (OSError, ssl.SSLError) as error:
            raise UserError(f"{ca_file or login['caFile']} is no certificate: {error}") from None
        credentials = (login["username"], login.get("password", "")) if login.get("username") else None
        self._client = httpx.Client(auth=credentials, verify=trusted, timeout=60)

    def holds(self, package: Package, signed: bool) -> bool:
        """Whether the package is there, with its provenance if ``signed``.

        Raises UserError where its version is there with other bytes, and with a remedy where the repository
        cannot be asked.
        """
        index = kubernetes_yaml.load(self._ask("GET", "index.yaml").text, f"{self._url}index.yaml")
        try:
            versions = [entry["version"] for entry in index["entries"].get(package.name, [])]
        except (AttributeError, KeyError, TypeError):
            raise UserError(f"{self._url}index.yaml is no index of a chart repository") from None
        if package.version not in versions:
            return False
        if self._ask("GET", f"charts/{package.path.name}").content != package.content:
            raise other_bytes(package, str(self._url))
        provenance = f"charts/{package.provenance.name}"
        return not signed or self._ask("GET", provenance, other_than=404).status_code != 404

    def add(self, packages: Sequence[Package]) -> list[str]:
        """Upload packages, with the provenance of those that have one; return where they are then.

        Raises as ``holds`` does. What came first stays: the API answers 409 to who comes second.
        """
        return [self._upload(package) for package in packages]

    def _upload(self, package: Package) -> str:
        self._ask("POST", "charts", package.content, other_than=409)
        if package.provenance.exists():
            self._ask("POST", "prov", package.provenance.read_bytes(), other_than=409)
        return str(self._url.join(f"charts/{package.path.name}"))

    def _ask(
        self, method: str, path: str, content: bytes | None = None, other_than: int = 200
    ) -> httpx.Response:
        """Return the answer; raise UserError for a failure ``other_than`` that status."""
        api = self._url.copy_with(path=f"/api{self._url.path}") if method == "POST" else self._url
        url = api.join(path)
        try:
            answer = self._client.request(method, url, content=content)
        except httpx.HTTPError as error:
            remedy = (
                "name its authority's certificate with --ca-file"
                if "CERTIFICATE" in str(error)
                else "see whether it is up and can be reached from here"
            )
            raise UserError(f"{url}: {error}: {remedy}") from None
        if answer.is_success or answer.status_code == other_than:
            return answer
        said = f"{url} answers {answer.status_code} {answer.reason_phrase}: {answer.text[:200].strip()}"
        if answer.status_code in (401, 403):
            said += f"\nlog in with: helm repo add NAME {self._url} --username USER --password-stdin"
        raise UserError(said)


def _login(url: str) -> dict[str, Any]:
    """Return what helm repo add keeps of the repository at an address."""
    file = helm.configuration("HELM_REPOSITORY_CONFIG")
    if not file.exists():
        return {}
    kept = kubernetes_yaml.load(file.read_text(encoding="utf-8"), repository.shown(file)) or {}
    known = (entry for entry in kept.get("repositories") or [] if entry["url"].rstrip("/") == url.rstrip("/"))
    return next(known, {})
