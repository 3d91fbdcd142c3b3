"""Secrets that External Secrets will make count as made, and so does what it takes to make them."""

from __future__ import annotations

import pytest

from ci.checks import references
from ci.kubernetes.manifests import parse

STREAM = """
---
{apiVersion: v1, kind: ServiceAccount, metadata: {name: api}}
---
apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: api-external}
spec: {provider: {vault: {auth: {kubernetes: {serviceAccountRef: {name: api}}}}}}
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: api-external}
spec:
  secretStoreRef: {kind: SecretStore, name: api-external}
  data: [{secretKey: URL, remoteRef: {key: a}}]
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: api-all}
spec:
  secretStoreRef: {kind: ClusterSecretStore, name: company}
  target: {name: api-whole}
  dataFrom: [{extract: {key: a}}]
---
apiVersion: v1
kind: Pod
metadata: {name: api}
spec:
  containers:
  - name: api
    envFrom: [{secretRef: {name: api-external}}, {secretRef: {name: api-whole}}]
    env:
    - {name: URL, valueFrom: {secretKeyRef: {name: api-external, key: URL}}}
    - {name: OTHER, valueFrom: {secretKeyRef: {name: api-whole, key: WHATEVER}}}
"""
STORE = "external-secrets.io/v1 SecretStore api-external: spec.provider.vault.auth.kubernetes"
POD = "v1 Pod api: spec.containers[0]"


def found(stream: str) -> list[str]:
    return [str(finding) for finding in references.findings(parse(stream), "api")]


def test_a_stream_that_is_right_is_left_alone() -> None:
    assert found(STREAM) == []


@pytest.mark.parametrize(
    ("right", "wrong", "finding"),
    [
        (
            "serviceAccountRef: {name: api}",
            "serviceAccountRef: {name: api-store}",
            f"{STORE}.serviceAccountRef: there is no ServiceAccount 'api-store'",
        ),
        (
            "kind: SecretStore, name: api-external",
            "kind: SecretStore, name: api-store",
            "external-secrets.io/v1 ExternalSecret api-external: spec.secretStoreRef: there is no "
            "SecretStore 'api-store'",
        ),
        (
            "{secretRef: {name: api-external}}",
            "{secretRef: {name: api-secrets}}",
            f"{POD}.envFrom[0].secretRef: there is no Secret 'api-secrets'",
        ),
        (
            "target: {name: api-whole}",
            "target: {name: api-hole}",
            f"{POD}.envFrom[1].secretRef: there is no Secret 'api-whole'",
        ),
        (
            "key: URL}",
            "key: URI}",
            f"{POD}.env[0].valueFrom.secretKeyRef: Secret 'api-external' has no key 'URI'",
        ),
        (
            "kind: ServiceAccount, metadata: {name: api}",
            "kind: ServiceAccount, metadata: {name: api, annotations: {helm.sh/hook: pre-install}}",
            f"{STORE}.serviceAccountRef: ServiceAccount 'api' is a hook, and not there for long",
        ),
    ],
)
def test_what_is_wrong_is_found(right: str, wrong: str, finding: str) -> None:
    assert STREAM.count(right) == 1
    assert finding in found(STREAM.replace(right, wrong))


def test_a_store_that_logs_in_as_default_needs_no_account_made() -> None:
    assert found(STREAM.replace("serviceAccountRef: {name: api}", "serviceAccountRef: {name: default}")) == []
