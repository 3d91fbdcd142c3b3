"""A release's state is read from its cluster: of this release alone, without what the user may not read."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest

from ci.base.processes import CommandError
from ci.clusters.kubectl import Kubectl
from ci.deploy.reader import Reader
from ci.deploy.snapshot import Snapshot
from ci.kubernetes.manifests import Object
from tests.support.rollouts import claim, deployment, job, metadata, pod, replica_set, storage_class

EXTERNAL = "externalsecrets.external-secrets.io"
NOT_SERVED = 'error: the server doesn\'t have a resource type "externalsecrets"'
FORBIDDEN = "Error from server (Forbidden): storageclasses.storage.k8s.io is forbidden"


class Calls:
    """A kubectl that finds these objects, by what is asked for, or fails with a message."""

    def __init__(self, *objects: Object, **answers: Any) -> None:
        self.answers = {
            "events": (),
            "storageclasses.storage.k8s.io": (),
            EXTERNAL: NOT_SERVED,
            **answers,
        }
        self.objects = objects
        self.asked: list[tuple[str, ...]] = []

    def __call__(self, verb: str, kinds: str, *options: str, seconds: float) -> str:
        self.asked.append((kinds, *options))
        found = self.answers.get(kinds, self.objects)
        if isinstance(found, str):
            raise CommandError("kubectl get", ["kubectl"], "failed", found)
        return json.dumps({"kind": "List", "items": list(found)})

    def snapshot(self) -> Snapshot:
        return Reader(cast(Kubectl, self), "api").snapshot()

    def times(self, kinds: str) -> int:
        return sum(asked[0] == kinds for asked in self.asked)


def external(name: str, *, ready: str = "", message: str = "", written: str = "") -> Object:
    conditions = [{"type": "Ready", "status": ready, "message": message}] if ready else []
    return {
        "kind": "ExternalSecret",
        "metadata": metadata(f"of-{name}", generation=3),
        "spec": {"target": {"name": name}},
        "status": {"conditions": conditions, "syncedResourceVersion": written},
    }


def test_the_objects_of_a_release_are_sorted_by_kind() -> None:
    calls = Calls(deployment(), replica_set(), pod(), claim("Bound"))
    found = calls.snapshot()
    kinds = [found.deployments, found.replica_sets, found.pods, found.claims]
    assert [[one["kind"] for one in objects] for objects in kinds] == [
        ["Deployment"],
        ["ReplicaSet"],
        ["Pod"],
        ["PersistentVolumeClaim"],
    ]
    asked = next(options for options in calls.asked if "pods" in options[0])
    assert "--selector=app.kubernetes.io/instance=api" in asked


def test_only_warnings_are_asked_for() -> None:
    calls = Calls()
    calls.snapshot()
    assert "--field-selector=type=Warning" in next(
        options for options in calls.asked if options[0] == "events"
    )


def test_the_job_of_a_cron_job_is_no_hook() -> None:
    of_a_cron_job = job("api-nightly") | {"metadata": metadata("api-nightly")}
    assert [one["metadata"]["name"] for one in Calls(job(), of_a_cron_job).snapshot().jobs] == [
        "api-migration"
    ]


def test_storage_classes_are_asked_for_once_and_only_for_claims() -> None:
    without, with_one = (
        Calls(),
        Calls(claim("Pending"), **{"storageclasses.storage.k8s.io": [storage_class("fast")]}),
    )
    without.snapshot()
    reader = Reader(cast(Kubectl, with_one), "api")
    assert [len(reader.snapshot().storage_classes or []) for _ in range(2)] == [1, 1]
    assert (
        without.times("storageclasses.storage.k8s.io"),
        with_one.times("storageclasses.storage.k8s.io"),
    ) == (0, 1)


def test_storage_classes_that_may_not_be_listed_are_unknown() -> None:
    assert (
        Calls(claim("Pending"), **{"storageclasses.storage.k8s.io": FORBIDDEN}).snapshot().storage_classes
        is None
    )


@pytest.mark.parametrize("words", [NOT_SERVED, f"Error from server (Forbidden): {EXTERNAL} is forbidden"])
def test_without_external_secrets_nothing_is_awaited(words: str) -> None:
    calls = Calls(**{EXTERNAL: words})
    reader = Reader(cast(Kubectl, calls), "api")
    assert [reader.snapshot().awaited for _ in range(2)] == [{}, {}]
    assert calls.times(EXTERNAL) == 1


def test_a_connection_that_is_lost_tells_nothing_about_external_secrets() -> None:
    calls = Calls(**{EXTERNAL: "Unable to connect to the server: EOF"})
    with pytest.raises(CommandError):
        calls.snapshot()


def test_secrets_are_awaited_until_the_operator_has_written_the_newest_generation() -> None:
    calls = Calls(
        external("new"),
        external("refused", ready="False", message="could not get secret data from provider"),
        external("behind", ready="True", written="2-9f2c"),
        external("there", ready="True", written="3-9f2c"),
        **{EXTERNAL: ()},
    )
    assert calls.snapshot().awaited == {
        "new": "",
        "refused": "ExternalSecret of-refused: could not get secret data from provider",
        "behind": "",
    }
