"""What a cluster denies is said with the rule that would allow it."""

from __future__ import annotations

import pytest

from ci.deploy import rbac

# As kubectl and Helm print it.
IN_A_NAMESPACE = (
    'pods "api-1" is forbidden: User "ci" cannot get resource "pods/log" in API group "" in the namespace '
    '"live"'
)
IN_THE_CLUSTER = (
    'query: failed: nodes is forbidden: User "ci" cannot list resource "nodes" in API group '
    '"metrics.k8s.io" at the cluster scope'
)


@pytest.mark.parametrize(
    ("complaint", "explained"),
    [
        (
            IN_A_NAMESPACE,
            "you may not get pods/log in the namespace live; have this rule added to your Role: "
            '{apiGroups: [""], resources: [pods/log], verbs: [get]}',
        ),
        (
            IN_THE_CLUSTER,
            "you may not list nodes in the cluster; have this rule added to your ClusterRole: "
            '{apiGroups: ["metrics.k8s.io"], resources: [nodes], verbs: [list]}',
        ),
        ('pods "api" is forbidden: exceeded quota: few', ""),
        ("", ""),
    ],
)
def test_a_denied_request_is_explained_with_the_rule_that_is_missing(complaint: str, explained: str) -> None:
    assert rbac.explained(complaint) == explained
