"""Secrets from a secrets manager: where they are fetched from, as whom, and how the pods read them."""

from __future__ import annotations

from typing import Any

import pytest

from ci.importing.references import references
from ci.kubernetes.manifests import Object
from tests.support.rendering import CaseRenderer, ChartRenderer, Rendered, with_both_engines

# What External Secrets would add to a target, and does not have to.
OWNED = {"creationPolicy": "Owner", "deletionPolicy": "Retain"}


def secret(rendered: Rendered) -> Object:
    """The spec of the only ExternalSecret."""
    spec: Object = rendered.one("ExternalSecret")["spec"]
    return spec


def name_of(rendered: Rendered, external: str = "") -> str:
    """The name of the Secret that an ExternalSecret writes, by default the only one."""
    found = rendered.all("ExternalSecret")[external] if external else rendered.one("ExternalSecret")
    name: str = found["spec"]["target"]["name"]
    return name


def provider(rendered: Rendered) -> Object:
    """What the only SecretStore says of its provider."""
    found: Object = rendered.one("SecretStore")["spec"]["provider"]
    return found


def test_every_secret_becomes_a_variable(render_case: CaseRenderer) -> None:
    assert secret(render_case("external-aws"))["data"] == [
        {"secretKey": "API_KEY", "remoteRef": {"key": "/shop/partner", "property": "key", "version": "3"}},
        {"secretKey": "DATABASE_URL", "remoteRef": {"key": "/shop/database-url"}},
    ]


def test_data_from_makes_a_variable_of_every_property_of_a_secret(render_case: CaseRenderer) -> None:
    spec = secret(render_case("external-store"))
    assert spec["dataFrom"] == [{"extract": {"key": "shop/settings"}}]
    assert [entry["secretKey"] for entry in spec["data"]] == ["DATABASE_URL"]


def test_pods_read_the_secret_after_the_charts_own_and_before_existing_ones(
    render_case: CaseRenderer,
) -> None:
    rendered = render_case("external-aws")
    assert secret(rendered)["target"] == {"name": name_of(rendered), **OWNED}
    assert rendered.container["envFrom"] == [
        {"secretRef": {"name": "external-aws-secrets"}},
        {"secretRef": {"name": name_of(rendered)}},
        {"secretRef": {"name": "credentials"}},
    ]


ASKED = """
image: {tag: "1"}
secret:
  external:
    enabled: true
    provider: vault
    vault: {server: "https://vault"}
    data: {PASSWORD: {key: shop/database, property: password}}
    dataFrom: [shop/api]
"""


@pytest.mark.parametrize(
    "change",
    [
        "data: {USER: {key: shop/database, property: user}}",
        "data: {PASSWORD: {property: new-password}}",
        "dataFrom: [shop/api, shop/more]",
        "template: {data: {URL: '{{ .PASSWORD }}'}}",
        "vault: {server: https://other}",
        "provider: '', store: {name: company}",
    ],
)
def test_whoever_asks_for_something_else_gets_another_secret_for_which_new_pods_wait(
    change: str, render_chart: ChartRenderer
) -> None:
    before, after = render_chart(ASKED), render_chart(ASKED, f"secret: {{external: {{{change}}}}}")
    assert name_of(before) != name_of(after)
    assert after.container["envFrom"] == [{"secretRef": {"name": name_of(after)}}]
    assert before.all("ExternalSecret").keys() == after.all("ExternalSecret").keys() == {"api-external"}


@pytest.mark.parametrize(
    "change",
    [
        "image: {tag: '2'}",
        "secret: {external: {refreshInterval: 5m, labels: {team: shop}, annotations: {note: a}}}",
        "secret: {external: {data: {GONE: null, PASSWORD: {version: null}}, template: null}}",
        "secret: {external: {aws: {region: eu-central-1}}}",
    ],
)
def test_whoever_asks_for_the_same_keeps_the_secret(change: str, render_chart: ChartRenderer) -> None:
    assert name_of(render_chart(ASKED)) == name_of(render_chart(ASKED, change))


def test_all_that_is_in_pods_refers_to_the_secret_by_its_actual_name(render_chart: ChartRenderer) -> None:
    rendered = render_chart(
        ASKED,
        """
        env: {TOKEN: {secretKeyRef: {name: api-external, key: PASSWORD}}}
        volumes: {tls: {secret: {secretName: api-external}, mountPath: /tls}}
        initContainers: [{name: first, image: "a:1", inheritEnv: true}]
        extraContainers: [{name: beside, image: "a:1", envFrom: [{secretRef: {name: api-external}}]}]
        workers: {mail: {args: [mail]}}
        cronJobs: {clean: {schedule: "@daily", args: [clean], serviceAccountName: other, volumes: true}}
        """,
    )
    with_pods = [*rendered.all("Deployment").values(), rendered.one("CronJob")]
    assert len(with_pods) == 3
    for made in with_pods:
        found = {name for kind, name in references(made) if kind == "Secret"}
        assert found == {name_of(rendered)}, made["metadata"]["name"]


STORES: dict[str, Any] = {
    "aws": {
        "aws": {
            "service": "ParameterStore",
            "region": "eu-central-1",
            "role": "arn:aws:iam::123456789012:role/reader",
            "auth": {"jwt": {"serviceAccountRef": {"name": "external-aws"}}},
        }
    },
    "azure": {
        "azurekv": {
            "authType": "WorkloadIdentity",
            "vaultUrl": "https://shop.vault.azure.net",
            "tenantId": "7f1b8c1e-0000-0000-0000-000000000000",
            "environmentType": "ChinaCloud",
            "serviceAccountRef": {"name": "workload"},
        }
    },
}


@pytest.mark.parametrize("name", STORES)
def test_a_provider_makes_a_store_that_logs_in_as_the_account(name: str, render_case: CaseRenderer) -> None:
    rendered = render_case(f"external-{name}")
    assert provider(rendered) == STORES[name]
    (store,) = rendered.all("SecretStore")
    assert secret(rendered)["secretStoreRef"] == {"kind": "SecretStore", "name": store}


def vault(rendered: Rendered) -> dict[str, Object]:
    return {name: made["spec"]["provider"]["vault"] for name, made in rendered.all("SecretStore").items()}


def test_the_login_to_vault_has_the_applications_name_as_its_role(render_case: CaseRenderer) -> None:
    assert vault(render_case("external-vault"))["shop-external"] == {
        "server": "https://vault.example.com:8200",
        "path": "kv",
        "version": "v1",
        "namespace": "team",
        "caProvider": {"type": "ConfigMap", "name": "vault-ca", "key": "ca.crt"},
        "auth": {
            "kubernetes": {
                "mountPath": "kubernetes/production",
                "role": "shop",
                "serviceAccountRef": {"name": "shop"},
            }
        },
    }


FEWEST = {
    "aws: {region: eu-central-1}": {
        "service": "SecretsManager",
        "region": "eu-central-1",
        "auth": {"jwt": {"serviceAccountRef": {"name": "api"}}},
    },
    "vault: {server: https://vault, role: reader}": {
        "server": "https://vault",
        "path": "secret",
        "version": "v2",
        "auth": {
            "kubernetes": {
                "mountPath": "kubernetes",
                "role": "reader",
                "serviceAccountRef": {"name": "api"},
            }
        },
    },
    "azure: {vaultUrl: https://vault}": {
        "authType": "WorkloadIdentity",
        "vaultUrl": "https://vault",
        "environmentType": "PublicCloud",
        "serviceAccountRef": {"name": "api"},
    },
}
VAULT = "vault: {server: https://vault, role: reader"
FEWEST[f"{VAULT}, version: null}}"] = FEWEST[f"{VAULT}}}"]


@pytest.mark.parametrize("preset", FEWEST)
def test_a_provider_needs_one_more_line(preset: str, render_chart: ChartRenderer) -> None:
    name = preset.partition(":")[0]
    external = f"{{enabled: true, provider: {name}, {preset}, dataFrom: [a]}}"
    assert list(provider(render_chart(f"secret: {{external: {external}}}")).values()) == [FEWEST[preset]]


def test_with_an_existing_store_none_is_made(render_case: CaseRenderer) -> None:
    rendered = render_case("external-store")
    assert secret(rendered)["secretStoreRef"] == {"kind": "ClusterSecretStore", "name": "company"}
    assert rendered.all("SecretStore") == {}


def test_a_template_makes_the_secret_and_is_left_to_external_secrets(render_case: CaseRenderer) -> None:
    target = render_case("external-store").one("ExternalSecret")["spec"]["target"]
    assert target["name"].startswith("external-store-external-")
    assert target["template"]["data"] == {
        "DATABASE_URL": "postgresql://api:{{ .password | urlquery }}@db/shop"
    }
    assert target["template"]["metadata"]["labels"] == {"team": "payments"}


def test_keys_that_a_template_makes_can_be_referred_to(render_chart: ChartRenderer) -> None:
    rendered = render_chart("""
        secret:
          external: {enabled: true, store: {name: a}, data: {P: b}, template: {data: {url: "{{ .P }}"}}}
        env: {URL: {secretKeyRef: {name: api-external, key: url}}}
    """)
    assert rendered.env["URL"] == {"secretKeyRef": {"name": name_of(rendered), "key": "url"}}


def test_secrets_are_refreshed_every_hour_by_default(
    render_case: CaseRenderer,
) -> None:
    assert secret(render_case("external-store"))["refreshInterval"] == "1h"
    assert secret(render_case("external-aws"))["refreshInterval"] == "15m"
    assert secret(render_case("external-azure"))["refreshInterval"] == "1h0m0s"


def test_nothing_is_fetched_by_default(render_chart: ChartRenderer) -> None:
    rendered = render_chart(
        "secret: {external: {provider: aws, aws: {region: a}, dataFrom: [a], data: {A: a}}}"
    )
    assert not rendered.all("ExternalSecret")
    assert not rendered.all("SecretStore")
    assert "envFrom" not in rendered.container


@with_both_engines
def test_null_for_the_block_fetches_nothing(engine: int, render_chart: ChartRenderer) -> None:
    rendered = render_chart(
        "{secret: {external: null}, migration: {enabled: true, args: [a]}}", engine=engine
    )
    assert not rendered.all("ExternalSecret")


def test_null_for_a_provider_is_refused_like_what_it_lacks(render_chart: ChartRenderer) -> None:
    problems = render_chart.problems(
        "secret: {external: {enabled: true, provider: vault, vault: null, dataFrom: [a]}}"
    )
    assert [problem.partition(" ")[0] for problem in problems] == [
        "secret.external.vault.mountPath",
        "secret.external.vault.server",
    ]


def test_a_migration_fetches_copies_of_its_own_as_an_account_of_its_own(render_case: CaseRenderer) -> None:
    rendered = render_case("external-vault")
    stores = vault(rendered)
    login = stores["shop-migration-external"]["auth"]["kubernetes"]
    assert login == {
        "mountPath": "kubernetes/production",
        "role": "shop",
        "serviceAccountRef": {"name": "shop-migration"},
    }
    copy = rendered.all("ExternalSecret")["shop-migration-external"]["spec"]
    own = name_of(rendered, "shop-migration-external")
    assert own.startswith("shop-migration-external-")
    assert copy["target"] == {"name": own, **OWNED}
    assert copy["secretStoreRef"]["name"] == "shop-migration-external"
    (container,) = rendered.one("Job")["spec"]["template"]["spec"]["containers"]
    assert container["envFrom"] == [{"secretRef": {"name": own}}]
    assert container["env"][0]["valueFrom"]["secretKeyRef"]["name"] == own


def test_a_migration_reads_from_an_existing_store_too(render_chart: ChartRenderer) -> None:
    store = "{enabled: true, store: {name: company}, dataFrom: [a]}"
    rendered = render_chart(f"{{secret: {{external: {store}}}, migration: {{enabled: true, args: [a]}}}}")
    made = rendered.all("ExternalSecret")
    assert made.keys() == {"api-external", "api-migration-external"}
    assert {found["spec"]["secretStoreRef"]["name"] for found in made.values()} == {"company"}


def test_a_cron_job_reads_the_services_secret(render_case: CaseRenderer) -> None:
    rendered = render_case("external-vault")
    template = rendered.one("CronJob")["spec"]["jobTemplate"]["spec"]["template"]
    (container,) = template["spec"]["containers"]
    assert container["envFrom"] == [{"secretRef": {"name": name_of(rendered, "shop-external")}}]
