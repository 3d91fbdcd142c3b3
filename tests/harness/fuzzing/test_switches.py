"""The states of features are found in the schema, the defaults and the cases."""

from __future__ import annotations

import json

import pytest

from ci.charts import catalog
from ci.fuzzing import switches
from tests.support.repository import Repository

SCHEMA = {
    "properties": {
        "ingress": {"properties": {"enabled": {"type": "boolean"}, "hosts": {"type": "array"}}},
        "probe": {"properties": {"enabled": {"type": "boolean"}}},
        "kind": {"enum": ["Deployment", "StatefulSet"]},
        "extra": {"type": "array"},
    }
}
DEFAULTS = "{ingress: {enabled: false, hosts: []}, probe: {enabled: true}, kind: Deployment, extra: []}"


@pytest.fixture
def found(repository: Repository) -> dict[str, switches.State]:
    repository.write("charts/microservice/values.schema.json", json.dumps(SCHEMA))
    repository.write("charts/microservice/values.yaml", DEFAULTS)
    repository.case("small", "{ingress: {enabled: true}, extra: [1], kind: Deployment}")
    repository.case(
        "large", "{ingress: {enabled: true, hosts: [a, b]}, kind: StatefulSet, x-own: 1, image: {}}"
    )
    return switches.states(catalog.service_chart())


def test_a_state_is_named_after_what_differs_from_the_default(found: dict[str, switches.State]) -> None:
    assert list(found) == ["extra", "ingress.enabled=true", "kind", "kind=StatefulSet", "probe.enabled=false"]


def test_the_fullest_values_of_a_state_come_first(found: dict[str, switches.State]) -> None:
    assert [value.case for value in found["ingress.enabled=true"].values] == ["large", "small"]


def test_a_boolean_that_no_case_turns_is_turned(found: dict[str, switches.State]) -> None:
    assert found["probe.enabled=false"].values == (switches.Value("", {"enabled": False}),)
