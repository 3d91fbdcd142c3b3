"""The fields that a live object can't change are known, with what to do instead."""

from __future__ import annotations

import pytest

from ci.kubernetes import immutable


@pytest.mark.parametrize(
    ("kind", "path", "known"),
    [
        ("Deployment", "spec.selector.matchLabels.app", True),
        ("Deployment", "spec.template.spec.nodeSelector", False),
        ("StatefulSet", "spec.volumeClaimTemplates[0].spec", True),
        ("StatefulSet", "spec.serviceName", True),
        ("StatefulSet", "spec.templates", True),
        ("StatefulSet", "spec.template.spec.containers[0].image", False),
        ("StatefulSet", "spec.replicas", False),
        ("PersistentVolumeClaim", "spec.accessModes", True),
        ("PersistentVolumeClaim", "spec.resources.requests.storage", False),
        ("Service", "spec.clusterIP", True),
        ("Service", "spec.ports", False),
        ("Secret", "type", True),
        ("Secret", "data.type", False),
        ("RoleBinding", "roleRef.name", True),
        ("ConfigMap", "spec.selector", False),
        # Of a whole spec that differs it is unknown which field does.
        ("StatefulSet", "spec", False),
    ],
)
def test_a_field_is_known_by_kind_and_path(kind: str, path: str, known: bool) -> None:
    assert (immutable.rule_of(kind, path) is not None) == known


def test_each_rule_says_what_to_do_and_where_it_is_from() -> None:
    for rule in immutable.rules():
        assert rule.kinds
        assert rule.instead
        assert rule.source.startswith("Validate")
