"""The pods of a release: those that there are, and what becomes of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

from ci.base import kubernetes_yaml
from ci.base.console import err
from ci.base.errors import UserError
from ci.base.processes import CommandError
from ci.clusters import kubectl
from ci.deploy import history, reader
from ci.deploy.background import Background
from ci.deploy.remedies import command
from ci.deploy.snapshot import is_going, is_ready
from ci.deploy.target import Target
from ci.kubernetes.manifests import Object

RETRY_SECONDS = 1
_NO_ANSWER = "no answer from the cluster, trying again"
_LOGIN = "the cluster refuses your login; log in again"


class Seen(NamedTuple):
    """A pod that is new or has changed, or that is ``gone``, as it was last."""

    pod: Object
    gone: bool = False


def pods(target: Target, selector: str) -> list[Object]:
    """Return the pods that have the labels of a selector, oldest first."""
    return _oldest_first(_listed(target, selector))


def require_ready(target: Target, found: Sequence[Object]) -> Object:
    """Return the youngest of these pods that is ready, which runs the newest version.

    Raise UserError with the remedy where none is ready, where there is none, and where nothing is installed.
    """
    ready = [pod for pod in found if is_ready(pod) and not is_going(pod)]
    if ready:
        return ready[-1]
    if not found:
        history.stored(target)
    there = f"none of {len(found)} pods is ready" if found else "there is no pod"
    where = f"{target.service} in {target.environment.name}"
    raise UserError(f"{where}: {there}: {command(target, 'status')} says why")


class Watch(Background):
    """Reports pods by a selector, all that there are and then each that changes, until it is closed.

    Those of ``known`` that are gone by then are reported too. ``report`` is called in a thread of its own.
    What happens while the connection is lost comes later.
    """

    def __init__(
        self, target: Target, selector: str, known: Sequence[Object], report: Callable[[Seen], None]
    ) -> None:
        self._target = target
        self._selector = selector
        self._report = report
        self._known = {pod["metadata"]["uid"]: pod for pod in known}
        super().__init__(target.kubectl)

    def _run(self) -> None:
        trouble = ""
        while not self._closed.is_set():
            try:
                found = _listed(self._target, self._selector)
            except CommandError as error:
                why = _LOGIN if kubectl.refuses_login(error) else _NO_ANSWER
                if why != trouble and not self._closed.is_set():
                    words = (error.output.strip().splitlines() or [str(error)])[-1]
                    err.out(f"{why}: {words}")
                trouble = why
            else:
                if trouble:
                    err.out("the cluster answers again")
                trouble = ""
                self._compare(_oldest_first(found))
                self._watch(since=found["metadata"]["resourceVersion"])
            self._closed.wait(RETRY_SECONDS)

    def _compare(self, found: list[Object]) -> None:
        present = {pod["metadata"]["uid"] for pod in found}
        for uid in self._known.keys() - present:
            self._report(Seen(self._known.pop(uid), gone=True))
        for pod in found:
            self._see(pod)

    def _watch(self, since: str) -> None:
        """Report changes since a list until the API server ends the watch, as it does now and then.

        A watch of kubectl's own begins with another list, and misses what went between the two.
        """
        query = urlencode({"labelSelector": self._selector, "watch": "true", "resourceVersion": since})
        for line in self._lines("get", f"--raw={_server_path(self._target)}{_path(self._target)}?{query}"):
            event = json.loads(line)
            if event["type"] == "DELETED":
                self._known.pop(event["object"]["metadata"]["uid"], None)
                self._report(Seen(event["object"], gone=True))
            elif event["type"] in ("ADDED", "MODIFIED"):
                self._see(event["object"])

    def _see(self, pod: Object) -> None:
        self._known[pod["metadata"]["uid"]] = pod
        self._report(Seen(pod))


def _listed(target: Target, selector: str) -> Any:
    return target.api.get(_path(target), labelSelector=selector)


def _path(target: Target) -> str:
    return reader.path("pods", target.namespace)


def _server_path(target: Target) -> str:
    """Return the path that the address of the API server may have: `kubectl get --raw` leaves it out."""
    config = kubernetes_yaml.load(target.kubeconfig.read_text(encoding="utf-8"), "the kubeconfig")
    server: str = config["clusters"][0]["cluster"]["server"]
    return urlsplit(server).path.rstrip("/")


def _oldest_first(listed: Any) -> list[Object]:
    return sorted(listed["items"], key=lambda pod: str(pod["metadata"]["creationTimestamp"]))
