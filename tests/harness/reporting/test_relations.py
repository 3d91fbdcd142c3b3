"""The objects of a release are related as Kubernetes relates them, in no cycle."""

from __future__ import annotations

import pytest

from ci.base.repository import root
from ci.kubernetes.manifests import parse
from ci.reporting.relations import relations
from tests.support.related_objects import STREAM


def related(stream: str) -> set[str]:
    """The relations between the objects of a stream, in words; * marks what is not in the stream."""
    objects = parse(stream)
    return {
        f"{source.kind} {source.name} {verb} {'' if target in objects else '*'}{target.kind} {target.name}"
        for source, verb, target in relations(objects)
    }


def test_requests_lead_from_the_ingress_to_the_pods() -> None:
    assert {
        "Ingress api routes to Service api",
        "Ingress api routes to *Service elsewhere",
        "Ingress api has TLS from *Secret api-tls",
        "HTTPRoute api routes to Service api",
        "Service api leads to Deployment api",
    } <= related(STREAM)


def test_what_scales_protects_restricts_and_scrapes_leads_to_what_it_does_so_with() -> None:
    assert {
        "HorizontalPodAutoscaler api scales Deployment api",
        "ScaledObject k scales Deployment api",
        "PodDisruptionBudget api protects Deployment api",
        "NetworkPolicy api restricts Deployment api",
        "NetworkPolicy api restricts CronJob api-clean",
        "ServiceMonitor api scrapes Service api",
        "PodMonitor api scrapes Deployment api",
    } <= related(STREAM)


def test_a_workload_leads_to_what_it_needs_with_all_that_it_does_with_it() -> None:
    assert {
        "Deployment api mounts, reads ConfigMap api-config",
        "Deployment api mounts, reads Secret api-secrets",
        "Deployment api reads *Secret shared",
        "Deployment api pulls with *Secret registry",
        "Deployment api mounts PersistentVolumeClaim api-data",
        "Deployment api runs as ServiceAccount api",
    } <= related(STREAM)


def test_a_binding_leads_to_its_role_and_its_subjects() -> None:
    assert {
        "ClusterRoleBinding ns-api grants ClusterRole ns-api",
        "ClusterRoleBinding ns-api to ServiceAccount api",
        "ClusterRoleBinding ns-api to *User api-u",
        "RoleBinding view grants *ClusterRole view",
    } <= related(STREAM)


def test_a_gateway_hands_requests_to_a_route() -> None:
    route = "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: api}\n"
    found = relations(parse(f"{route}spec: {{parentRefs: [{{name: public}}]}}"))
    assert [(one.source.kind, one.source.name, one.verb, one.target.kind) for one in found] == [
        ("Gateway", "public", "hands requests to", "HTTPRoute")
    ]


def test_a_secret_that_external_secrets_makes_is_that_of_the_external_secret() -> None:
    found = related((root() / "tests/golden/microservice/external-vault.yaml").read_text(encoding="utf-8"))
    assert any("Deployment" in line and "reads ExternalSecret" in line for line in found)
    assert any("ExternalSecret" in line and "reads SecretStore" in line for line in found)


@pytest.mark.parametrize("kind", ["Service", "PodDisruptionBudget"])
def test_what_selects_nothing_leads_nowhere(kind: str) -> None:
    pod = "{apiVersion: v1, kind: Pod, metadata: {name: a, labels: {a: b}}, spec: {}}"
    assert (
        related(f"{pod}\n---\n{{apiVersion: v1, kind: {kind}, metadata: {{name: a}}, spec: {{}}}}") == set()
    )
