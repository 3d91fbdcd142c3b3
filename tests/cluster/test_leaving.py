"""What remains when pods are replaced, and when the release is uninstalled."""

from __future__ import annotations

import re
from collections.abc import Callable

from tests.support.namespaces import CHART, QUICK, Namespace, eventually
from tests.support.stored_objects import names

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
    before = names(namespace)
    release = namespace.helm()
    release.install("api", CHART, namespace.values(QUICK, KEEPING))
    made = len(names(namespace) - before)
    assert made > 10
    release.uninstall("api")

    def only_kept_objects_remain() -> None:
        # Names of versioned objects end with a digest.
        remaining = {re.sub(r"-[0-9a-f]{10}$", "", name) for name in names(namespace) - before}
        assert remaining == {"PersistentVolumeClaim api-data", "ConfigMap api-config", "ConfigMap api-files"}

    eventually(only_kept_objects_remain)
    observed(f"of {made} objects the retained claim and the two versioned ConfigMaps remained")
