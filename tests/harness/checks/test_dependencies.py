"""Missing service accounts, claims, ConfigMaps and Secrets are found, also for External Secrets."""

from __future__ import annotations

import pytest

from ci.checks import references
from ci.kubernetes.manifests import parse
from tests.support.related_objects import STREAM, findings

EXTERNAL = """
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
DEPLOYMENT = "apps/v1 Deployment api: spec"
POD = f"{DEPLOYMENT}.template.spec"
APP = f"{POD}.containers[0]"
STORE = "external-secrets.io/v1 SecretStore api-external: spec.provider.vault.auth.kubernetes"
EXTERNAL_POD = "v1 Pod api: spec.containers[0]"


@pytest.mark.parametrize(
    ("right", "wrong", "finding"),
    [
        (
            "serviceAccountName: api",
            "serviceAccountName: api-sa",
            f"{POD}.serviceAccountName: there is no ServiceAccount 'api-sa'",
        ),
        (
            "name: registry",
            "name: api-registry",
            f"{POD}.imagePullSecrets[0]: there is no Secret 'api-registry'",
        ),
        (
            "claimName: api-data",
            "claimName: api-date",
            f"{POD}.volumes[0].persistentVolumeClaim: there is no PersistentVolumeClaim 'api-date'",
        ),
        (
            "configMapRef: {name: api-config",
            "configMapRef: {name: api-conf",
            f"{APP}.envFrom[0].configMapRef: there is no ConfigMap 'api-conf'",
        ),
        (
            "secretRef: {name: shared",
            "secretRef: {name: api-shared",
            f"{APP}.envFrom[1].secretRef: there is no Secret 'api-shared'",
        ),
        (
            "key: TOKEN",
            "key: TOKE",
            f"{APP}.env[0].valueFrom.secretKeyRef: Secret 'api-secrets' has no key 'TOKE'",
        ),
        (
            "key: LEVEL",
            "key: LEVER",
            f"{POD}.volumes[1].configMap: ConfigMap 'api-config' has no key 'LEVER'",
        ),
        (
            "sources: [{secret: {name: api-secrets}",
            "sources: [{secret: {name: api-secret}",
            f"{POD}.volumes[2].projected.sources[0].secret: there is no Secret 'api-secret'",
        ),
        (
            "secretName: api-extra, optional: true",
            "secretName: api-extra",
            f"{POD}.volumes[3].secret: there is no Secret 'api-extra'",
        ),
    ],
)
def test_a_missing_object_or_key_is_the_only_finding(right: str, wrong: str, finding: str) -> None:
    assert STREAM.count(right) == 1
    assert findings(STREAM.replace(right, wrong)) == [finding]


def test_the_service_account_default_exists_even_for_a_release_named_default() -> None:
    pod = "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {serviceAccountName: default}}"
    assert references.findings(parse(pod), "default") == []


def test_a_secret_of_an_external_secret_counts_as_existing() -> None:
    assert findings(EXTERNAL) == []


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
            "kind: ClusterSecretStore, name: company",
            "kind: ClusterSecretStore, name: api-company",
            "external-secrets.io/v1 ExternalSecret api-all: spec.secretStoreRef: there is no "
            "ClusterSecretStore 'api-company'",
        ),
        (
            "{secretRef: {name: api-external}}",
            "{secretRef: {name: api-secrets}}",
            f"{EXTERNAL_POD}.envFrom[0].secretRef: there is no Secret 'api-secrets'",
        ),
        (
            "target: {name: api-whole}",
            "target: {name: api-hole}",
            f"{EXTERNAL_POD}.envFrom[1].secretRef: there is no Secret 'api-whole'",
        ),
        (
            "key: URL}",
            "key: URI}",
            f"{EXTERNAL_POD}.env[0].valueFrom.secretKeyRef: Secret 'api-external' has no key 'URI'",
        ),
        (
            "kind: ServiceAccount, metadata: {name: api}",
            "kind: ServiceAccount, metadata: {name: api, annotations: {helm.sh/hook: pre-install}}",
            f"{STORE}.serviceAccountRef: ServiceAccount 'api' is a hook, which is usually deleted after it "
            "has run",
        ),
    ],
)
def test_missing_objects_and_keys_of_external_secrets_are_found(right: str, wrong: str, finding: str) -> None:
    assert EXTERNAL.count(right) == 1
    assert finding in findings(EXTERNAL.replace(right, wrong))


def test_an_external_secret_that_names_no_kind_uses_a_store_of_its_namespace() -> None:
    kind = "kind: SecretStore, name: api-external"
    assert findings(EXTERNAL.replace(kind, "name: api-external")) == []
    assert findings(EXTERNAL.replace(kind, "name: api-store")) == [
        "external-secrets.io/v1 ExternalSecret api-external: spec.secretStoreRef: there is no "
        "SecretStore 'api-store'"
    ]


def test_the_store_of_another_kind_is_not_checked() -> None:
    spec = "spec: {secretStoreRef: {name: api-store}}"
    assert findings(f"{{apiVersion: a.example.com/v1, kind: Other, metadata: {{name: a}}, {spec}}}") == []


CONFIG_MAPS = """
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: api}, data: {A: a}, binaryData: {B: b}}
---
{apiVersion: v1, kind: Secret, metadata: {name: api}, data: {C: c}, stringData: {D: d}}
---
apiVersion: v1
kind: Pod
metadata: {name: api}
spec:
  volumes:
  - name: secret
    secret: {secretName: api, items: [{key: C, path: c}, {key: D, path: d}]}
  - name: all
    projected:
      sources: [{configMap: {name: api, items: [{key: A, path: a}, {key: B, path: b}]}}]
  initContainers:
  - name: wait
    env: [{name: A, valueFrom: {configMapKeyRef: {name: api, key: A}}}, {name: PLAIN, value: a}]
"""


@pytest.mark.parametrize(
    ("right", "wrong", "found"),
    [
        ("key: C", "key: X", ["volumes[0].secret: Secret 'api' has no key 'X'"]),
        ("key: D", "key: X", ["volumes[0].secret: Secret 'api' has no key 'X'"]),
        (
            "[{key: C, path: c}, {key: D",
            "[{key: Z, path: c}, {key: X",
            [
                "volumes[0].secret: Secret 'api' has no key 'X'",
                "volumes[0].secret: Secret 'api' has no key 'Z'",
            ],
        ),
        ("key: B", "key: X", ["volumes[1].projected.sources[0].configMap: ConfigMap 'api' has no key 'X'"]),
        (
            "{name: api, key: A}",
            "{name: api, key: C}",
            ["initContainers[0].env[0].valueFrom.configMapKeyRef: ConfigMap 'api' has no key 'C'"],
        ),
        ("{name: api, key: A}", "{name: api, key: C, optional: true}", []),
    ],
)
def test_every_key_of_a_config_map_or_secret_exists(right: str, wrong: str, found: list[str]) -> None:
    assert CONFIG_MAPS.count(right) == 1
    assert findings(CONFIG_MAPS) == []
    assert findings(CONFIG_MAPS.replace(right, wrong)) == [f"v1 Pod api: spec.{each}" for each in found]


def test_a_store_may_use_the_service_account_default() -> None:
    assert (
        findings(EXTERNAL.replace("serviceAccountRef: {name: api}", "serviceAccountRef: {name: default}"))
        == []
    )
