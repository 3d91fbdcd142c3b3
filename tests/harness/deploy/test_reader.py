"""A release's state is read from its cluster: of this release alone, without what the user may not read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ci.base.processes import CommandError
from ci.deploy.reader import Reader
from ci.deploy.snapshot import Snapshot
from ci.deploy.target import Target
from ci.kubernetes.manifests import Object
from tests.support.fake_api import FakeApi, refusing
from tests.support.fake_kubectl import ENVIRONMENT
from tests.support.rollouts import (
    autoscaler,
    claim,
    deployment,
    event,
    job,
    metadata,
    pod,
    replica_set,
    route,
    scaled_object,
    stateful_set,
    storage_class,
)

EXTERNAL = "externalsecrets"
NOT_SERVED = "Error from server (NotFound): 404 page not found"
FORBIDDEN = "Error from server (Forbidden): storageclasses.storage.k8s.io is forbidden"


class Cluster:
    """An API server that has these objects, or refuses with a message, by the plural of what is asked for."""

    def __init__(self, *objects: Object, **answers: Any) -> None:
        is_served = any(one["kind"] == "ExternalSecret" for one in objects)
        self.answers = answers if is_served else {EXTERNAL: NOT_SERVED, **answers}
        self.objects = objects
        self.api = FakeApi(self._answer)
        self.reader = Reader(Target(ENVIRONMENT, "api", Path("kubeconfig"), self.api))

    def _answer(self, method: str, path: str, body: object) -> Object:
        assert method == "GET"
        plural = path.partition("?")[0].rpartition("/")[2]
        items = [one for one in self.objects if f"{one['kind'].lower()}s" == plural]
        found = self.answers.get(plural, items)
        if isinstance(found, str):
            raise refusing(found)
        return {"apiVersion": "v1", "kind": "List", "items": list(found)}

    def snapshot(self) -> Snapshot:
        return self.reader.snapshot()

    def times(self, plural: str) -> int:
        return sum(f"/{plural}" in asked for asked in self.api.requests)


def external(
    name: str, *, ready: str = "", message: str = "", written: str = "", store: str = "SecretStore"
) -> Object:
    return {
        "kind": "ExternalSecret",
        "metadata": metadata(f"of-{name}", generation=3),
        "spec": {"target": {"name": name}, "secretStoreRef": {"kind": store, "name": "vault"}},
        "status": {"conditions": conditions(ready, message), "syncedResourceVersion": written},
    }


def secret_store(ready: str, message: str = "") -> Object:
    return {
        "kind": "SecretStore",
        "metadata": metadata("vault"),
        "status": {"conditions": conditions(ready, message)},
    }


def conditions(ready: str, message: str) -> list[Object]:
    return [{"type": "Ready", "status": ready, "message": message}] if ready else []


def test_the_objects_of_a_release_are_sorted_by_kind() -> None:
    cluster = Cluster(deployment(), stateful_set(), replica_set(), pod(), claim("Bound"))
    found = cluster.snapshot()
    kinds = [found.workloads, found.replica_sets, found.pods, found.claims]
    assert [[one["kind"] for one in objects] for objects in kinds] == [
        ["Deployment", "StatefulSet"],
        ["ReplicaSet"],
        ["Pod"],
        ["PersistentVolumeClaim"],
    ]
    selector = "labelSelector=app.kubernetes.io%2Finstance%3Dapi"
    assert f"GET /api/v1/namespaces/staging/pods?{selector}" in cluster.api.requests
    assert (
        f"GET /apis/autoscaling/v2/namespaces/staging/horizontalpodautoscalers?{selector}"
        in cluster.api.requests
    )


def test_only_warnings_are_asked_for() -> None:
    cluster = Cluster()
    cluster.snapshot()
    assert "GET /api/v1/namespaces/staging/events?fieldSelector=type%3DWarning" in cluster.api.requests


def test_the_job_of_a_cron_job_is_no_hook() -> None:
    of_a_cron_job = job("api-nightly") | {"metadata": metadata("api-nightly")}
    assert [one["metadata"]["name"] for one in Cluster(job(), of_a_cron_job).snapshot().jobs] == [
        "api-migration"
    ]


def test_storage_classes_are_asked_for_once_and_only_for_claims() -> None:
    without, with_one = (
        Cluster(),
        Cluster(claim("Pending"), **{"storageclasses": [storage_class("fast")]}),
    )
    without.snapshot()
    assert [len(with_one.snapshot().storage_classes or []) for _ in range(2)] == [1, 1]
    assert (
        without.times("storageclasses"),
        with_one.times("storageclasses"),
    ) == (0, 1)


def test_storage_classes_that_may_not_be_listed_are_unknown() -> None:
    assert Cluster(claim("Pending"), **{"storageclasses": FORBIDDEN}).snapshot().storage_classes is None


@pytest.mark.parametrize("words", [NOT_SERVED, f"Error from server (Forbidden): {EXTERNAL} is forbidden"])
def test_without_external_secrets_nothing_is_awaited(words: str) -> None:
    cluster = Cluster(**{EXTERNAL: words})
    assert [cluster.snapshot().awaited for _ in range(2)] == [{}, {}]
    assert cluster.times(EXTERNAL) == 1


def test_what_an_operator_has_is_asked_for_once_in_each_snapshot() -> None:
    cluster = Cluster(REFUSED)
    for _ in range(2):
        cluster.snapshot()
    assert cluster.times(EXTERNAL) == 2


def test_scaled_objects_are_autoscalers_too() -> None:
    cluster = Cluster(autoscaler("True", "ValidMetricFound"), scaled_object("True", "ScaledObjectReady"))
    kinds = [one["kind"] for one in cluster.snapshot().autoscalers]
    assert kinds == ["HorizontalPodAutoscaler", "ScaledObject"]
    path = "/apis/keda.sh/v1alpha1/namespaces/staging/scaledobjects"
    assert any(path in request for request in cluster.api.requests)


def test_the_routes_of_a_gateway_are_read_where_there_are_any() -> None:
    cluster = Cluster(route())
    assert [one["kind"] for one in cluster.snapshot().routes] == ["HTTPRoute"]
    without = Cluster(**{"grpcroutes": NOT_SERVED, "httproutes": NOT_SERVED})
    assert [without.snapshot().routes for _ in range(2)] == [[], []]
    assert (without.times("httproutes"), without.times("grpcroutes")) == (1, 1)


def test_a_connection_that_is_lost_tells_nothing_about_external_secrets() -> None:
    cluster = Cluster(**{EXTERNAL: "Unable to connect to the server: EOF"})
    with pytest.raises(CommandError):
        cluster.snapshot()


REFUSED = external("refused", ready="False", message="no data")


def test_a_secret_that_could_not_be_fetched_says_what_its_store_complains_of() -> None:
    store = secret_store("False", "unable to create client")
    said = "ExternalSecret of-refused: no data"
    words = {"refused": f"{said}; SecretStore vault: unable to create client"}
    assert Cluster(REFUSED, store).snapshot().awaited == words
    assert Cluster(REFUSED, secret_store("True")).snapshot().awaited == {"refused": said}
    # One of the cluster that has the same name.
    other = external("refused", ready="False", message="no data", store="ClusterSecretStore")
    assert Cluster(other, store).snapshot().awaited == {"refused": said}


def test_the_newest_warning_says_more_than_a_condition() -> None:
    store = secret_store("False", "unable to create client")
    events = [
        event("vault", "InvalidProviderConfig", "connection refused", at="10:00:00"),
        event("vault", "InvalidProviderConfig", "permission denied", at="10:01:00"),
        event("of-refused", "UpdateFailed", "SecretStore is not ready", at="10:00:30"),
        event("other", "UpdateFailed", "of something else", at="10:02:00"),
    ]
    cluster = Cluster(REFUSED, store, events=events)
    assert cluster.snapshot().awaited == {
        "refused": "ExternalSecret of-refused: SecretStore is not ready; SecretStore vault: permission denied"
    }


def test_stores_that_may_not_be_listed_are_left_out() -> None:
    forbidden = "Error from server (Forbidden): secretstores is forbidden"
    cluster = Cluster(REFUSED, secretstores=forbidden)
    assert cluster.snapshot().awaited == {"refused": "ExternalSecret of-refused: no data"}


def test_secrets_are_awaited_until_the_operator_has_written_the_newest_generation() -> None:
    cluster = Cluster(
        external("new"),
        external("refused", ready="False", message="could not get secret data from provider"),
        external("behind", ready="True", written="2-9f2c"),
        external("there", ready="True", written="3-9f2c"),
    )
    assert cluster.snapshot().awaited == {
        "new": "",
        "refused": "ExternalSecret of-refused: could not get secret data from provider",
        "behind": "",
    }
