"""Two sets of objects are compared field by field."""

from __future__ import annotations

import copy

from ci.kubernetes.differences import ABSENT, Difference, compare
from ci.kubernetes.manifests import Key, parse

DEPLOYMENT = """
---
# Source: demo/templates/deployment.yaml
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, namespace: team, annotations: {a.b/c: old}}
spec:
  paused: true
  template:
    spec:
      containers:
      - {name: app, image: "app:1", env: [{name: A, value: a}, {name: C, value: c}]}
"""
NAMESPACE = "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: team}\n"
API = Key("apps/v1", "Deployment", "team", "api")
TEAM = Key("v1", "Namespace", "", "team")


def test_the_order_of_objects_and_keys_is_no_difference() -> None:
    (deployment,) = parse(DEPLOYMENT).values()
    assert compare(parse(DEPLOYMENT + NAMESPACE), parse(NAMESPACE + DEPLOYMENT)) == []
    assert compare({API: deployment}, {API: dict(reversed(deployment.items()))}) == []


def changed(env: str) -> list[tuple[str, object, object]]:
    """Return how a Deployment with other variables differs: path below the container, old, new."""
    new = parse(DEPLOYMENT.replace("[{name: A, value: a}, {name: C, value: c}]", env))
    return [
        (difference.path.removeprefix("spec.template.spec.containers[0]."), difference.old, difference.new)
        for difference in compare(parse(DEPLOYMENT), new)
    ]


def test_every_field_that_differs_is_told_with_both_values() -> None:
    old = parse(DEPLOYMENT)
    new = copy.deepcopy(old)
    new[API]["metadata"]["annotations"] = {"a.b/c": "new", "d": "e"}
    new[API]["spec"]["paused"] = False
    del new[API]["spec"]["template"]["spec"]["containers"][0]["image"]
    assert compare(old, new) == [
        Difference(API, "metadata.annotations.d", ABSENT, "e"),
        Difference(API, 'metadata.annotations["a.b/c"]', "old", "new"),
        Difference(API, "spec.paused", True, False),
        Difference(API, "spec.template.spec.containers[0].image", "app:1", ABSENT),
    ]


def test_true_is_not_1() -> None:
    old, new = parse(NAMESPACE + "spec: {a: true}"), parse(NAMESPACE + "spec: {a: 1}")
    assert compare(old, new) == [Difference(TEAM, "spec.a", True, 1)]


def test_mappings_with_little_in_common_differ_key_by_key() -> None:
    old, new = parse(NAMESPACE + "spec: {a: 1, b: 2, c: 3}"), parse(NAMESPACE + "spec: {a: 1, d: 2, e: 3}")
    assert [difference.path for difference in compare(old, new)] == ["spec.b", "spec.c", "spec.d", "spec.e"]


def test_an_item_that_comes_or_goes_is_one_difference_wherever_it_stands_in_its_list() -> None:
    added = {"name": "B", "value": "b"}
    assert changed("[{name: A, value: a}, {name: B, value: b}, {name: C, value: c}]") == [
        ("env[1]", ABSENT, added)
    ]
    assert changed("[{name: C, value: c}]") == [("env[0]", {"name": "A", "value": "a"}, ABSENT)]
    assert changed("[{name: A, value: a}, {name: C, value: new}]") == [("env[1].value", "c", "new")]


def test_an_item_that_changes_while_another_comes_is_told_too() -> None:
    differences = changed("[{name: B, value: b}, {name: A, value: a}, {name: C, value: new}]")
    assert ("env[0]", ABSENT, {"name": "B", "value": "b"}) in differences
    assert ("c", "new") in [(old, new) for _, old, new in differences]


def test_a_list_in_another_order_differs_as_a_whole() -> None:
    (a, c) = ({"name": "A", "value": "a"}, {"name": "C", "value": "c"})
    assert changed("[{name: C, value: c}, {name: A, value: a}]") == [("env", [a, c], [c, a])]


def test_items_of_a_list_without_names_are_told_apart_by_their_place() -> None:
    old, new = (
        parse(NAMESPACE + "spec: {a: [{b: 1}, {b: 2}], c: [x, y]}"),
        parse(NAMESPACE + "spec: {a: [{b: 1}, {b: 3}], c: [x, q, y]}"),
    )
    assert compare(old, new) == [
        Difference(TEAM, "spec.a[1].b", 2, 3),
        Difference(TEAM, "spec.c[1]", ABSENT, "q"),
    ]


def test_whole_objects_come_and_go() -> None:
    both = parse(DEPLOYMENT + NAMESPACE)
    assert compare(both, parse(NAMESPACE)) == [Difference(API, "", both[API], ABSENT)]
    assert compare(parse(DEPLOYMENT), both) == [Difference(TEAM, "", ABSENT, both[TEAM])]
