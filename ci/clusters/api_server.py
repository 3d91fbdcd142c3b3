"""Asks an API server whether it would accept objects, over a connection that is kept, and changes nothing."""

from __future__ import annotations

import functools
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from ci.base import kubernetes_yaml
from ci.base.errors import UserError
from ci.clusters import kubectl
from ci.clusters.kubectl import Kubectl

_SECONDS = 60
# Nothing is written, so the objects can be those of a namespace that is there.
_NAMESPACE = "default"
_OPTIONS = {"dryRun": "All", "fieldManager": "helm", "force": "true", "fieldValidation": "Strict"}
_APPLY = {"Content-Type": "application/apply-patch+yaml"}


class _Resource(NamedTuple):
    path: str
    namespaced: bool


class ApiServer:
    """Answers from a cluster's API server; may be used by several threads at once."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    @functools.cached_property
    def version(self) -> str:
        """Its Kubernetes version, such as "1.34"."""
        found = self._client.get("/version").raise_for_status().json()
        return f"{found['major']}.{found['minor'].rstrip('+')}"

    def refusals(self, one: dict[str, Any]) -> list[str]:
        """Return why it refuses an object, a sentence for each field; [] for a kind that it does not serve.

        The object is sent as a server-side apply in a dry run, which creates it where it is not there:
        https://kubernetes.io/docs/reference/using-api/server-side-apply/
        """
        resource = self._resource(one["apiVersion"], one["kind"])
        if resource is None:
            return []
        metadata = dict(one["metadata"])
        if resource.namespaced:
            metadata["namespace"] = _NAMESPACE
        answer = self._client.patch(
            f"{resource.path}/{metadata['name']}",
            params=_OPTIONS,
            headers=_APPLY,
            content=kubernetes_yaml.dump([{**one, "metadata": metadata}]),
        )
        return [] if answer.is_success else _sentences(answer)

    @functools.cache  # noqa: B019 - there is one for a run
    def _resource(self, api_version: str, kind: str) -> _Resource | None:
        group = f"/api/{api_version}" if "/" not in api_version else f"/apis/{api_version}"
        answer = self._client.get(group)
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        for found in answer.raise_for_status().json()["resources"]:
            if found["kind"] == kind and "/" not in found["name"]:
                place = f"/namespaces/{_NAMESPACE}" if found["namespaced"] else ""
                return _Resource(f"{group}{place}/{found['name']}", found["namespaced"])
        return None


@contextmanager
def connected(client: Kubectl) -> Iterator[ApiServer]:
    """Yield the API server of a kubeconfig's cluster, as long as the block runs.

    Raises UserError where kubectl can't connect. kubectl knows how to log in; its proxy listens at a socket
    that only this user can open.
    """
    with tempfile.TemporaryDirectory(prefix="api-") as folder:
        socket = Path(folder) / "socket"
        command = [*client.command, "proxy", f"--unix-socket={socket}"]
        process = subprocess.Popen(
            command, env=kubectl.environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        with process:
            try:
                line = process.stdout.readline() if process.stdout else ""
                if not line.startswith("Starting to serve"):
                    raise UserError(f"connecting to the API server: kubectl proxy ended: {line.strip()}")
                transport = httpx.HTTPTransport(uds=str(socket))
                with httpx.Client(transport=transport, base_url="http://localhost", timeout=_SECONDS) as http:
                    yield ApiServer(http)
            finally:
                process.terminate()


def _sentences(answer: httpx.Response) -> list[str]:
    """Return the causes of a Status: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/."""
    status: dict[str, Any] = answer.json()
    causes = status.get("details", {}).get("causes", [])
    sentences = [f"{cause.get('field', '')}: {cause.get('message', '')}" for cause in causes]
    return sentences or [str(status.get("message", answer.text))]
