"""Rights in the cluster's API: what they are, who has them, and that nobody has any unless asked for."""

from __future__ import annotations

import pytest

from tests.support.rendering import CaseRenderer, ChartRenderer, Rendered

KINDS = {"Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"}
READ = "{apiGroups: [''], resources: [pods], verbs: [get]}"


def kinds(rendered: Rendered) -> set[str]:
    return {key.kind for key in rendered.objects} & KINDS


def test_there_are_no_roles_by_default(render_case: CaseRenderer) -> None:
    assert kinds(render_case("defaults")) == set()


def test_rules_are_for_the_namespace(render_chart: ChartRenderer) -> None:
    rendered = render_chart(f"rbac: {{rules: [{READ}]}}")
    assert kinds(rendered) == {"Role", "RoleBinding"}
    assert rendered.one("Role")["rules"] == [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]
    for kind in ("Role", "RoleBinding"):
        assert rendered.one(kind)["metadata"]["namespace"] == "default"


def test_cluster_rules_are_for_the_whole_cluster(render_chart: ChartRenderer) -> None:
    rendered = render_chart(f"rbac: {{clusterRules: [{READ}]}}")
    assert kinds(rendered) == {"ClusterRole", "ClusterRoleBinding"}
    assert "namespace" not in rendered.one("ClusterRole")["metadata"]
    assert "namespace" not in rendered.one("ClusterRoleBinding")["metadata"]


def test_cluster_scoped_objects_have_the_namespace_in_their_name(render_case: CaseRenderer) -> None:
    rendered = render_case("rbac")
    assert rendered.all("ClusterRole").keys() == {"default-rbac"}
    assert rendered.all("ClusterRoleBinding").keys() == {"default-rbac"}


@pytest.mark.parametrize(("kind", "name"), [("Role", "rbac"), ("ClusterRole", "default-rbac")])
def test_a_binding_gives_its_role_to_the_applications_account(
    kind: str, name: str, render_case: CaseRenderer
) -> None:
    rendered = render_case("rbac")
    binding = rendered.one(f"{kind}Binding")
    assert binding["roleRef"] == {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": name}
    account = rendered.pod["serviceAccountName"]
    assert binding["subjects"] == [{"kind": "ServiceAccount", "name": account, "namespace": "default"}]


@pytest.mark.parametrize("key", ["rules", "clusterRules"])
def test_with_rights_the_token_is_mounted(key: str, render_chart: ChartRenderer) -> None:
    rendered = render_chart(f"rbac: {{{key}: [{READ}]}}")
    assert rendered.pod["automountServiceAccountToken"] is True


def test_the_account_itself_mounts_no_token(render_chart: ChartRenderer) -> None:
    assert (
        render_chart(f"rbac: {{rules: [{READ}]}}").one("ServiceAccount")["automountServiceAccountToken"]
        is False
    )


def test_an_existing_account_can_have_rights(render_case: CaseRenderer) -> None:
    rendered = render_case("rbac")
    assert rendered.all("ServiceAccount") == {}
    assert rendered.pod["serviceAccountName"] == "operator"


def test_the_namespaces_default_account_gets_no_rights(render_chart: ChartRenderer) -> None:
    (problem,) = render_chart.problems(f"serviceAccount: {{create: false}}\nrbac: {{rules: [{READ}]}}")
    assert problem.startswith("rbac has no service account to bind to: ")


def test_what_a_role_cannot_hold_is_refused_with_its_path(render_chart: ChartRenderer) -> None:
    refused = str(render_chart.refused("rbac: {rules: [{nonResourceURLs: [/metrics], verbs: [get]}]}"))
    assert "at '/rbac/rules/0': missing properties 'apiGroups', 'resources'" in refused
    assert "'not a key here: a Role has none, write it under rbac.clusterRules'" in refused
