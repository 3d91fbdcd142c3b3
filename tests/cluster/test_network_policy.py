"""Network policies allow exactly the ingress and egress in the values."""

from __future__ import annotations

from collections.abc import Callable

from tests.support.namespaces import CHART, PORT, QUICK, ClientPod, Namespace, Namespaces, eventually

ONE = "replicaCount: 1"
WORKER = "workers: {mail: {command: [python, /app/service.py]}}"
FOR_THE_FRONTEND = "networkPolicy: {ingress: {from: [{podSelector: {matchLabels: {role: frontend}}}]}}"
TO_THE_DATABASE = "networkPolicy: {egress: [{to: [{podSelector: {matchLabels: {app: db}}}]}]}"
NO_ANSWER_SECONDS = 3


def reaches(client: ClientPod, url: str) -> None:
    assert client.ask(url).status == 200


def is_cut_off(client: ClientPod, url: str) -> None:
    assert client.ask(url, seconds=NO_ANSWER_SECONDS).status == 0


def test_only_selected_pods_reach_the_service_and_none_a_worker_without_ports(
    namespace: Namespace, namespaces: Namespaces, observed: Callable[[str], None]
) -> None:
    namespace.helm().install("api", CHART, namespace.values(QUICK, ONE, FOR_THE_FRONTEND, WORKER))
    (worker,) = namespace.objects("Pod", **{"app.kubernetes.io/component": "worker-mail"})
    name, address = worker["metadata"]["name"], worker["status"]["podIP"]
    frontend = namespace.client_pod("frontend", role="frontend")
    stranger = namespace.client_pod("stranger")
    namesake = namespaces.new("elsewhere").client_pod("frontend", role="frontend")
    url = f"http://api.{namespace.name}/"
    eventually(lambda: reaches(frontend, url))
    eventually(lambda: is_cut_off(stranger, url))
    eventually(lambda: is_cut_off(namesake, url))
    eventually(lambda: reaches(ClientPod(namespace, name), f"http://127.0.0.1:{PORT}/"))
    eventually(lambda: is_cut_off(frontend, f"http://{address}:{PORT}/"))
    observed("ingress: the selected pod only, not another, nor one with the same label in another namespace")


def test_the_service_reaches_only_selected_pods(
    namespace: Namespace, observed: Callable[[str], None]
) -> None:
    for release, values in {"db": "podLabels: {app: db}", "other": "{}", "api": TO_THE_DATABASE}.items():
        namespace.helm().install(release, CHART, namespace.values(QUICK, ONE, values))
    (pod,) = namespace.ready_pods()
    inside = ClientPod(namespace, pod)
    stranger = namespace.client_pod("stranger")
    for url in ("http://db/", "http://other/"):
        eventually(lambda url=url: reaches(stranger, url))  # type: ignore[misc]
    eventually(lambda: reaches(inside, "http://db/"))
    eventually(lambda: is_cut_off(inside, "http://other/"))
    observed("egress: to the selected database only, by its name, not to another service")
