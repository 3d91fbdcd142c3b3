"""Secrets come from an existing store of the whole cluster, as they are and as a template makes them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.external_secrets import SMALL, environment, fetched, recipe
from tests.support.namespaces import CHART, Namespace, Namespaces, digest

pytestmark = pytest.mark.operators("external-secrets")

# What External Secrets' own provider for tests gives.
GIVEN = {"shop/database-url": "postgresql://db", "shop/database-password": "a-password"}


@pytest.fixture(scope="module")
def shop(shared_namespaces: Namespaces) -> Iterator[Namespace]:
    """The README's service, with a ClusterSecretStore that has the namespace's name for `company`."""
    namespace = shared_namespaces.new("store")
    data = [{"key": key, "value": value} for key, value in GIVEN.items()]
    store = {
        "apiVersion": "external-secrets.io/v1",
        "kind": "ClusterSecretStore",
        "metadata": {"name": namespace.name},
        "spec": {"provider": {"fake": {"data": data}}},
    }
    namespace.kubectl("create", "--filename=-", stdin=json.dumps(store))
    try:
        namespace.helm().install("api", CHART, values(namespace, "data: {DATABASE_URL: shop/database-url}"))
        yield namespace
    finally:
        namespace.kubectl("delete", "clustersecretstore", namespace.name)


def values(namespace: Namespace, words: str) -> list[Path]:
    found = recipe(f"store: {{name: company, kind: ClusterSecretStore}}\n    {words}", "yaml")
    return namespace.values(found.replace("company", namespace.name), SMALL)


def test_a_secret_of_an_existing_store_is_in_the_process(shop: Namespace) -> None:
    (found,) = environment(shop)
    assert found["DATABASE_URL"] == digest("postgresql://db")


def test_a_template_makes_a_variable_of_what_was_fetched(
    shop: Namespace, observed: Callable[[str], None]
) -> None:
    before = fetched(shop)
    shop.helm().upgrade("api", CHART, values(shop, "data: {PASSWORD: shop/database-password}"))
    (found,) = environment(shop)
    assert found["DATABASE_URL"] == digest("postgresql://api:a-password@db/shop")
    assert "PASSWORD" not in found
    assert not before.keys() & fetched(shop).keys()
    observed("the pods have the variable that the template makes, and the password by itself nowhere")
