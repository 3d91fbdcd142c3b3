"""Asks an API server, in a dry run, what an upgrade by Helm 3 or Helm 4 makes of a live object."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlencode

from ci.base.processes import CommandError
from ci.clusters import kubectl
from ci.clusters.api import RefusalError
from ci.clusters.api_server import ApiServer
from ci.clusters.kubectl import Kubectl

Object = dict[str, Any]

_REQUESTS = 8
# Each start of kubectl reads the definitions of every kind.
_PROCESSES = 2
_APPLY_SECONDS = 600
_OPTIONS = {"fieldManager": "helm", "force": "true"}
# By which kubectl knows what was applied before, as Helm 3 does by the manifest of the last revision.
_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_NUMBER = "upgrade-number"
# Annotations that controllers write while an object lives.
_BY_CONTROLLERS = ("deployment.kubernetes.io/", "pv.kubernetes.io/", "volume.")
_REFUSED = re.compile(r"\((Invalid|Forbidden|BadRequest)\)|is invalid:")
# Merge keys from its own types, as Helm 3 has them, and not from the definitions that the server has.
_BUILT_IN_TYPES = {"KUBECTL_OPENAPIV3_PATCH": "false"}


class Upgrades:
    """Upgrades of objects in a namespace, which lasts as long as the questions; they are asked in dry runs.

    No pod may start there: each object is created under a name of its own, whatever refers to it.
    """

    def __init__(self, server: ApiServer, call: Kubectl, namespace: str) -> None:
        self._server = server
        self._call = call
        self._namespace = namespace

    def serves(self, made: Object) -> bool:
        """Tell whether the API server has objects of this kind in namespaces."""
        return self._server.path(made["apiVersion"], made["kind"], self._namespace) is not None

    def create(self, objects: Sequence[Object]) -> list[Object | str]:
        """Create objects; return each as the API server completes it, or why it is refused.

        The name of each has to be unlike all others'.
        """
        return self._applied([_remembered(made) for made in objects])

    def by_helm_4(self, objects: Sequence[Object]) -> list[Object | str]:
        """Return what each created object would be after an upgrade to this one, or why that is refused.

        Helm 4 applies on the server: https://helm.sh/docs/overview/#server-side-apply.
        """
        return self._applied(objects, dryRun="All")

    def by_helm_3(self, objects: Sequence[Object]) -> list[Object | str]:
        """Return the same for Helm 3, which merges what it rendered before, what it renders and what is live.

        kubectl apply makes the same patch, by the same function: CreateThreeWayMergePatch, in Helm 3's
        pkg/kube/client.go and in kubectl's pkg/cmd/apply/patcher.go.
        """
        numbered = {number: _annotated(made, _NUMBER, str(number)) for number, made in enumerate(objects)}
        parts = [part for start in range(_PROCESSES) if (part := list(numbered)[start::_PROCESSES])]
        with ThreadPoolExecutor(_PROCESSES) as pool:
            answers = pool.map(
                lambda part: self._merged({number: numbered[number] for number in part}), parts
            )
            found = {number: answer for each in answers for number, answer in each.items()}
        return [found[number] for number in numbered]

    def _applied(self, objects: Sequence[Object], **options: str) -> list[Object | str]:
        def one(made: Object) -> Object | str:
            path = self._server.path(made["apiVersion"], made["kind"], self._namespace)
            query = urlencode(_OPTIONS | options)
            try:
                # JSON is YAML, and written in no time.
                text = json.dumps(made)
                return _plain(
                    self._server.api.send("PATCH", f"{path}/{made['metadata']['name']}?{query}", text)
                )
            except RefusalError as refusal:
                return refusal.output

        with ThreadPoolExecutor(_REQUESTS) as pool:
            return list(pool.map(one, objects))

    def _merged(self, objects: Mapping[int, Object]) -> dict[int, Object | str]:
        """Return what becomes of numbered objects; those that are refused take one more start of kubectl."""
        command = [
            *self._call.command,
            "apply",
            "--dry-run=server",
            "--validate=false",
            "--openapi-patch=false",
        ]
        ended = subprocess.run(
            [*command, "--output=json", "--filename=-", f"--namespace={self._namespace}"],
            env=kubectl.environment() | _BUILT_IN_TYPES,
            input=json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects.values())}),
            capture_output=True,
            encoding="utf-8",
            check=False,
            timeout=_APPLY_SECONDS,
        )
        if ended.returncode == 0:
            told = json.loads(ended.stdout or '{"kind": "List", "items": []}')
            items = told["items"] if told["kind"] == "List" else [told]
            return {int(made["metadata"]["annotations"][_NUMBER]): _plain(made) for made in items}
        if not _REFUSED.search(ended.stderr):
            raise CommandError("merging", command, "failed", ended.stderr)
        if len(objects) == 1:
            return dict.fromkeys(objects, ended.stderr.strip())
        # It goes on after a refusal, but prints no object then. Several it reports with their patches, a
        # single one without.
        refused: dict[int, Object | str] = {
            int(number[1]): report.rpartition("error when patching")[2].partition(": ")[2].strip()
            for report in ended.stderr.split("Error from server")
            if (number := re.search(rf"{_NUMBER}\W+(\d+)", report))
        }
        rest = [number for number in objects if number not in refused]
        halves = [rest] if refused else [rest[::2], rest[1::2]]
        return refused | {
            number: answer
            for part in halves
            if part
            for number, answer in self._merged({number: objects[number] for number in part}).items()
        }


def _remembered(made: Object) -> Object:
    return _annotated(made, _APPLIED, json.dumps(made))


def _annotated(made: Object, name: str, value: str) -> Object:
    metadata = made["metadata"]
    return {
        **made,
        "metadata": {**metadata, "annotations": {**(metadata.get("annotations") or {}), name: value}},
    }


def _plain(made: Mapping[str, Any]) -> Object:
    """Return an object without what the API server writes for itself, and without our own annotations."""
    metadata = {
        name: made["metadata"][name] for name in ("name", "labels", "annotations") if name in made["metadata"]
    }
    annotations = {
        name: text
        for name, text in metadata.pop("annotations", {}).items()
        if name not in (_APPLIED, _NUMBER) and not name.startswith(_BY_CONTROLLERS)
    }
    return {name: value for name, value in made.items() if name != "status"} | {
        "metadata": metadata | ({"annotations": annotations} if annotations else {})
    }
