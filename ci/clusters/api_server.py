"""Asks an API server in a dry run whether it would accept objects."""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

from ci.base import kubernetes_yaml
from ci.clusters.api import Api, RefusalError
from ci.clusters.kubectl import Kubectl

# Nothing is written, so the objects can be those of a namespace that is there.
_NAMESPACE = "default"
_OPTIONS = urlencode({"dryRun": "All", "fieldManager": "helm", "force": "true", "fieldValidation": "Strict"})
# Bad request, invalid, and what server-side apply can't read; not what the user may not do, or a busy server.
_ABOUT_THE_OBJECT = (400, 422, 500)


class _Resource(NamedTuple):
    group: str
    name: str
    namespaced: bool


class ApiServer:
    """Answers from a cluster's API server; may be used by several threads at once."""

    def __init__(self, api: Api) -> None:
        self.api = api

    @functools.cached_property
    def version(self) -> str:
        """Its Kubernetes version, such as "1.34"."""
        found = self.api.get("/version")
        return f"{found['major']}.{found['minor'].rstrip('+')}"

    def refusals(self, one: dict[str, Any]) -> list[str]:
        """Return why it refuses an object, a sentence for each field; [] for a kind that it does not serve.

        The object is sent as a server-side apply in a dry run, which creates it where it is not there:
        https://kubernetes.io/docs/reference/using-api/server-side-apply/. Raises CommandError where there is
        no answer, or one that is not about the object.
        """
        resource = self._resource(one["apiVersion"], one["kind"])
        if resource is None:
            return []
        metadata = dict(one["metadata"])
        if resource.namespaced:
            metadata["namespace"] = _NAMESPACE
        text = kubernetes_yaml.dump([{**one, "metadata": metadata}])
        try:
            self.api.send("PATCH", f"{_path(resource, _NAMESPACE)}/{metadata['name']}?{_OPTIONS}", text)
        except RefusalError as refusal:
            if refusal.http_code not in _ABOUT_THE_OBJECT:
                raise
            return _sentences(refusal)
        return []

    def path(self, api_version: str, kind: str, namespace: str) -> str | None:
        """Return the path of a kind's objects in a namespace, None if it is not served or in no namespace."""
        resource = self._resource(api_version, kind)
        return _path(resource, namespace) if resource and resource.namespaced else None

    @functools.cache  # noqa: B019 - there is one for a run
    def _resource(self, api_version: str, kind: str) -> _Resource | None:
        group = f"/api/{api_version}" if "/" not in api_version else f"/apis/{api_version}"
        served = self.api.find(group) or {"resources": []}
        for found in served["resources"]:
            if found["kind"] == kind and "/" not in found["name"]:
                return _Resource(group, found["name"], found["namespaced"])
        return None


@contextmanager
def connected(client: Kubectl) -> Iterator[ApiServer]:
    """Yield the API server of a kubeconfig's cluster, as long as the block runs."""
    with (
        tempfile.TemporaryDirectory(prefix="api-") as folder,
        closing(Api(client, Path(folder) / "api.sock")) as api,
    ):
        yield ApiServer(api)


def _path(resource: _Resource, namespace: str) -> str:
    place = f"/namespaces/{namespace}" if resource.namespaced else ""
    return f"{resource.group}{place}/{resource.name}"


def _sentences(refusal: RefusalError) -> list[str]:
    """Return the causes of a Status: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/."""
    causes = refusal.status.get("details", {}).get("causes", [])
    sentences = [f"{cause.get('field', '')}: {cause.get('message', '')}" for cause in causes]
    return sentences or [str(refusal.status.get("message", refusal.output))]
