"""The network lets in and out what the values say, and nothing else."""

from __future__ import annotations

from collections.abc import Callable

from tests.support.namespaces import CHART, QUICK, ClientPod, Namespace, Namespaces, eventually

ONE = "replicaCount: 1"
FOR_THE_FRONTEND = "networkPolicy: {ingress: {from: [{podSelector: {matchLabels: {role: frontend}}}]}}"
TO_THE_DATABASE = "networkPolicy: {egress: [{to: [{podSelector: {matchLabels: {app: db}}}]}]}"
NO_ANSWER_SECONDS = 3


def reaches(client: ClientPod, url: str) -> None:
    assert client.ask(url).status == 200


def is_cut_off(client: ClientPod, url: str) -> None:
    assert client.ask(url, seconds=NO_ANSWER_SECONDS).status == 0


def test_only_those_who_are_named_come_in(
    namespace: Namespace, namespaces: Namespaces, observed: Callable[[str], None]
) -> None:
    namespace.helm().install("api", CHART, namespace.values(QUICK, ONE, FOR_THE_FRONTEND))
    frontend = namespace.client_pod("frontend", role="frontend")
    stranger = namespace.client_pod("stranger")
    namesake = namespaces.new("elsewhere").client_pod("frontend", role="frontend")
    url = f"http://api.{namespace.name}/"
    eventually(lambda: reaches(frontend, url))
    eventually(lambda: is_cut_off(stranger, url))
    eventually(lambda: is_cut_off(namesake, url))
    observed("in: who is named; not a stranger, nor who has that label in another namespace")


def test_only_what_is_named_is_reached(namespace: Namespace, observed: Callable[[str], None]) -> None:
    for release, values in {"db": "podLabels: {app: db}", "other": "{}", "api": TO_THE_DATABASE}.items():
        namespace.helm().install(release, CHART, namespace.values(QUICK, ONE, values))
    (pod,) = namespace.ready_pods()
    inside = ClientPod(namespace, pod)
    stranger = namespace.client_pod("stranger")
    for url in ("http://db/", "http://other/"):
        eventually(lambda url=url: reaches(stranger, url))  # type: ignore[misc]
    eventually(lambda: reaches(inside, "http://db/"))
    eventually(lambda: is_cut_off(inside, "http://other/"))
    observed("out: to the database that is named, by its name; not to another service")
