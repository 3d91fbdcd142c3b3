from __future__ import annotations

import json
from typing import Any

import pytest

from ci.values.kubernetes_parts import definition, resolve

CORE = "kubernetes:io.k8s.api.core.v1."


@pytest.fixture(autouse=True)
def _read_anew() -> None:
    """Have each test convert the definitions itself, not only the first one that needs them."""
    definition.cache_clear()


def resolved(part: dict[str, Any], **definitions: Any) -> dict[str, Any]:
    """The resolved schema with one key."""
    return resolve({"properties": {"key": part}, "definitions": definitions})


def test_a_definition_is_added_with_all_that_it_refers_to() -> None:
    schema = resolved({"$ref": CORE + "Affinity"})
    assert schema["properties"]["key"] == {"$ref": "#/definitions/Affinity"}
    assert {"Affinity", "NodeAffinity", "NodeSelector", "LabelSelector", "int32"} <= schema[
        "definitions"
    ].keys()
    assert "kubernetes:" not in json.dumps(schema)


def test_a_definition_has_no_prose_and_no_null() -> None:
    text = json.dumps(resolved({"$ref": CORE + "PodSpec"}))
    assert '"description"' not in text.replace('"description": {', "")
    for absent in ('"null"', '"format"', "x-kubernetes-", "$defs"):
        assert absent not in text


def test_definitions_are_sorted_by_name() -> None:
    names = list(resolved({"$ref": CORE + "PodSpec"})["definitions"])
    assert names == sorted(names)


@pytest.mark.parametrize(
    "annotations",
    [{"description": "Where."}, {"title": "a", "description": "b", "default": {}, "examples": [{}]}],
)
def test_annotations_stay_beside_the_reference(annotations: dict[str, Any]) -> None:
    part = resolved({"$ref": CORE + "Affinity", **annotations})["properties"]["key"]
    assert part == {"$ref": "#/definitions/Affinity", **annotations}


def test_properties_beside_the_reference_override_those_of_kubernetes() -> None:
    own = {"value": {"type": "integer"}, "enabled": {"type": "boolean"}}
    part = resolved({"$ref": CORE + "HTTPHeader", "required": [], "properties": own})["properties"]["key"]
    assert part["properties"] == {**own, "name": {"$ref": "#/definitions/text"}}
    assert part["required"] == []


def test_a_property_that_matches_a_pattern_beside_the_reference_is_left_out() -> None:
    written = {"$ref": CORE + "HTTPHeader", "patternProperties": {"^(name)$": {"const": "not a key here"}}}
    part = resolved(written)["properties"]["key"]
    assert part["properties"].keys() == {"value"}
    assert part["patternProperties"] == written["patternProperties"]


def test_a_definition_of_the_schema_itself_is_used_instead_of_kubernetes_one() -> None:
    schema = resolved({"$ref": CORE + "ResourceRequirements"}, Quantity={"type": "string"})
    assert schema["definitions"]["Quantity"] == {"type": "string"}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("io.k8s.apimachinery.pkg.api.resource.Quantity", {"type": ["string", "number"]}),
        ("io.k8s.apimachinery.pkg.util.intstr.IntOrString", {"type": ["string", "integer"]}),
        ("io.k8s.apimachinery.pkg.apis.meta.v1.Time", {"$ref": "kubernetes:text"}),
        ("int32", {"type": "integer", "minimum": -2147483648, "maximum": 2147483647}),
        ("int64", {"type": "integer", "minimum": -9007199254740991, "maximum": 9007199254740991}),
    ],
)
def test_a_simple_type_is_a_type_and_its_limits(name: str, expected: dict[str, Any]) -> None:
    assert definition(name) == expected


def test_what_kubernetes_requires_is_required() -> None:
    assert definition("io.k8s.api.core.v1.HTTPHeader")["required"] == ["name", "value"]


def test_a_list_that_is_a_set_has_no_entry_twice() -> None:
    options = definition("io.k8s.api.core.v1.VolumeMount")["properties"]["bindMountOptions"]
    assert options == {"type": "array", "uniqueItems": True, "items": {"$ref": "kubernetes:text"}}


def test_the_values_of_a_map_have_the_type_that_kubernetes_gives_them() -> None:
    quantities = definition("io.k8s.api.core.v1.ResourceRequirements")["properties"]["limits"]
    quantity = {"$ref": "kubernetes:io.k8s.apimachinery.pkg.api.resource.Quantity"}
    assert quantities == {"type": "object", "additionalProperties": quantity}
    labels = definition("io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector")["properties"]["matchLabels"]
    assert labels == {"$ref": "kubernetes:mapOfText"}


def test_two_definitions_with_the_same_last_word_are_refused() -> None:
    kind = "CrossVersionObjectReference"
    names = (f"v1.{kind}", "v1.ScaleSpec", f"v2.{kind}")
    parts = [{"$ref": f"kubernetes:io.k8s.api.autoscaling.{name}"} for name in names]
    with pytest.raises(LookupError, match=rf"v1\.{kind} and .*v2\.{kind} would be one"):
        resolve({"items": parts})


def test_an_unknown_definition_is_named() -> None:
    with pytest.raises(LookupError, match=r"no definition io\.k8s\.api\.core\.v1\.Afinity"):
        resolved({"$ref": CORE + "Afinity"})
