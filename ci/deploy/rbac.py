"""Rules of RBAC, as they are added to a Role.

https://kubernetes.io/docs/reference/access-authn-authz/rbac/#role-and-clusterrole
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

_DENIED = re.compile(
    r'cannot (?P<verb>\S+) resource "(?P<resource>[^"]+)" in API group "(?P<group>[^"]*)"'
    r'(?: in the namespace "(?P<namespace>[^"]+)")?'
)


def rule(group: str, resource: str, verbs: Sequence[str]) -> str:
    """Return the rule that allows some verbs; ``resource`` is a plural, with its subresource: "pods/log"."""
    return f"{{apiGroups: [{json.dumps(group)}], resources: [{resource}], verbs: [{', '.join(verbs)}]}}"


def explained(complaint: str) -> str:
    """Return what the API server denies, with the rule that would allow it; "" for any other complaint."""
    if not (denied := _DENIED.search(complaint)):
        return ""
    verb, resource, group, namespace = denied.group("verb", "resource", "group", "namespace")
    place, role = (f"namespace {namespace}", "Role") if namespace else ("cluster", "ClusterRole")
    return (
        f"you may not {verb} {resource} in the {place}; have this rule added to your {role}: "
        f"{rule(group, resource, [verb])}"
    )
