"""What clouds ask for: the recipes of the README, each a case."""

from __future__ import annotations

import json

from ci.kubernetes.workloads import containers_of, pods_of
from tests.support.rendering import CaseRenderer

GOOGLE = {"iam.gke.io/gcp-service-account": "api@shop-123456.iam.gserviceaccount.com"}
USES_IDENTITY = "azure.workload.identity/use"


def test_on_openshift_no_pod_asks_for_a_user_or_group_of_its_own(render_case: CaseRenderer) -> None:
    pods = list(pods_of(render_case("openshift").objects))
    assert len(pods) == 4
    for pod in pods:
        contexts = [pod.spec["securityContext"]]
        contexts += [container["securityContext"] for _, container in containers_of(pod)]
        for context in contexts:
            assert not context.keys() & {"runAsUser", "runAsGroup", "fsGroup"}
            assert context["runAsNonRoot"] is True


def test_on_openshift_containers_stay_restricted_otherwise(render_case: CaseRenderer) -> None:
    for pod in pods_of(render_case("openshift").objects):
        assert pod.spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for _, container in containers_of(pod):
            context = container["securityContext"]
            assert context["allowPrivilegeEscalation"] is False
            assert context["capabilities"] == {"drop": ["ALL"]}


def test_on_openshift_a_route_has_the_certificate_of_the_cluster(render_case: CaseRenderer) -> None:
    ingress = render_case("openshift").one("Ingress")
    assert ingress["spec"]["tls"] == [{}]
    assert ingress["metadata"]["annotations"] == {"route.openshift.io/termination": "edge"}


def test_every_pod_of_an_account_that_logs_in_to_azure_says_so(render_case: CaseRenderer) -> None:
    rendered = render_case("workload-identity-azure")
    account = rendered.one("Deployment")["metadata"]["name"]
    labels = {pod.key.name: pod.labels.get(USES_IDENTITY) for pod in pods_of(rendered.objects)}
    assert labels == {
        account: "true",
        f"{account}-clean": "true",
        f"{account}-migration": "true",
        f"{account}-test": None,
    }


def test_both_accounts_have_the_identity_and_no_selector_does(render_case: CaseRenderer) -> None:
    rendered = render_case("workload-identity-azure")
    accounts = rendered.all("ServiceAccount").values()
    clients = [
        account["metadata"]["annotations"]["azure.workload.identity/client-id"] for account in accounts
    ]
    assert clients == ["00000000-0000-0000-0000-000000000001"] * 2
    assert USES_IDENTITY not in json.dumps([rendered.deployment["selector"], rendered.service["selector"]])


def test_annotations_of_google_reach_the_objects_that_it_reads(render_case: CaseRenderer) -> None:
    rendered = render_case("gke")
    assert rendered.one("ServiceAccount")["metadata"]["annotations"] == GOOGLE
    service = rendered.one("Service")["metadata"]["annotations"]
    assert json.loads(service["cloud.google.com/neg"]) == {"ingress": True}
    assert json.loads(service["cloud.google.com/backend-config"]) == {"default": "api"}
    ingress = rendered.one("Ingress")
    assert ingress["metadata"]["annotations"]["networking.gke.io/managed-certificates"] == "api"
    assert "ingressClassName" not in ingress["spec"]


def test_a_load_balancer_of_google_is_let_in_and_given_time(render_case: CaseRenderer) -> None:
    rendered = render_case("gke")
    (rule,) = rendered.all("NetworkPolicy")["gke"]["spec"]["ingress"]
    assert [peer["ipBlock"]["cidr"] for peer in rule["from"][:2]] == ["130.211.0.0/22", "35.191.0.0/16"]
    assert rendered.container["lifecycle"]["preStop"]["sleep"]["seconds"] == 20
