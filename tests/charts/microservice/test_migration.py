"""A migration: the application's pod, run to its end before the release's own objects are made or changed."""

from __future__ import annotations

import shutil
from base64 import b64decode
from pathlib import Path

import pytest

from ci.base import kubernetes_yaml
from ci.charts import helm
from ci.checks.hook_order import hook_of
from ci.kubernetes.manifests import Object
from tests.support.notes import Notes
from tests.support.rendering import CaseRenderer, ChartRenderer, Rendered, with_both_engines
from tests.support.texts import FRAGILE, TEXTS, everywhere

MIGRATE = "migration: {enabled: true, args: [migrate]}"


def job(rendered: Rendered) -> Object:
    spec: Object = rendered.one("Job")["spec"]
    return spec


def pod(rendered: Rendered) -> Object:
    found: Object = job(rendered)["template"]["spec"]
    return found


def hooks(rendered: Rendered) -> dict[str, Object]:
    """The hooks before an install or upgrade, by kind and name."""
    found = {f"{key.kind} {key.name}": made for key, made in rendered.objects.items()}
    return {name: made for name, made in found.items() if hook_of(made).events - {"test"}}


def test_a_migration_has_an_account_and_settings_of_its_own_and_no_more(render_case: CaseRenderer) -> None:
    assert set(hooks(render_case("migration"))) == {
        "NetworkPolicy shop-migration",
        "ServiceAccount shop-migration",
        "ConfigMap shop-migration-config",
        "ConfigMap shop-migration-files",
        "Secret shop-migration-secrets",
        "Secret shop-migration-secret-files",
        "Job shop-migration",
    }


def test_its_hooks_run_before_an_install_and_an_upgrade_the_job_last(render_case: CaseRenderer) -> None:
    found = {name: hook_of(made) for name, made in hooks(render_case("migration")).items()}
    last = found.pop("Job shop-migration")
    assert {hook.events for hook in (last, *found.values())} == {frozenset({"pre-install", "pre-upgrade"})}
    assert max(hook.weight for hook in found.values()) < last.weight


def test_helm_deletes_its_hooks_however_it_ends(render_case: CaseRenderer) -> None:
    for made in hooks(render_case("migration")).values():
        annotations = made["metadata"]["annotations"]
        policies = annotations["helm.sh/hook-delete-policy"]
        assert policies == "before-hook-creation,hook-succeeded,hook-failed"
        assert "helm.sh/resource-policy" not in annotations


def test_a_job_that_helm_did_not_delete_is_deleted_after_a_day(render_case: CaseRenderer) -> None:
    assert job(render_case("migration"))["ttlSecondsAfterFinished"] == 24 * 60 * 60


def test_its_log_is_printed_where_it_fails(render_case: CaseRenderer) -> None:
    annotations = render_case("migration").one("Job")["metadata"]["annotations"]
    assert annotations["helm.sh/hook-output-log-policy"] == "hook-failed"


def test_the_component_label_tells_its_objects_from_those_that_serve(render_case: CaseRenderer) -> None:
    rendered = render_case("migration")
    template = job(rendered)["template"]
    found = [template, *hooks(rendered).values()]
    assert {made["metadata"]["labels"]["app.kubernetes.io/component"] for made in found} == {"migration"}
    assert {**template["metadata"]["labels"], "app.kubernetes.io/component": "app"} == (
        rendered.pod_metadata["labels"]
    )


def test_the_account_has_the_annotations_of_the_services(render_case: CaseRenderer) -> None:
    accounts = render_case("migration").all("ServiceAccount")
    assert accounts.keys() == {"other", "shop-migration"}
    for account in accounts.values():
        assert account["metadata"]["annotations"]["eks.amazonaws.com/role-arn"].endswith(":role/api")
    assert pod(render_case("migration"))["serviceAccountName"] == "shop-migration"


@pytest.mark.parametrize(
    ("account", "name"), [("{create: false}", "default"), ("{create: false, name: x}", "x")]
)
def test_an_existing_account_is_the_migrations_too(
    account: str, name: str, render_chart: ChartRenderer
) -> None:
    rendered = render_chart(MIGRATE, f"serviceAccount: {account}")
    assert pod(rendered)["serviceAccountName"] == name
    assert rendered.all("ServiceAccount") == {}


def test_the_migration_has_no_api_token_where_the_service_has_one(render_case: CaseRenderer) -> None:
    rendered = render_case("migration")
    assert rendered.pod["automountServiceAccountToken"] is True
    assert pod(rendered)["automountServiceAccountToken"] is False


def test_its_network_policy_has_the_services_egress_and_no_ingress(render_case: CaseRenderer) -> None:
    policies = {name: made["spec"] for name, made in render_case("migration").all("NetworkPolicy").items()}
    copy, policy = policies["shop-migration"], policies["shop"]
    assert "ingress" not in copy
    assert {field: copy[field] for field in ("policyTypes", "egress")} == {
        field: policy[field] for field in ("policyTypes", "egress")
    }


def test_its_network_policy_selects_no_pod_of_the_service(render_case: CaseRenderer) -> None:
    rendered = render_case("migration")
    chosen = rendered.all("NetworkPolicy")["shop-migration"]["spec"]["podSelector"]["matchLabels"]
    assert chosen.items() <= job(rendered)["template"]["metadata"]["labels"].items()
    assert not chosen.items() <= rendered.pod_metadata["labels"].items()


def test_it_reads_copies_of_the_settings_wherever_the_service_reads_its_own(
    render_case: CaseRenderer,
) -> None:
    rendered = render_case("migration")
    (container,) = pod(rendered)["containers"]
    assert container["envFrom"] == [
        {"configMapRef": {"name": "shop-migration-config"}},
        {"secretRef": {"name": "shop-migration-secrets"}},
        {"secretRef": {"name": "credentials"}},
    ]
    assert container["env"] == [
        {"name": "LEVEL", "value": "debug"},
        {
            "name": "URL",
            "valueFrom": {"secretKeyRef": {"name": "shop-migration-secrets", "key": "DATABASE_URL"}},
        },
    ]
    assert {"name": "config", "configMap": {"name": "shop-migration-files"}} in pod(rendered)["volumes"]


def test_copies_of_versioned_settings_are_neither_versioned_nor_kept(render_case: CaseRenderer) -> None:
    copies = [name for name in render_case("migration").all("ConfigMap") if "-migration-" in name]
    assert sorted(copies) == ["shop-migration-config", "shop-migration-files"]
    assert all("immutable" not in render_case("migration").all("ConfigMap")[name] for name in copies)


@pytest.mark.parametrize("field", ["name", "image", "securityContext"])
def test_its_container_has_the_main_containers_field(field: str, render_case: CaseRenderer) -> None:
    rendered = render_case("migration")
    assert pod(rendered)["containers"][0][field] == rendered.container[field]


def test_its_fields_are_rendered(render_case: CaseRenderer) -> None:
    spec = job(render_case("migration"))
    (container,) = pod(render_case("migration"))["containers"]
    assert (container["command"], container["args"]) == (["python", "-m", "migrate"], ["--all"])
    assert container["resources"]["limits"] == {"cpu": "500m", "memory": "1Gi"}
    assert (spec["backoffLimit"], spec["activeDeadlineSeconds"]) == (1, 1800)


def test_a_migration_is_tried_once_by_default(render_chart: ChartRenderer) -> None:
    spec = job(render_chart(MIGRATE))
    assert spec["backoffLimit"] == 0
    assert "activeDeadlineSeconds" not in spec
    assert pod(render_chart(MIGRATE))["restartPolicy"] == "Never"


def test_a_migration_mounts_tmp_and_its_settings_and_no_claim(render_case: CaseRenderer) -> None:
    (container,) = pod(render_case("migration"))["containers"]
    places = [mount["mountPath"] for mount in container["volumeMounts"]]
    assert places == ["/etc/config", "/etc/secrets", "/tmp"]  # noqa: S108
    assert len(pod(render_case("migration"))["volumes"]) == len(places)


@pytest.mark.parametrize("length", [52, 53, 54, 63])
def test_a_long_name_leaves_the_migration_a_name_of_its_own(length: int, render_chart: ChartRenderer) -> None:
    fullname = "x" * length
    rendered = render_chart(MIGRATE, f"{{fullnameOverride: {fullname}, config: {{data: {{A: a}}}}}}")
    (name,) = rendered.all("Job")
    assert name.startswith("x" * 50)
    assert len(name) <= 63
    assert set(rendered.all("ServiceAccount")) == {fullname, name}
    assert set(rendered.all("ConfigMap")) == {f"{fullname}-config", f"{name}-config"}


PARENT = """
apiVersion: v2
name: shop
version: 0.1.0
dependencies: [{name: microservice, alias: web, version: "*"}]
"""


@with_both_engines
def test_a_service_within_a_parent_chart_has_a_migration_too(
    engine: int, render_chart: ChartRenderer, tmp_path: Path
) -> None:
    (tmp_path / "Chart.yaml").write_text(PARENT)
    shutil.copytree(render_chart.path, tmp_path / "charts" / "microservice")
    image = "image: {repository: myrepo/web, tag: '1'}"
    (tmp_path / "values.yaml").write_text(f"web: {{{image}, {MIGRATE}, config: {{data: {{A: a}}}}}}")
    rendered = Rendered(helm.template(tmp_path, engine=engine, release="shop"))
    assert set(hooks(rendered)) == {
        "NetworkPolicy shop-web-migration",
        "ServiceAccount shop-web-migration",
        "ConfigMap shop-web-migration-config",
        "Job shop-web-migration",
    }


def test_without_a_migration_there_is_no_hook(render_case: CaseRenderer) -> None:
    assert hooks(render_case("defaults")) == {}


def documents(stream: str) -> dict[str, str]:
    """The hooks' documents by kind and name, as Helm cuts them out: without the blanks at their ends."""
    found = {}
    for text in stream.split("\n---\n"):
        (made,) = kubernetes_yaml.load_all(text, "a document")
        if hook_of(made).events:
            found[f"{made['kind']} {made['metadata']['name']}"] = text.strip()
    return found


@pytest.mark.parametrize("texts", [TEXTS, FRAGILE], ids=["any", "fragile"])
@with_both_engines
def test_strings_stay_unchanged_though_helm_trims_hooks(
    engine: int, texts: dict[str, str], render_chart: ChartRenderer
) -> None:
    found = documents(render_chart(everywhere(texts), MIGRATE, engine=engine).stream)
    made = {name: kubernetes_yaml.load(text, "a document") for name, text in found.items()}
    assert made["ConfigMap api-migration-config"]["data"] == texts
    assert made["ConfigMap api-migration-files"]["data"] == texts
    files = made["Secret api-migration-secret-files"]["data"]
    assert {name: b64decode(value).decode() for name, value in files.items()} == texts
    annotations = made["ServiceAccount api-migration"]["metadata"]["annotations"]
    assert {name: annotations[name] for name in texts} == texts
    (container,) = made["Job api-migration"]["spec"]["template"]["spec"]["containers"]
    assert {entry["name"]: entry["value"] for entry in container["env"]} == texts


def test_the_notes_do_not_mention_a_migration(notes: Notes) -> None:
    assert notes(MIGRATE) == notes()
