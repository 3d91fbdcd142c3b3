"""Chart repositories with ChartMuseum's upload API, which Gitea, GitLab and others have too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx

from ci.base import kubernetes_yaml, network, repository
from ci.base.errors import UserError
from ci.charts import helm
from ci.publishing import index
from ci.publishing.index import Entry, Index
from ci.publishing.packages import Package, other_bytes

# The answers to a request that a server does not know.
_UNKNOWN = (404, 405)


class ChartMuseum:
    """The chart repository at a URL, with the login and certificates that helm repo add has stored for it.

    ``ca_file`` is a CA certificate; "" stands for the one of helm repo add, else for those of the system.
    API: https://github.com/helm/chartmuseum#api
    """

    def __init__(self, url: str, ca_file: str) -> None:
        self._url = f"{url.rstrip('/')}/"
        login = _login(url)
        credentials = (login["username"], login.get("password", "")) if login.get("username") else None
        self._client = network.client(ca_file=ca_file or login.get("caFile") or "", timeout=60)
        self._auth = httpx.BasicAuth(*credentials) if credentials else None

    def holds(self, package: Package, signed: bool) -> bool:
        """Return whether the package is in the repository, with its provenance if ``signed``.

        Raises UserError if its version is there with other content, and with a remedy if the request fails.
        """
        entry = self._entry(self._index(), package)
        if entry is None:
            return False
        address = self._address(entry, package)
        if self._ask("GET", address).content != package.content:
            raise other_bytes(package, self._url)
        return not signed or self._ask("GET", f"{address}.prov", accepted=(404,)).status_code != 404

    def add(self, packages: Sequence[Package]) -> list[str]:
        """Upload packages, with the provenance of those that have one, and return their URLs.

        Raises as ``holds`` does. A version that exists by now stays: the API answers 409.
        """
        for package in packages:
            self._upload(package)
        found = self._index()
        return [self._address(self._entry(found, package) or {}, package) for package in packages]

    def _upload(self, package: Package) -> None:
        api = self._api()
        # Before the package, so that nothing is published where no provenance can be.
        if package.provenance.exists():
            content = package.provenance.read_bytes()
            answer = self._ask("POST", f"{api}/prov", accepted=(*_UNKNOWN, 409), content=content)
            if answer.status_code in _UNKNOWN:
                raise UserError(f"{self._url} takes no provenance files: publish there without --sign")
        # As a form, which is what GitLab takes; the others take both.
        form = {"chart": (package.path.name, package.content, "application/gzip")}
        self._ask("POST", f"{api}/charts", accepted=(409,), files=form)

    def _api(self) -> str:
        """Return the address of the API, which is between the server's path and that of the repository.

        So does helm cm-push: https://github.com/chartmuseum/helm-push
        """
        server = str((self._index().get("serverInfo") or {}).get("contextPath") or "").rstrip("/")
        scheme, host, path, _, _ = urlsplit(self._url)
        below = path.rstrip("/").removeprefix(server)
        return urlunsplit((scheme, host, f"{server}/api{below}", "", ""))

    def _index(self) -> Index:
        url = f"{self._url}index.yaml"
        return index.load(self._ask("GET", url).text, url)

    def _entry(self, found: Index, package: Package) -> Entry | None:
        entries = index.versions(found, package.name, f"{self._url}index.yaml")
        return next((entry for entry in entries if entry["version"] == package.version), None)

    def _address(self, entry: Entry, package: Package) -> str:
        named = next(iter(entry.get("urls") or ()), f"charts/{package.path.name}")
        return str(httpx.URL(self._url).join(str(named)))

    def _ask(self, method: str, url: str, accepted: Sequence[int] = (), **body: Any) -> httpx.Response:
        """Return the response; raise UserError unless its status is a success or ``accepted``."""
        # The login is for this server only; packages may be elsewhere.
        is_here = urlsplit(url)[:2] == urlsplit(self._url)[:2]
        try:
            answer = self._client.request(
                method, url, auth=self._auth if is_here else None, follow_redirects=method == "GET", **body
            )
        except httpx.HTTPError as error:
            remedy = (
                f"pass its CA certificate with --ca-file, or name it in {network.CERTIFICATES}"
                if network.is_untrusted(error)
                else "check that it is up and can be reached from here"
            )
            raise UserError(f"{url}: {error}: {remedy}") from None
        if answer.is_success or answer.status_code in accepted:
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
