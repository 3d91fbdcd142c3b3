"""Settings and secrets reach the process, change with a rollout, and are rolled back with the image."""

from __future__ import annotations

import json
from base64 import encodebytes
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from ci.charts import helm
from ci.charts.helm import HelmError
from ci.deploy.releases import ROLLBACK_ON_FAILURE
from tests.support.namespaces import CHART, QUICK, Namespace, Object, digest, eventually

OLD = "config: {data: {LOG_LEVEL: info}}"
NEW = "config: {data: {LOG_LEVEL: debug}}"
VERSIONED = "config: {versioned: true}"
ONE = "replicaCount: 1"
# Helm waits as long for a version that fails as for the rollback, which has to be through by then.
ROLLBACK_SECONDS = 30


def seen(namespace: Namespace) -> dict[str, Object]:
    """Return, for each ready pod, its version and the digests of its environment variables."""
    return {
        pod: {
            "version": namespace.told(pod, "/")["version"],
            "environment": namespace.told(pod, "/environment"),
        }
        for pod in namespace.ready_pods()
    }


def has(namespace: Namespace, *, version: str, level: str) -> None:
    """Assert that every ready pod runs the version with the LOG_LEVEL."""
    found = seen(namespace)
    assert found
    for pod in found.values():
        assert (pod["version"], pod["environment"]["LOG_LEVEL"]) == (version, digest(level))


def test_a_changed_setting_replaces_the_pods_and_reaches_the_process(
    namespace: Namespace, observed: Callable[[str], None]
) -> None:
    release = namespace.helm()
    release.install("api", CHART, namespace.values(QUICK, OLD, ONE))
    before = namespace.ready_pods()
    has(namespace, version="1", level="info")
    release.upgrade("api", CHART, namespace.values(QUICK, NEW, ONE))
    eventually(lambda: has(namespace, version="1", level="debug"))
    assert not set(before) & set(namespace.ready_pods())
    observed("every pod replaced, the new LOG_LEVEL in the process")


def test_an_upgrade_without_changes_keeps_the_pods(namespace: Namespace) -> None:
    release = namespace.helm()
    release.install("api", CHART, namespace.values(QUICK, OLD, ONE))
    before = namespace.ready_pods()
    release.upgrade("api", CHART, namespace.values(QUICK, OLD, ONE))
    assert namespace.object("Deployment", "api")["metadata"]["generation"] == 1
    assert namespace.ready_pods() == before


@pytest.mark.parametrize("engine", helm.ENGINES)
def test_versioned_settings_are_rolled_back_with_the_image(
    namespace: Namespace, engine: int, observed: Callable[[str], None]
) -> None:
    """By kubectl rollout undo, by helm rollback, and by Helm itself after a failed upgrade."""
    release = namespace.helm(engine)
    common = (QUICK, ONE, VERSIONED)
    release.install("api", CHART, namespace.values(*common, OLD))

    def upgrade(*values: str, extra: tuple[str, ...] = ()) -> None:
        release.upgrade("api", CHART, namespace.values(*common, NEW, *values, version="2"), *extra)

    upgrade()
    eventually(lambda: has(namespace, version="2", level="debug"))
    namespace.kubectl("rollout", "undo", "deployment/api")
    namespace.kubectl("rollout", "status", "deployment/api")
    eventually(lambda: has(namespace, version="1", level="info"))
    if engine == 4:
        # Helm 4 refuses to change fields that kubectl owns, unless forced.
        with pytest.raises(HelmError, match=r"(?s)conflict.*image"):
            upgrade()
    upgrade(extra=("--force-conflicts",) if engine == 4 else ())
    eventually(lambda: has(namespace, version="2", level="debug"))
    release.rollback("api", 1)
    eventually(lambda: has(namespace, version="1", level="info"))
    with pytest.raises(HelmError):
        upgrade(
            "env: {UNREADY: 'yes'}", extra=(ROLLBACK_ON_FAILURE[engine], f"--timeout={ROLLBACK_SECONDS}s")
        )
    eventually(lambda: has(namespace, version="1", level="info"))
    assert release.history("api")[-1].status == "deployed"
    observed(
        "image and settings were rolled back together by rollout undo, rollback, and after a failed upgrade"
    )


def test_secrets_of_the_chart_and_existing_secrets_reach_the_process(
    namespace: Namespace, observed: Callable[[str], None]
) -> None:
    foreign = {"apiVersion": "v1", "kind": "Secret", "stringData": {"JWT_SECRET": "abc", "url": "db://x"}}
    namespace.kubectl("apply", "--filename=-", stdin=json.dumps(foreign | {"metadata": {"name": "vaulted"}}))
    values = """
    secret: {data: {API_KEY: "123"}, existing: [vaulted]}
    env: {DATABASE_URL: {secretKeyRef: {name: vaulted, key: url}}, MODE: plain}
    """
    namespace.helm().install("api", CHART, namespace.values(QUICK, ONE, values))
    (pod,) = seen(namespace).values()
    expected = {"API_KEY": "123", "JWT_SECRET": "abc", "DATABASE_URL": "db://x", "MODE": "plain"}
    assert {name: pod["environment"].get(name) for name in expected} == {
        name: digest(text) for name, text in expected.items()
    }
    observed(
        "in the process: the chart's own Secret, an existing one by envFrom, and a key of it by secretKeyRef"
    )


def test_files_of_config_and_secret_are_mounted_at_the_documented_paths(namespace: Namespace) -> None:
    values = """
    config: {files: {app.toml: "workers = 4\\n"}}
    secret: {files: {key.pem: "a key\\n"}}
    """
    namespace.helm().install("api", CHART, namespace.values(QUICK, ONE, values))
    (pod,) = namespace.ready_pods()
    found = namespace.kubectl("exec", pod, "--", "cat", "/etc/config/app.toml", "/etc/secrets/key.pem")
    assert found == "workers = 4\na key\n"


def test_the_bytes_of_a_keystore_arrive_in_the_pod(
    namespace: Namespace, tmp_path: Path, observed: Callable[[str], None]
) -> None:
    keystore = bytes.fromhex("feedfeed00000002") + bytes(range(256)) * 16
    (tmp_path / "keystore.base64").write_bytes(encodebytes(keystore))
    file = r"binaryFiles.keystore\.jks"
    given = [f"--set-file={block}.{file}={tmp_path}/keystore.base64" for block in ("config", "secret")]
    namespace.helm().install("api", CHART, namespace.values(QUICK, ONE), *given)
    (pod,) = namespace.ready_pods()
    paths = ["/etc/config/keystore.jks", "/etc/secrets/keystore.jks"]
    found = namespace.kubectl("exec", pod, "--", "sha256sum", *paths)
    assert found.split() == [part for path in paths for part in (sha256(keystore).hexdigest(), path)]
    observed(f"{len(keystore)} bytes with the same SHA-256, from a ConfigMap and from a Secret")
