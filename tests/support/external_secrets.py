"""What the tests of secrets managers share: the README's recipes, and what External Secrets says."""

from __future__ import annotations

import json
from base64 import b64decode

from ci.base.repository import root
from ci.deploy.snapshot import condition
from tests.support.documents import fences
from tests.support.namespaces import Namespace, Object

# Of a service that is small and quick, and asks for its secrets all the time.
SMALL = """
replicaCount: 1
guardrails: none
topologySpreadConstraints: []
tests: {enabled: false}
shutdown: {drainSeconds: 0}
resources: {requests: {cpu: 10m, memory: 32Mi}}
readinessProbe: {initialDelaySeconds: 0, periodSeconds: 1}
secret: {external: {refreshInterval: 2s}}
"""


def recipe(words: str, language: str) -> str:
    """Return the only block of the chart's README that has these words."""
    found = [
        fence.text
        for fence in fences(root() / "charts" / "microservice" / "README.md")
        if fence.language == language and words in fence.text
    ]
    assert len(found) == 1, f"{len(found)} blocks have {words!r}"
    return found[0]


def fetched(namespace: Namespace, release: str = "api") -> dict[str, dict[str, str]]:
    """Return the Secrets that External Secrets has written for a release, with their values."""
    made = namespace.objects("Secret", **{"reconcile.external-secrets.io/managed": "true"})
    return {
        one["metadata"]["name"]: {key: b64decode(value).decode() for key, value in one["data"].items()}
        for one in made
        if one["metadata"]["name"].startswith(f"{release}-")
    }


def object_of(namespace: Namespace, kind: str, name: str) -> Object:
    """Return an object of a kind that only a cluster with the operator has; AssertionError without it."""
    there = json.loads(namespace.kubectl("get", kind, "--output=json"))["items"]
    found: list[Object] = [one for one in there if one["metadata"]["name"] == name]
    assert found, f"no {kind} {name}"
    return found[0]


def complaint(namespace: Namespace, kind: str, name: str, words: str = "") -> str:
    """Return what `kubectl describe` says of an object that is not ready.

    AssertionError where it is, and where these words are not said: the event with them comes after the state.
    """
    ready = condition(object_of(namespace, kind, name), "Ready")
    assert ready
    assert ready["status"] == "False"
    described = namespace.kubectl("describe", kind, name)
    assert words in described
    return described


def environment(namespace: Namespace, release: str = "api") -> list[Object]:
    """Return the digests of the environment variables of each ready pod of a release."""
    return [namespace.told(pod, "/environment") for pod in namespace.ready_pods(release)]
