"""What a pod and its containers may do on the node, and towards the cluster's API."""

from __future__ import annotations

from tests.support.rendering import CaseRenderer, ChartRenderer

RESTRICTED_POD = {
    "runAsNonRoot": True,
    "fsGroup": 10001,
    "fsGroupChangePolicy": "OnRootMismatch",
    "seccompProfile": {"type": "RuntimeDefault"},
}
RESTRICTED_CONTAINER = {
    "runAsNonRoot": True,
    "runAsUser": 10001,
    "runAsGroup": 10001,
    "readOnlyRootFilesystem": True,
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
}


def test_the_default_is_the_restricted_standard_and_a_read_only_root(render_case: CaseRenderer) -> None:
    rendered = render_case("defaults")
    assert rendered.pod["securityContext"] == RESTRICTED_POD
    assert rendered.container["securityContext"] == RESTRICTED_CONTAINER


def test_baseline_allows_root_but_no_privilege_escalation(render_case: CaseRenderer) -> None:
    rendered = render_case("security-baseline")
    added_by_the_case = {"capabilities": {"add": ["NET_BIND_SERVICE"], "drop": ["ALL"]}}
    assert rendered.container["securityContext"] == {"allowPrivilegeEscalation": False} | added_by_the_case
    assert rendered.pod["securityContext"] == {
        "seccompProfile": {"type": "RuntimeDefault"},
        "supplementalGroups": [2000],
    }


def test_privileged_sets_nothing_of_its_own(render_case: CaseRenderer) -> None:
    rendered = render_case("security-privileged")
    assert "securityContext" not in rendered.pod
    assert rendered.container["securityContext"] == {"privileged": True}


def test_what_is_written_overrides_the_standard(render_case: CaseRenderer) -> None:
    rendered = render_case("security-overlay")
    assert rendered.container["securityContext"] == RESTRICTED_CONTAINER | {
        "runAsUser": 1000,
        "runAsGroup": 1000,
        "readOnlyRootFilesystem": False,
        "capabilities": {"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]},
    }
    assert rendered.pod["securityContext"]["fsGroup"] == 1000
    assert rendered.pod["securityContext"]["sysctls"] == [
        {"name": "net.ipv4.ip_unprivileged_port_start", "value": "0"}
    ]


def test_a_privileged_container_is_not_denied_escalation(render_chart: ChartRenderer) -> None:
    rendered = render_chart("{podSecurityStandard: baseline, securityContext: {privileged: true}}")
    assert rendered.container["securityContext"] == {"privileged": True}


def test_other_containers_have_the_same_standard(render_case: CaseRenderer) -> None:
    pod = render_case("containers").pod
    assert pod["initContainers"][0]["securityContext"] == RESTRICTED_CONTAINER
    assert pod["containers"][1]["securityContext"] == RESTRICTED_CONTAINER


OTHERS = """
securityContext: {runAsUser: 1000, runAsGroup: 1000}
initContainers:
  - {name: first, image: busybox, securityContext: {runAsUser: 2000}}
  - {name: privileged, image: busybox, securityContext: {privileged: true}}
extraContainers:
  - {name: beside, image: busybox, securityContext: {runAsUser: 3000}}
  - {name: nearly-privileged, image: busybox, securityContext: {capabilities: {add: [SYS_ADMIN]}}}
serviceAccount: {name: runner}
"""


def test_other_containers_override_the_main_security_context(render_chart: ChartRenderer) -> None:
    pod = render_chart(OTHERS).pod
    first, beside = pod["initContainers"][0], pod["containers"][1]
    assert first["securityContext"] == RESTRICTED_CONTAINER | {"runAsUser": 2000, "runAsGroup": 1000}
    assert beside["securityContext"] == RESTRICTED_CONTAINER | {"runAsUser": 3000, "runAsGroup": 1000}


def test_another_container_that_is_privileged_is_not_denied_escalation(render_chart: ChartRenderer) -> None:
    privileged = render_chart(OTHERS).pod["initContainers"][1]
    assert "allowPrivilegeEscalation" not in privileged["securityContext"]


def test_sys_admin_lifts_the_denial_of_escalation_too(
    render_chart: ChartRenderer,
) -> None:
    nearly_privileged = render_chart(OTHERS).pod["containers"][2]
    assert "allowPrivilegeEscalation" not in nearly_privileged["securityContext"]


def test_the_main_container_alone_can_have_a_context_of_its_own(render_case: CaseRenderer) -> None:
    rendered = render_case("security-container")
    shared = RESTRICTED_CONTAINER | {"runAsGroup": 1000}
    own = {"runAsUser": 1001, "capabilities": {"add": ["SYS_PTRACE"], "drop": ["ALL"]}}
    assert rendered.container["securityContext"] == shared | own
    others = [*rendered.pod["initContainers"], rendered.pod["containers"][1]]
    others += rendered.one("Pod")["spec"]["containers"]
    assert [other["securityContext"] for other in others] == [shared] * 3


def test_jobs_run_the_main_containers_image_in_its_context(render_case: CaseRenderer) -> None:
    rendered = render_case("security-container")
    job = rendered.one("CronJob")["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    assert job["containers"][0]["securityContext"] == rendered.container["securityContext"]


def test_the_pods_run_as_an_account_of_their_own_without_its_token(render_case: CaseRenderer) -> None:
    rendered = render_case("defaults")
    assert rendered.pod["serviceAccountName"] == rendered.one("ServiceAccount")["metadata"]["name"]
    assert rendered.pod["automountServiceAccountToken"] is False
    assert rendered.one("ServiceAccount")["automountServiceAccountToken"] is False


def test_the_token_can_be_mounted(render_case: CaseRenderer) -> None:
    rendered = render_case("security-overlay")
    assert rendered.pod["automountServiceAccountToken"] is True
    assert rendered.one("ServiceAccount")["automountServiceAccountToken"] is True


def test_the_account_names_the_role_that_a_cloud_gives_it(render_case: CaseRenderer) -> None:
    annotations = render_case("security-overlay").one("ServiceAccount")["metadata"]["annotations"]
    assert annotations == {"eks.amazonaws.com/role-arn": "arn:aws:iam::111122223333:role/api"}


def test_an_existing_account_is_used_and_none_is_made(render_case: CaseRenderer) -> None:
    rendered = render_case("account-existing")
    assert rendered.all("ServiceAccount") == {}
    assert rendered.pod["serviceAccountName"] == "shared-runner"
    assert rendered.pod["automountServiceAccountToken"] is False


def test_the_account_can_have_another_name(render_chart: ChartRenderer) -> None:
    rendered = render_chart(OTHERS)
    assert rendered.one("ServiceAccount")["metadata"]["name"] == "runner"
    assert rendered.pod["serviceAccountName"] == "runner"


def test_without_an_account_the_pods_run_as_the_namespaces_default(render_chart: ChartRenderer) -> None:
    assert render_chart("serviceAccount: {create: false}").pod["serviceAccountName"] == "default"
