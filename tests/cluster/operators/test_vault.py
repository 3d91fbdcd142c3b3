"""Secrets come from Vault, by the README's own commands, and only to those whom Vault lets in.

The server is OpenBao, Vault's fork, with TLS. It asks the cluster about a token as the account that shows it.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest

from ci.charts.helm import HelmError
from tests.support.deploys import Deploys
from tests.support.external_secrets import SMALL, complaint, environment, fetched, recipe
from tests.support.namespaces import CHART, Namespace, Namespaces, digest, eventually

pytestmark = pytest.mark.operators("external-secrets", "openbao")

SERVER = """
secret:
  external:
    vault:
      server: https://openbao.openbao:8200
      caProvider: {type: ConfigMap, name: vault-ca, key: ca.crt}
"""
# The same secret as a variable of another name, and as a file.
REFERENCES = """
env: {PARTNER: {secretKeyRef: {name: api-external, key: API_KEY}}}
volumes:
  partner: {secret: {secretName: api-external, items: [{key: API_KEY, path: key}]}, mountPath: /partner}
"""
MORE = "secret: {external: {data: {MORE: {key: shop/api/partner, property: more}}}}"
MISSING = "secret: {external: {data: {MISSING: {key: shop/api/nowhere, property: key}}}}"
MIGRATION = """
migration:
  enabled: true
  command: [python, -c, "import os; assert os.environ['API_KEY'] == 'partner-key'"]
"""


@dataclass
class Shop:
    """The release `api` in a namespace, which is the README's `shop`, and the Vault that it asks."""

    namespace: Namespace
    complaints: dict[str, str] = field(default_factory=dict)

    def written(self, text: str) -> str:
        return text.replace("shop", self.namespace.name)

    def values(self, *more: str, version: str = "1") -> list[Path]:
        texts = (recipe("provider: vault", "yaml"), SERVER, REFERENCES, SMALL, *more)
        return self.namespace.values(*map(self.written, texts), version=version)

    def words(self, words: str) -> list[str]:
        """Return the words of the README's command for kubectl that has these ones."""
        return shlex.split(self.written(recipe(words, "sh")).replace("\\\n", ""))[1:]

    def vault(self, script: str) -> str:
        """Run commands of Vault where it runs, as its administrator."""
        shell = ("--namespace=openbao", "exec", "--stdin", "deploy/openbao", "--", "sh", "-e", "-s")
        script = f'vault() {{ bao "$@"; }}\n{self.written(script)}\n'
        return self.namespace.cluster.kubectl(*shell, stdin=script)


@pytest.fixture(scope="module")
def shop(shared_namespaces: Namespaces, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """The release, installed by the README's commands; it asked for its secrets before the last of them."""
    made = Shop(shared_namespaces.new("vault"))
    namespace = made.namespace
    made.vault("""
        vault auth list | grep -q ^kubernetes/ || vault auth enable kubernetes
        vault write auth/kubernetes/config kubernetes_host=https://kubernetes.default.svc \
          disable_local_ca_jwt=true kubernetes_ca_cert=@/var/run/secrets/kubernetes.io/serviceaccount/ca.crt
        vault kv put -mount=secret shop/api/settings DATABASE_URL=first-url
        vault kv put -mount=secret shop/api/partner api-key=partner-key more=more
    """)
    made.vault(recipe("vault policy write", "sh"))
    authority = made.vault("cat /tls/ca.crt")
    namespace.kubectl("create", "configmap", "vault-ca", f"--from-literal=ca.crt={authority}")
    binding = made.words("kubectl create clusterrolebinding")
    installing = namespace.helm().upgrading("api", CHART, made.values(), seconds=180)
    try:
        for kind, words in {"externalsecret": "", "secretstore": "permission denied"}.items():
            made.complaints[kind] = eventually(partial(complaint, namespace, kind, "api-external", words))
        deploys = Deploys(namespace, tmp_path_factory.mktemp("deploys") / "root")
        made.complaints["status"] = deploys.run("status").output
        namespace.cluster.kubectl(*binding)
        namespace.kubectl(*made.words("force-sync"))
        exit_code = installing(180)
        installing.end()
        assert exit_code == 0, installing.words
        yield made
    finally:
        namespace.cluster.kubectl("delete", *binding[1:3], "--ignore-not-found")


def test_a_login_that_is_refused_shows_on_the_store(shop: Shop, observed: Callable[[str], None]) -> None:
    assert "permission denied" in shop.complaints["secretstore"]
    assert "permission denied" not in shop.complaints["externalsecret"]
    assert "store" in shop.complaints["externalsecret"].lower()
    assert re.search(r"secret store +api-external +not ready", shop.complaints["status"])
    assert "permission denied" in shop.complaints["status"]
    observed("without the ClusterRole the store says: permission denied; with it the pods start")


def test_the_values_are_in_the_process(shop: Shop, observed: Callable[[str], None]) -> None:
    (found,) = environment(shop.namespace)
    assert found["DATABASE_URL"] == digest("first-url")
    assert found["API_KEY"] == digest("partner-key")
    observed("every property of one secret and a single one of another are variables of the process")


def test_a_secret_is_a_file_and_a_variable_of_another_name_too(shop: Shop) -> None:
    (pod,) = shop.namespace.ready_pods()
    assert environment(shop.namespace)[0]["PARTNER"] == digest("partner-key")
    assert shop.namespace.kubectl("exec", pod, "--", "cat", "/partner/key") == "partner-key"


def test_a_changed_value_reaches_the_secret_by_itself_and_the_pods_by_a_restart(
    shop: Shop, observed: Callable[[str], None]
) -> None:
    namespace = shop.namespace
    shop.vault("vault kv put -mount=secret shop/api/settings DATABASE_URL=second-url")

    def is_in_the_secret() -> None:
        (values,) = fetched(namespace).values()
        assert values["DATABASE_URL"] == "second-url"

    def is_in_the_pods() -> None:
        assert [one["DATABASE_URL"] for one in environment(namespace)] == [digest("second-url")]

    eventually(is_in_the_secret)
    assert environment(namespace)[0]["DATABASE_URL"] == digest("first-url")
    namespace.kubectl("rollout", "restart", "deployment/api")
    eventually(is_in_the_pods)
    observed("within the refresh interval it is in the Secret, and after a restart in the process")


def test_an_upgrade_that_asks_for_more_replaces_the_pods(shop: Shop, observed: Callable[[str], None]) -> None:
    namespace = shop.namespace
    before, pods = set(fetched(namespace)), namespace.ready_pods()
    namespace.helm().upgrade("api", CHART, shop.values(MORE))
    assert {one["MORE"] for one in environment(namespace)} == {digest("more")}
    assert not set(pods) & set(namespace.ready_pods())
    after = set(fetched(namespace))
    assert len(after) == 1
    assert not before & after
    observed("new pods have the new variable, and the Secret of the old ones is gone")


def test_new_pods_wait_for_what_cannot_be_fetched_and_old_ones_serve_until_a_rollback(
    shop: Shop, tmp_path: Path, observed: Callable[[str], None]
) -> None:
    namespace = shop.namespace
    namespace.helm().upgrade("api", CHART, shop.values(MORE))
    (old,) = namespace.ready_pods()
    upgrading = namespace.helm().upgrading("api", CHART, shop.values(MORE, MISSING, version="2"), seconds=60)

    def new_pods_wait() -> None:
        waiting = [pod for pod in namespace.pods() if pod["metadata"]["name"] != old]
        assert waiting
        assert namespace.ready_pods() == [old]

    try:
        eventually(new_pods_wait)
        words = shop.written("shop/api/nowhere")
        eventually(lambda: complaint(namespace, "externalsecret", "api-external", words))
        status = Deploys(namespace, tmp_path / "root").run("status").output
        assert re.search(r"external secret +api-external +not ready", status)
        assert words in status
    finally:
        upgrading.end()
    # An old pod that is lost meanwhile finds its Secret.
    namespace.kubectl("delete", "pod", old, "--wait=false")
    eventually(lambda: serves(namespace, version="1"))
    namespace.helm().rollback("api", namespace.helm().history("api")[-2].number)
    serves(namespace, version="1")
    assert {one["MORE"] for one in environment(namespace)} == {digest("more")}
    observed(
        "`kubectl describe` and `invoke status` name the missing key; the old version served all the time"
    )


def serves(namespace: Namespace, *, version: str) -> None:
    """Assert that a pod of this version is ready, and none of another."""
    versions = {namespace.told(pod, "/")["version"] for pod in namespace.ready_pods()}
    assert versions == {version}


def test_a_migration_that_gets_no_secret_ends_at_its_deadline_and_the_events_say_why(
    shop: Shop, tmp_path: Path, observed: Callable[[str], None]
) -> None:
    namespace = shop.namespace
    granted = recipe("vault policy write", "sh")
    values = shop.values(MORE, MIGRATION, "migration: {activeDeadlineSeconds: 6}")
    shop.vault(granted.replace("names=api,api-migration ", "names=api "))
    try:
        with pytest.raises(HelmError) as failed:
            namespace.helm().upgrade("api", CHART, values)
    finally:
        shop.vault(granted)
    assert "migration" in failed.value.stderr

    def is_told() -> None:
        events = namespace.cluster.kubectl(*shop.words("involvedObject.name"))
        assert "service account name not authorized" in events

    eventually(is_told)
    observed("Helm gives up after 6 s, and events say that the account api-migration may not log in")


def test_a_migration_reads_its_own_copy_as_its_own_account(
    shop: Shop, observed: Callable[[str], None]
) -> None:
    namespace = shop.namespace
    namespace.helm().upgrade("api", CHART, shop.values(MORE, MIGRATION))

    def no_copy_is_left() -> None:
        assert not [name for name in fetched(namespace) if "migration" in name]

    # Helm deletes what asked for it, and the garbage collector the Secret after that.
    eventually(no_copy_is_left)
    observed("once its account may log in it succeeds, and its copies are gone")


def test_the_account_of_another_service_is_refused(shop: Shop, observed: Callable[[str], None]) -> None:
    namespace = shop.namespace
    # No pods: only what External Secrets reports can be waited for.
    other = shop.values(
        "replicaCount: 0", "{env: null, volumes: {partner: null}}", "secret: {external: {vault: {role: api}}}"
    )
    namespace.helm(3).upgrade("other", CHART, other)

    def is_refused() -> None:
        words = complaint(namespace, "secretstore", "other-external")
        assert "service account name not authorized" in words

    eventually(is_refused)
    # Helm takes one for ready of which External Secrets has not said anything yet.
    eventually(partial(complaint, namespace, "externalsecret", "other-external"))
    with pytest.raises(HelmError) as failed:
        namespace.helm(4).upgrade("other", CHART, other, "--timeout=5s")
    assert "ExternalSecret" in failed.value.stderr
    assert not fetched(namespace, "other")
    namespace.helm(3).uninstall("other")
    observed(
        "the store says that the account is not authorized; Helm 4's --wait waits for it, Helm 3's does not"
    )


def test_an_uninstall_leaves_nothing_of_it(shop: Shop) -> None:
    namespace = shop.namespace
    namespace.helm().uninstall("api")

    def nothing_is_left() -> None:
        assert fetched(namespace) == {}
        kinds = "externalsecrets,secretstores,serviceaccounts"
        left = namespace.kubectl("get", kinds, "--output=name").split()
        assert [name for name in left if "/api" in name] == []

    eventually(nothing_is_left)
