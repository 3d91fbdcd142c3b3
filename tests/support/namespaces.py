"""Helpers of the cluster tests: namespaces, their objects and releases, and requests to pods."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import pykube

from ci.charts import catalog
from ci.clusters import diagnostics
from ci.clusters.lifecycle import RUN_LABEL, Cluster
from ci.deploy.releases import Releases

Object = dict[str, Any]
T = TypeVar("T")

CHART = catalog.find_case("defaults").chart.path
# The port on which the sample app listens.
PORT = 8000
# The sample app is ready sooner than the default probe checks.
QUICK = "readinessProbe: {initialDelaySeconds: 1, periodSeconds: 1}"
# Busy machines sometimes need half of it.
# What the Pod Security Standard restricted demands of a container.
RESTRICTED = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
}
PATIENCE_SECONDS = 90

# The API version and the plural of each kind.
PLACES = {
    "ConfigMap": ("v1", "configmaps"),
    "CronJob": ("batch/v1", "cronjobs"),
    "Deployment": ("apps/v1", "deployments"),
    "EndpointSlice": ("discovery.k8s.io/v1", "endpointslices"),
    "Event": ("v1", "events"),
    "GRPCRoute": ("gateway.networking.k8s.io/v1", "grpcroutes"),
    "HorizontalPodAutoscaler": ("autoscaling/v2", "horizontalpodautoscalers"),
    "HTTPRoute": ("gateway.networking.k8s.io/v1", "httproutes"),
    "Ingress": ("networking.k8s.io/v1", "ingresses"),
    "Job": ("batch/v1", "jobs"),
    "NetworkPolicy": ("networking.k8s.io/v1", "networkpolicies"),
    "PersistentVolumeClaim": ("v1", "persistentvolumeclaims"),
    "Pod": ("v1", "pods"),
    "PodDisruptionBudget": ("policy/v1", "poddisruptionbudgets"),
    "ReplicaSet": ("apps/v1", "replicasets"),
    "ResourceQuota": ("v1", "resourcequotas"),
    "Role": ("rbac.authorization.k8s.io/v1", "roles"),
    "RoleBinding": ("rbac.authorization.k8s.io/v1", "rolebindings"),
    "Secret": ("v1", "secrets"),
    "Service": ("v1", "services"),
    "ServiceAccount": ("v1", "serviceaccounts"),
    "TCPRoute": ("gateway.networking.k8s.io/v1", "tcproutes"),
    "TLSRoute": ("gateway.networking.k8s.io/v1", "tlsroutes"),
}


def eventually(check: Callable[[], T], seconds: float = PATIENCE_SECONDS) -> T:
    """Call ``check`` until its assertions hold, and return its result; fail after ``seconds``."""
    end = time.monotonic() + seconds
    while True:
        try:
            return check()
        except AssertionError:
            if time.monotonic() > end:
                raise
        time.sleep(0.25)


def digest(text: str) -> str:
    """Return what the app answers for an environment variable with this value."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


class Answer(NamedTuple):
    """The answer to a request: its HTTP status and its body, parsed if it is JSON; or 0 and the error."""

    status: int
    body: Any


class Namespace:
    """A namespace: its objects, kubectl and Helm for it, and requests to its pods."""

    def __init__(self, cluster: Cluster, client: pykube.HTTPClient, name: str, folder: Path) -> None:
        self.cluster = cluster
        self.client = client
        self.name = name
        self._folder = folder

    # ── Objects ──

    def objects(self, kind: str, **labels: str) -> list[Object]:
        """Return the objects of a kind with these labels."""
        version, plural = PLACES[kind]
        selector = ",".join(f"{name}={text}" for name, text in labels.items())
        found: list[Object] = self._read(version, plural, labelSelector=selector)["items"]
        return found

    def object(self, kind: str, name: str) -> Object:
        version, plural = PLACES[kind]
        return self._read(version, f"{plural}/{name}")

    def _read(self, version: str, url: str, **parameters: str) -> Object:
        answer = self.client.get(version=version, namespace=self.name, url=url, params=parameters)
        self.client.raise_for_status(answer)
        read: Object = answer.json()
        return read

    # ── kubectl and helm ──

    def kubectl(self, *arguments: str, stdin: str | None = None, seconds: float = 120) -> str:
        return self.cluster.kubectl(f"--namespace={self.name}", *arguments, stdin=stdin, seconds=seconds)

    def helm(self, engine: int = 4) -> Releases:
        return Releases(self.cluster.kubeconfig, self.name, engine)

    def values(self, *texts: str, version: str = "1") -> list[Path]:
        """Write values files: one with the app's image in a version, then one for each of the texts."""
        image = f"image: {{repository: {self.cluster.app}, tag: '{version}'}}"
        return [self.file(text) for text in (image, *texts)]

    def file(self, text: str) -> Path:
        """Write a values file with this text, and return its path."""
        file = self._folder / f"values-{len(list(self._folder.iterdir()))}.yaml"
        file.write_text(text, encoding="utf-8")
        return file

    # ── Pods and requests ──

    def ready_pods(self, release: str = "api") -> list[str]:
        """Return the names of the release's pods that receive requests."""
        return [pod["metadata"]["name"] for pod in self.pods(release) if is_ready(pod)]

    def pods(self, release: str = "api") -> list[Object]:
        return self.objects(
            "Pod", **{"app.kubernetes.io/instance": release, "app.kubernetes.io/component": "app"}
        )

    def ask_pod(self, pod: str, path: str, port: int = PORT) -> Answer:
        """Send a request to one pod, through the API server."""
        url = f"pods/{pod}:{port}/proxy{path}"
        answer = self.client.get(namespace=self.name, url=url, timeout=30)
        try:
            return Answer(answer.status_code, answer.json())
        except ValueError:
            return Answer(answer.status_code, answer.text)

    def told(self, pod: str, path: str) -> Any:
        """Return what a pod answers; AssertionError for what is no 200, as of a pod that goes."""
        answer = self.ask_pod(pod, path)
        assert answer.status == HTTPStatus.OK, answer
        return answer.body

    def evict(self, pod: str) -> None:
        """Evict a pod, as a drain does; raise pykube's HTTPError if a disruption budget forbids it."""
        eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": pod}}
        # While kubectl starts, another pod may have taken the place of one that was evicted just before.
        answer = self.client.post(namespace=self.name, url=f"pods/{pod}/eviction", json=eviction)
        self.client.raise_for_status(answer)

    def limit(self, name: str, resource: str, most: int | str) -> None:
        """Create a quota, or change it, and wait until the cluster has counted what it is held against."""
        quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": name}}
        text = json.dumps(quota | {"spec": {"hard": {resource: str(most)}}})
        self.kubectl("apply", "--filename=-", stdin=text)

        def counted() -> None:
            status = self.object("ResourceQuota", name).get("status", {})
            assert status.get("hard") == {resource: str(most)}
            assert resource in status.get("used", {})

        eventually(counted)

    def wait(self, *arguments: str) -> None:
        """Run kubectl wait."""
        self.kubectl("wait", f"--timeout={PATIENCE_SECONDS}s", *arguments)

    def client_pod(
        self, name: str = "client", *, resources: Object | None = None, **labels: str
    ) -> ClientPod:
        """Start a pod that sends requests inside the cluster, and wait until it is ready."""
        container = {
            "name": "client",
            "image": f"{self.cluster.app}:1",
            "command": ["python", "-c", "import signal; signal.pause()"],
            "securityContext": RESTRICTED,
            "resources": resources or {},
        }
        pod = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, "labels": labels},
            "spec": {"terminationGracePeriodSeconds": 0, "containers": [container]},
        }
        self.kubectl("apply", "--filename=-", stdin=json.dumps(pod))
        self.wait("--for=condition=Ready", f"pod/{name}")
        return ClientPod(self, name)


class Namespaces:
    """Creates namespaces that enforce a Pod Security Standard, and deletes all of them together."""

    def __init__(self, cluster: Cluster, client: pykube.HTTPClient, folder: Path) -> None:
        self.cluster = cluster
        self._client = client
        self._folder = folder
        self._names: list[str] = []

    def new(self, hint: str, standard: str = "restricted") -> Namespace:
        """Create a namespace whose name begins with the hint."""
        name = f"{re.sub('[^a-z0-9]+', '-', hint)[:40].strip('-')}-{secrets.token_hex(3)}"
        labels = {f"pod-security.kubernetes.io/{mode}": standard for mode in ("enforce", "warn")}
        metadata = {"name": name, "labels": labels | {RUN_LABEL: self.cluster.name}}
        self._client.raise_for_status(self._client.post(url="namespaces", json={"metadata": metadata}))
        made = self.adopt(name)
        eventually(lambda: has_what_the_cluster_makes(made))
        return made

    def adopt(self, name: str) -> Namespace:
        """Add an existing namespace."""
        self._names.append(name)
        folder = self._folder / name
        folder.mkdir()
        return Namespace(self.cluster, self._client, name, folder)

    def leave(self, *, failed: bool) -> None:
        """Delete the namespaces; if a test failed, collect diagnostics first."""
        if failed:
            for name in self._names:
                diagnostics.collect(self.cluster.kubectl, self.cluster.logs, namespace=name)
        for name in self._names:
            # Without waiting, which would take as long as the pods' grace period.
            answer = self._client.delete(url=f"namespaces/{name}")
            if answer.status_code != HTTPStatus.NOT_FOUND:
                self._client.raise_for_status(answer)


def has_what_the_cluster_makes(namespace: Namespace) -> None:
    """Assert that a namespace has what each one is given a moment after it: pods need it, tests count it."""
    for kind, name in (("ServiceAccount", "default"), ("ConfigMap", "kube-root-ca.crt")):
        assert name in {made["metadata"]["name"] for made in namespace.objects(kind)}


class ClientPod:
    """A pod that sends requests, and runs other programs."""

    def __init__(self, namespace: Namespace, name: str) -> None:
        self.namespace = namespace
        self.name = name

    def run(self, *command: str) -> str:
        """Run a program in the pod and return what it prints."""
        return self.namespace.kubectl("exec", self.name, "--", *command)

    def ask(self, url: str, *, seconds: float = 10, headers: Mapping[str, str] | None = None) -> Answer:
        """Send one request from the pod."""
        code = (
            "import sys, urllib.request as r, urllib.error as e\n"
            f"try: a = r.urlopen(r.Request({url!r}, headers={headers or {}!r}), timeout={seconds})\n"
            "except e.HTTPError as error: a = error\n"
            "except OSError as error: sys.exit(print(0, error))\n"
            "print(a.status, a.read().decode())\n"
        )
        status, _, body = self.run("python", "-c", code).partition(" ")
        try:
            return Answer(int(status), json.loads(body))
        except ValueError:
            return Answer(int(status), body.strip())

    def served(self, url: str) -> Any:
        """Return what is answered with 200, once it is: nodes learn of a pod a moment after it is ready."""

        def told() -> Any:
            answer = self.ask(url)
            assert answer.status == HTTPStatus.OK, answer
            return answer.body

        return eventually(told)

    def stream(self, url: str, *arguments: str) -> list[str]:
        """Return the command that sends requests from the pod until its standard input is closed."""
        begin = [*self.namespace.cluster.kubectl.command, f"--namespace={self.namespace.name}"]
        return [*begin, "exec", "--stdin", self.name, "--", "python", "/app/stream.py", url, *arguments]


def is_ready(pod: Object) -> bool:
    """Return whether a pod receives requests: it is ready and not being deleted."""
    conditions = pod["status"].get("conditions", [])
    ready = any(found["type"] == "Ready" and found["status"] == "True" for found in conditions)
    return ready and "deletionTimestamp" not in pod["metadata"]
