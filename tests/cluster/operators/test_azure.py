"""Azure Key Vault as far as External Secrets goes without Azure: store, account, and where the login goes.

No answer of Azure is seen: the login ends where the tenant would be asked.
"""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from ci.base.processes import CommandError
from ci.charts.helm import HelmError
from tests.support.external_secrets import SMALL, complaint, recipe
from tests.support.namespaces import CHART, Namespace, Namespaces, eventually

pytestmark = pytest.mark.operators("external-secrets")

TENANT = "00000000-0000-0000-0000-000000000002"
# No pods: they would wait for ever.
NONE = "replicaCount: 0"


@pytest.fixture(scope="module")
def shop(shared_namespaces: Namespaces) -> Namespace:
    """The README's service, whose secret nobody gives."""
    namespace = shared_namespaces.new("azure")
    values = namespace.values(recipe("provider: azure", "yaml"), SMALL, NONE)
    namespace.helm().install("api", CHART, values, "--wait=hookOnly")
    return namespace


def test_the_webhook_accepts_the_store_and_the_login_asks_the_tenant_of_the_account(
    shop: Namespace, observed: Callable[[str], None]
) -> None:
    def asks_the_tenant() -> None:
        assert f"login.microsoftonline.com/{TENANT}" in complaint(shop, "secretstore", "api-external")

    eventually(asks_the_tenant)
    observed("the login goes to the tenant in the account's annotation; nobody answers there")


def test_the_webhook_refuses_an_account_of_another_namespace(
    shop: Namespace, observed: Callable[[str], None]
) -> None:
    with pytest.raises(CommandError) as refused:
        change_the_store(shop, serviceAccountRef={"name": "api", "namespace": "other"})
    assert "denied the request" in refused.value.output
    observed(f"in its words: {refused.value.output.splitlines()[-1]}")


def test_a_tenant_in_both_places_is_refused_by_the_chart_as_by_external_secrets(
    shop: Namespace, observed: Callable[[str], None]
) -> None:
    tenant = f"secret: {{external: {{azure: {{tenantId: {TENANT}}}}}}}"
    with pytest.raises(HelmError) as refused:
        shop.helm().upgrade("api", CHART, shop.values(recipe("provider: azure", "yaml"), SMALL, NONE, tenant))
    assert "both set the tenant" in refused.value.stderr
    change_the_store(shop, tenantId=TENANT)

    def refuses_it() -> None:
        assert "multiple tenantID found" in complaint(shop, "secretstore", "api-external")

    eventually(refuses_it)
    observed("External Secrets says: multiple tenantID found; the chart refuses it before")


def change_the_store(namespace: Namespace, **fields: object) -> None:
    patch = {"spec": {"provider": {"azurekv": fields}}}
    namespace.kubectl("patch", "secretstore", "api-external", "--type=merge", f"--patch={json.dumps(patch)}")
