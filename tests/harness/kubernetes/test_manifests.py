"""Rendered streams are taken apart into objects, and put together again."""

from __future__ import annotations

import pytest

from ci.base.errors import UserError
from ci.kubernetes.manifests import Key, dump, parse

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


def test_a_stream_is_its_objects_in_their_order() -> None:
    assert list(parse(DEPLOYMENT + NAMESPACE)) == [API, TEAM]
    assert [str(key) for key in parse(NAMESPACE + DEPLOYMENT)] == [
        "v1 Namespace team",
        "apps/v1 Deployment team/api",
    ]


def test_documents_without_content_are_passed_over_and_nulls_are_kept() -> None:
    assert list(parse("---\n# nothing\n---\n" + NAMESPACE)) == [TEAM]
    (made,) = parse(NAMESPACE + "spec: null\n").values()
    assert made["spec"] is None


def test_two_objects_of_one_key_are_refused() -> None:
    with pytest.raises(UserError, match=r"two objects are v1 Namespace team; one of them needs another name"):
        parse(NAMESPACE + NAMESPACE)


@pytest.mark.parametrize(
    "document",
    [
        "just text",
        "[]",
        "{kind: A, metadata: {name: b}}",
        "{apiVersion: v1, kind: A, metadata: {name: 1}}",
        "{apiVersion: v1, kind: A, metadata: {name: null}}",
        "{apiVersion: v1, kind: A, metadata: []}",
    ],
)
def test_a_document_that_is_no_object_is_refused_with_its_number(document: str) -> None:
    with pytest.raises(UserError, match=r"document 2 is no Kubernetes object; it needs apiVersion, kind and"):
        parse(NAMESPACE + "---\n" + document)


def test_broken_yaml_is_refused_with_its_place() -> None:
    with pytest.raises(UserError, match=r"^rendered manifests, line 4, column 21: "):
        parse("---\napiVersion: v1\nkind: Secret\nmetadata: {name: api]\n")


def test_objects_written_are_read_back_as_the_same() -> None:
    objects = parse(DEPLOYMENT + NAMESPACE)
    assert parse(dump(objects)) == objects
