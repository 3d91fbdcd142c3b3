"""Chart repositories with ChartMuseum's upload API, which Harbor and others have too."""

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
    """The chart repository at a URL, with the login and certificates that helm repo add has stored for it.

    ``ca_file`` is a CA certificate; "" stands for the one of helm repo add, else for those of the system.
    API: https://github.com/helm/chartmuseum#api
    """

    def __init__(self, url: str, ca_file: str) -> None:
        self._url = httpx.URL(f"{url.rstrip('/')}/")
        login = _login(url)
        try:
            trusted = ssl.create_default_context(cafile=ca_file or login.get("caFile") or None)
        except (OSError, ssl.SSLError) as error:
            raise UserError(f"{ca_file or login['caFile']} is not a certificate: {error}") from None
        credentials = (login["username"], login.get("password", "")) if login.get("username") else None
        self._client = httpx.Client(auth=credentials, verify=trusted, timeout=60)

    def holds(self, package: Package, signed: bool) -> bool:
        """Return whether the package is in the repository, with its provenance if ``signed``.

        Raises UserError if its version is there with other content, and with a remedy if the request fails.
        """
        index = kubernetes_yaml.load(self._ask("GET", "index.yaml").text, f"{self._url}index.yaml")
        try:
            versions = [entry["version"] for entry in index["entries"].get(package.name, [])]
        except (AttributeError, KeyError, TypeError):
            raise UserError(f"{self._url}index.yaml is not the index of a chart repository") from None
        if package.version not in versions:
            return False
        if self._ask("GET", f"charts/{package.path.name}").content != package.content:
            raise other_bytes(package, str(self._url))
        provenance = f"charts/{package.provenance.name}"
        return not signed or self._ask("GET", provenance, accepted=404).status_code != 404

    def add(self, packages: Sequence[Package]) -> list[str]:
        """Upload packages, with the provenance of those that have one, and return their URLs.

        Raises as ``holds`` does. A version that exists by now stays: the API answers 409.
        """
        return [self._upload(package) for package in packages]

    def _upload(self, package: Package) -> str:
        self._ask("POST", "charts", package.content, accepted=409)
        if package.provenance.exists():
            self._ask("POST", "prov", package.provenance.read_bytes(), accepted=409)
        return str(self._url.join(f"charts/{package.path.name}"))

    def _ask(
        self, method: str, path: str, content: bytes | None = None, accepted: int = 200
    ) -> httpx.Response:
        """Return the response; raise UserError unless its status is a success or ``accepted``."""
        api = self._url.copy_with(path=f"/api{self._url.path}") if method == "POST" else self._url
        url = api.join(path)
        try:
            answer = self._client.request(method, url, content=content)
        except httpx.HTTPError as error:
            remedy = (
                "pass its CA certificate with --ca-file"
                if "CERTIFICATE" in str(error)
                else "check that it is up and can be reached from here"
            )
            raise UserError(f"{url}: {error}: {remedy}") from None
        if answer.is_success or answer.status_code == accepted:
            return answer
        message = f"{url} answers {answer.status_code} {answer.reason_phrase}: {answer.text[:200].strip()}"
        if answer.status_code in (401, 403):
            message += f"\nlog in with: helm repo add NAME {self._url} --username USER --password-stdin"
        raise UserError(message)


def _login(url: str) -> dict[str, Any]:
    """Return the entry of the repository in the configuration of helm repo add, {} if there is none."""
    file = helm.configuration("HELM_REPOSITORY_CONFIG")
    if not file.exists():
        return {}
    stored = kubernetes_yaml.load(file.read_text(encoding="utf-8"), repository.shown(file)) or {}
    entries = stored.get("repositories") or []
    return next((entry for entry in entries if entry["url"].rstrip("/") == url.rstrip("/")), {})
