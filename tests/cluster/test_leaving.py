"""What remains when pods are replaced, and when the release is uninstalled."""

from __future__ import annotations

import re
from collections.abc import Callable

from tests.support.namespaces import CHART, QUICK, Namespace, eventually

# All objects that are documented to be kept, and many others.
KEEPING = """
replicaCount: 1
strategy: {type: Recreate}
volumes:
  data: {claim: {size: 10Mi}, mountPath: /data}
  cache: {claim: {size: 10Mi, retain: false}, mountPath: /cache}
config: {data: {LOG_LEVEL: info}, files: {app.toml: "workers = 4"}, versioned: true}
secret: {data: {API_KEY: "123"}}
cronJobs: {clean: {schedule: "@yearly", command: ["true"]}}
rbac: {rules: [{apiGroups: [""], resources: [pods], verbs: [list]}]}
"""
# Objects that the cluster itself creates in a namespace.
NOT_OURS = {"events", "events.events.k8s.io", "pods.metrics.k8s.io"}


def test_a_claim_keeps_its_data_during_an_upgrade(
    namespace: Namespace, observed: Callable[[str], None]
) -> None:
    release = namespace.helm()
    release.install("api", CHART, namespace.values(QUICK, KEEPING))
    (pod,) = namespace.ready_pods()
    namespace.kubectl("exec", pod, "--", "sh", "-c", "echo kept > /data/file")
    release.upgrade("api", CHART, namespace.values(QUICK, KEEPING, version="2"))
    (replaced,) = namespace.ready_pods()
    assert replaced != pod
    assert namespace.kubectl("exec", replaced, "--", "cat", "/data/file") == "kept\n"
    observed("the new pod read what the old one wrote")


def test_uninstalling_leaves_only_what_is_documented_to_be_kept(
    namespace: Namespace, observed: Callable[[str], None]
) -> None:
    names = namespace.cluster.kubectl("api-resources", "--namespaced", "--verbs=list", "--output=name")
    kinds = ",".join(sorted(set(names.split()) - NOT_OURS))
    before = left(namespace, kinds)
    release = namespace.helm()
    release.install("api", CHART, namespace.values(QUICK, KEEPING))
    made = len(left(namespace, kinds) - before)
    assert made > 10
    release.uninstall("api")

    def only_kept_objects_remain() -> None:
        # Names of versioned objects end with a digest.
        remaining = {re.sub(r"-[0-9a-f]{10}$", "", name) for name in left(namespace, kinds) - before}
        assert remaining == {"PersistentVolumeClaim api-data", "ConfigMap api-config", "ConfigMap api-files"}

    eventually(only_kept_objects_remain)
    observed(f"of {made} objects the retained claim and the two versioned ConfigMaps remained")


def left(namespace: Namespace, kinds: str) -> set[str]:
    found = namespace.cluster.kubectl.get(kinds, f"--namespace={namespace.name}")
    return {f"{made['kind']} {made['metadata']['name']}" for made in found}
