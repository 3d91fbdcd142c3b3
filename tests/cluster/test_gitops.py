"""Objects of custom kinds are stored as they are rendered, so that no controller finds a difference."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ci.base import kubernetes_yaml
from ci.charts import catalog, helm
from ci.clusters.lifecycle import Cluster
from ci.kubernetes import custom_kinds, differences, manifests
from ci.kubernetes.manifests import Key, Object
from ci.values import custom_defaults

# The kinds that the chart renders; another object in extraObjects is its user's.
KINDS = {
    **custom_defaults.KINDS,
    "PrometheusRule": "monitoring.coreos.com/v1",
    "SecretStore": "external-secrets.io/v1",
}
# Defaults of fields that older definitions with this API do not have. They are in maps, of which controllers
# compare what was rendered alone.
LEFT = {"spec.provider.aws.sessionTagsPolicy", "spec.provider.azurekv.useAzureSDK"}


def definition(api_version: str, kind: str, group: str) -> Object:
    """A copy of a custom kind's definition in another group, which nobody else uses."""
    plural = f"{kind.lower()}s"
    spec = {"type": "object", "properties": {"spec": as_defined(custom_kinds.spec(api_version, kind))}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {"kind": kind, "plural": plural},
            "versions": [
                {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": spec}}
            ],
        },
    }


def as_defined(part: Any) -> Any:
    """A part of an extract as a definition may have it: keys of a list only beside the list's type."""
    if isinstance(part, dict):
        typed = "x-kubernetes-list-type" in part
        kept = {name: each for name, each in part.items() if typed or name != "x-kubernetes-list-map-keys"}
        return {name: as_defined(each) for name, each in kept.items()}
    return [as_defined(each) for each in part] if isinstance(part, list) else part


@pytest.fixture(scope="module")
def group(cluster: Cluster) -> Iterator[str]:
    """The group of the definitions' copies, which are deleted afterwards."""
    name = f"stored-{secrets.token_hex(4)}.example.com"
    text = kubernetes_yaml.dump([definition(api_version, kind, name) for kind, api_version in KINDS.items()])
    cluster.kubectl("apply", "--server-side", "-f", "-", stdin=text)
    try:
        names = [f"crd/{kind.lower()}s.{name}" for kind in KINDS]
        cluster.kubectl("wait", "--for=condition=Established", *names)
        yield name
    finally:
        cluster.kubectl("delete", "-f", "-", stdin=text)


def rendered() -> dict[tuple[str, Key], Object]:
    """The objects of custom kinds of every case, by the case's name."""
    return {
        (case.name, key): made
        for case in catalog.cases()
        for key, made in manifests.parse(helm.render(case, helm.ENGINES[-1])).items()
        if made["apiVersion"] == KINDS.get(key.kind)
    }


# Who lists the objects of every kind meanwhile fails when one of these is gone.
@pytest.mark.quiet
def test_the_api_server_adds_no_field_to_the_spec_of_a_custom_kind(
    cluster: Cluster, group: str, observed: Callable[[str], None]
) -> None:
    objects = rendered()
    sent = [
        {
            "apiVersion": f"{group}/v1",
            "kind": made["kind"],
            "metadata": {"name": f"case{number}", "namespace": "default"},
            "spec": made["spec"],
        }
        for number, made in enumerate(objects.values())
    ]
    text = kubernetes_yaml.dump(sent)
    answer = cluster.kubectl(
        "apply", "--server-side", "--dry-run=server", "-o", "json", "-f", "-", stdin=text
    )
    stored = {each["metadata"]["name"]: each["spec"] for each in json.loads(answer)["items"]}
    found = [
        f"{case}: {key}: {path}: {before!r} is stored as {after!r}"
        for number, ((case, key), made) in enumerate(objects.items())
        for _, path, before, after in differences.compare(
            {key: {"spec": made["spec"]}}, {key: {"spec": stored[f"case{number}"]}}
        )
        if path not in LEFT
    ]
    assert found == []
    assert {key.kind for _, key in objects} == KINDS.keys()
    observed(f"{len(objects)} objects of {len(KINDS)} custom kinds were stored as they were rendered")
