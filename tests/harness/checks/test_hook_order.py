"""Objects that a hook refers to must exist when it runs, and only hooks may refer to hooks."""

from __future__ import annotations

import pytest

from ci.checks.hook_order import hook_of
from ci.kubernetes.manifests import parse
from tests.support.related_objects import findings

STREAM = """
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: api-migration-config
  annotations: {helm.sh/hook: "pre-install,pre-upgrade", helm.sh/hook-weight: "-1"}
data: {LEVEL: info}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: api-config}, data: {LEVEL: info}}
---
apiVersion: batch/v1
kind: Job
metadata: {name: api-migration, annotations: {helm.sh/hook: "pre-install, pre-upgrade"}}
spec:
  template:
    spec:
      containers: [{name: api, envFrom: [{configMapRef: {name: api-migration-config}}]}]
---
apiVersion: v1
kind: Pod
metadata: {name: api-test, annotations: {helm.sh/hook: test}}
spec:
  containers: [{name: test, envFrom: [{configMapRef: {name: api-config}}]}]
---
apiVersion: v1
kind: Pod
metadata: {name: api}
spec:
  volumes: [{name: config, configMap: {name: api-config}}]
"""
JOB = "batch/v1 Job api-migration: spec.template.spec.containers[0].envFrom[0].configMapRef"
TEST = "v1 Pod api-test: spec.containers[0].envFrom[0].configMapRef"


def test_nothing_is_found_if_all_references_of_hooks_exist() -> None:
    assert findings(STREAM) == []


@pytest.mark.parametrize(
    ("right", "wrong", "finding"),
    [
        (
            "{configMapRef: {name: api-migration-config}}",
            "{configMapRef: {name: api-config}}",
            f"{JOB}: ConfigMap 'api-config' does not exist at pre-install: it must be a hook of that "
            "event too, with a lower weight",
        ),
        (
            '"pre-install,pre-upgrade"',
            "pre-install",
            f"{JOB}: ConfigMap 'api-migration-config' does not exist at pre-upgrade: it must be a hook "
            "of that event too, with a lower weight",
        ),
        (
            'hook-weight: "-1"',
            'hook-weight: "0"',
            f"{JOB}: ConfigMap 'api-migration-config' has hook weight 0; it must be below 0, to run earlier",
        ),
        (
            "configMap: {name: api-config}",
            "configMap: {name: api-migration-config}",
            "v1 Pod api: spec.volumes[0].configMap: ConfigMap 'api-migration-config' is a hook, which is "
            "usually deleted after it has run",
        ),
        (
            "name: test, envFrom: [{configMapRef: {name: api-config",
            "name: test, envFrom: [{configMapRef: {name: api-migration-config",
            f"{TEST}: ConfigMap 'api-migration-config' does not exist at test: it must be a hook of "
            "that event too, with a lower weight",
        ),
    ],
)
def test_an_object_missing_at_a_hook_is_the_only_finding(right: str, wrong: str, finding: str) -> None:
    assert STREAM.count(right) == 1
    assert findings(STREAM.replace(right, wrong)) == [finding]


@pytest.mark.parametrize(("weight", "number"), [("-5", 5), ("12", -12), ("soon", 0), ("", 0)])
def test_a_weight_is_read_as_helm_reads_it(weight: str, number: int) -> None:
    (made,) = parse(
        "{apiVersion: v1, kind: Pod, metadata: {name: a, annotations: "
        f"{{helm.sh/hook: test, helm.sh/hook-weight: '{weight}'}}}}}}"
    ).values()
    assert hook_of(made).weight == -number
