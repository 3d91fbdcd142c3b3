"""Checks before anything changes that the user may do what a deploy does.

https://kubernetes.io/docs/reference/access-authn-authz/authorization/#checking-api-access
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from ci.deploy.rbac import rule
from ci.deploy.reader import KINDS
from ci.deploy.reasons import Code, Reason, Refused
from ci.deploy.target import Target
from ci.kubernetes.manifests import Key, Object

# Helm creates, patches and deletes what it renders, and keeps its revisions in Secrets.
_CHANGE = ("get", "create", "patch", "delete")
_HELM = {"secrets": ("get", "list", "create", "update", "delete")}
# What it takes to lock, to watch and to explain.
_WATCH = {
    **dict.fromkeys(KINDS, ("list",)),
    "pods/log": ("get",),
    "events": ("list",),
    "leases.coordination.k8s.io": ("get", "create", "update", "patch", "delete"),
}
_CLUSTER_SCOPED = {"ClusterRole", "ClusterRoleBinding", "Namespace"}
_REVIEW = "SelfSubjectAccessReview"
_AT_A_TIME = 8
_PLURALS = {
    "Ingress": "ingresses",
    "NetworkPolicy": "networkpolicies",
    "HTTPRoute": "httproutes",
}


class _Right(NamedTuple):
    resource: str
    verb: str
    namespace: str


def require(target: Target, objects: Mapping[Key, Object]) -> None:
    """Raise Refused, with the rules to add, where the user may not deploy these objects."""
    wanted = list(dict.fromkeys(_wanted(target, objects)))
    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        answers = list(pool.map(functools.partial(_is_allowed, target), wanted))
    missing = [right for right, allowed in zip(wanted, answers, strict=True) if not allowed]
    if missing:
        rules = "\n".join(f"  - {line}" for line in _rules(missing))
        message = f"you may not deploy to the namespace {target.namespace}; these rules are missing:\n{rules}"
        raise Refused(Reason(Code.NOT_ALLOWED, message))


def _is_allowed(target: Target, right: _Right) -> bool:
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": _REVIEW,
        "spec": {"resourceAttributes": _attributes(right)},
    }
    path = f"/apis/authorization.k8s.io/v1/{_REVIEW.lower()}s"
    return bool(target.api.send("POST", path, review)["status"]["allowed"])


def _wanted(target: Target, objects: Mapping[Key, Object]) -> Iterable[_Right]:
    for key in objects:
        namespace = "" if key.kind in _CLUSTER_SCOPED else key.namespace or target.namespace
        for verb in _CHANGE:
            yield _Right(_resource(key), verb, namespace)
    for resource, verbs in (_HELM | _WATCH).items():
        for verb in verbs:
            yield _Right(resource, verb, target.namespace)


def _resource(key: Key) -> str:
    group = key.api_version.rpartition("/")[0]
    plural = _PLURALS.get(key.kind, f"{key.kind.lower()}s")
    return f"{plural}.{group}" if group else plural


def _attributes(right: _Right) -> dict[str, str]:
    path, _, group = right.resource.partition(".")
    resource, _, subresource = path.partition("/")
    attributes = {"resource": resource, "group": group, "verb": right.verb, "namespace": right.namespace}
    return attributes | ({"subresource": subresource} if subresource else {})


def _rules(missing: Iterable[_Right]) -> list[str]:
    verbs: dict[str, list[str]] = {}
    for right in missing:
        verbs.setdefault(right.resource, []).append(right.verb)
    return [
        rule(group, plural, listed)
        for resource, listed in verbs.items()
        for plural, _, group in [resource.partition(".")]
    ]
