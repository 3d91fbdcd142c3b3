"""A change says which fields differ, and what that does to pods."""

from __future__ import annotations

import pytest

from ci.kubernetes.differences import ABSENT
from ci.kubernetes.manifests import parse
from ci.kubernetes.masking import HIDDEN
from ci.reporting.changes import CHANGED, NEW, REFUSED, REMOVED, RESTARTS, Change, Field, changes

DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, labels: {helm.sh/chart: c-1}}
spec:
  replicas: 1
  selector: {matchLabels: {a: b}}
  template: {metadata: {labels: {a: b, app.kubernetes.io/version: "1"}}, spec: {containers: [{image: a:1}]}}
"""


def changed(old: str, *replaced: tuple[str, str]) -> Change:
    """The change of the only object when parts of its text are replaced."""
    new = old
    for part, other in replaced:
        assert part in new
        new = new.replace(part, other)
    (change,) = changes(parse(old), parse(new)).values()
    return change


def test_a_change_of_the_pods_restarts_them() -> None:
    assert changed(DEPLOYMENT, ("a:1", "a:2")) == Change(
        CHANGED, (Field("spec.template.spec.containers[0].image", "a:1", "a:2", RESTARTS),), restarts=True
    )


def test_a_change_of_their_number_restarts_none() -> None:
    assert changed(DEPLOYMENT, ("replicas: 1", "replicas: 2")) == Change(
        CHANGED, (Field("spec.replicas", 1, 2),)
    )


def test_labels_of_versions_are_no_change_unless_the_pods_have_them_too() -> None:
    of_object = changed(DEPLOYMENT, ("c-1", "c-2"))
    assert (of_object.fields, of_object.restarts, of_object.is_of_labels) == ((), False, True)
    of_pods = changed(DEPLOYMENT, ('version: "1"', 'version: "2"'))
    assert (of_pods.fields, of_pods.restarts, of_pods.is_of_labels) == ((), True, False)


@pytest.mark.parametrize(
    ("kind", "old", "new"),
    [
        ("Deployment", "{selector: {matchLabels: {a: b}}}", "{selector: {matchLabels: {a: c}}}"),
        ("StatefulSet", "{serviceName: a}", "{serviceName: b}"),
        ("Job", "{template: {spec: {nodeName: a}}}", "{template: {spec: {nodeName: b}}}"),
        ("PersistentVolumeClaim", "{storageClassName: a}", "{storageClassName: b}"),
    ],
)
def test_what_cannot_be_changed_is_refused(kind: str, old: str, new: str) -> None:
    head = f"{{apiVersion: v1, kind: {kind}, metadata: {{name: a}}, spec: "
    (field,) = changed(f"{head}{old}}}", (old, new)).fields
    assert field.effect == REFUSED


@pytest.mark.parametrize("field", ["replicas: 1", "template: {spec: {nodeName: 1}}", "minReadySeconds: 1"])
def test_what_a_stateful_set_lets_change_is_not(field: str) -> None:
    head = "{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: a}, spec: "
    (found,) = changed(f"{head}{{{field}}}}}", ("1}", "2}")).fields
    assert found.effect != REFUSED


def test_pods_that_wait_for_somebody_to_delete_them_do_not_restart() -> None:
    text = DEPLOYMENT.replace("kind: Deployment", "kind: StatefulSet")
    assert changed(text, ("a:1", "a:2")).restarts
    waiting = text.replace("  replicas: 1", "  updateStrategy: {type: OnDelete}")
    assert not changed(waiting, ("a:1", "a:2")).restarts


def test_a_hook_is_made_anew() -> None:
    hook = """
apiVersion: batch/v1
kind: Job
metadata: {name: a, annotations: {helm.sh/hook: pre-upgrade}}
spec: {template: {spec: {nodeName: a}}}
"""
    (field,) = changed(hook, ("nodeName: a", "nodeName: b")).fields
    assert field.effect == ""


def test_new_and_removed_objects() -> None:
    stream = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}"
    objects = parse(stream)
    assert [one.status for one in changes({}, objects).values()] == [NEW]
    assert [one.status for one in changes(objects, {}).values()] == [REMOVED]
    assert changes(objects, parse(stream)) == {}


def test_nothing_tells_of_a_secret() -> None:
    secret = "{apiVersion: v1, kind: Secret, metadata: {name: a}, stringData: {KEY: old-value}}"
    assert changed(secret, ("old-value", "new-value")).fields == (Field("stringData.KEY", HIDDEN, HIDDEN),)
    assert changed(secret, ("KEY: old-value", "")).fields == (Field("stringData.KEY", HIDDEN, ABSENT),)
    annotated = DEPLOYMENT.replace("{metadata: {labels", "{metadata: {annotations: {checksum/s: aa}, labels")
    (field,) = changed(annotated, ("checksum/s: aa", "checksum/s: bb")).fields
    assert (field.old, field.new, field.effect) == (HIDDEN, HIDDEN, RESTARTS)
