"""Reads what runs in a namespace of a cluster, for ``invoke import --live``; it changes nothing there."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import NamedTuple

from ci.base import kubernetes_yaml, processes, programs
from ci.base.errors import UserError
from ci.base.files import private_folder
from ci.base.processes import CommandError
from ci.clusters import kubectl
from ci.clusters.api import Api
from ci.clusters.kubectl import Kubectl
from ci.deploy.reader import path
from ci.importing.live import Live, cleaned
from ci.importing.references import references
from ci.kubernetes import ownership
from ci.kubernetes.manifests import Key, Object, key_of
from ci.kubernetes.workloads import dig

_WORKLOADS = ("deployments.apps", "statefulsets.apps")
_KINDS = (
    *("daemonsets.apps", "cronjobs.batch", "jobs.batch"),
    *("services", "configmaps", "serviceaccounts", "persistentvolumeclaims"),
    *("ingresses.networking.k8s.io", "networkpolicies.networking.k8s.io"),
    *("horizontalpodautoscalers.autoscaling", "poddisruptionbudgets.policy"),
    *("roles.rbac.authorization.k8s.io", "rolebindings.rbac.authorization.k8s.io"),
    *(f"{kind}.gateway.networking.k8s.io" for kind in ("httproutes", "grpcroutes", "tlsroutes", "tcproutes")),
    *(f"{kind}.monitoring.coreos.com" for kind in ("servicemonitors", "podmonitors", "prometheusrules")),
    *("externalsecrets.external-secrets.io", "secretstores.external-secrets.io", "scaledobjects.keda.sh"),
)
_BINDINGS = "clusterrolebindings.rbac.authorization.k8s.io"
# What Kubernetes makes in each namespace by itself.
_EVERYWHERE = {("ConfigMap", "kube-root-ca.crt"), ("ServiceAccount", "default")}
_BUILT_IN = "kubernetes.io/bootstrapping"
# For each Secret its name, its type and the names of its entries: values never leave kubectl.
_NAMES_ALONE = (
    '{{define "one"}}{{.metadata.name}} {{.type}}'
    '{{range $name, $_ := .data}} {{$name}}{{end}}{{"\\n"}}{{end}}'
    '{{if eq .kind "List"}}{{range .items}}{{template "one" .}}{{end}}{{else}}{{template "one" .}}{{end}}'
)


class Place(NamedTuple):
    """Where to read: a context of the user's kubeconfig and a namespace; "" for the current ones.

    The workloads to import are those with a label ``selector``, "" for all of them.
    """

    context: str = ""
    namespace: str = ""
    selector: str = ""


def is_wanted(live: bool, place: Place) -> bool:
    """Return whether a cluster is to be read; raise UserError for a ``place`` in one that is not."""
    if not live and any(place):
        raise UserError("--namespace, --selector and --kube-context say where --live reads: add --live")
    return live


def read(place: Place, names: Sequence[str] = (), *, secrets: bool = False) -> Live:
    """Return what runs in a namespace; of its workloads those with these names, () for all, are chosen.

    Secrets are those that the chosen workloads name. Their values are read only if ``secrets`` wishes it.
    Raise UserError for a context or a workload that does not exist, and CommandError where the cluster
    gives no answer or lets nobody list the workloads.
    """
    context = place.context or _current_context()
    config = kubectl.flattened(context)
    written = kubernetes_yaml.load(config, "the kubeconfig")
    namespace = place.namespace or dig(written["contexts"][0], "context", "namespace") or "default"
    with private_folder(programs.cache_folder() / "imports") as folder:
        kubeconfig = folder / "kubeconfig"
        kubeconfig.touch(mode=0o600)
        kubeconfig.write_text(config, encoding="utf-8")
        call = Kubectl(kubeconfig)
        with closing(Api(call, folder / "api.sock")) as api:
            reading = _Reading(call, api, namespace)
            chosen = reading.workloads(place, names, context)
            reading.related()
            reading.cluster_roles(chosen)
            reading.secrets(chosen, secrets)
    found = {key: made for key, made in reading.found.items() if (key.kind, key.name) not in _EVERYWHERE}
    return Live(
        context,
        namespace,
        {key: cleaned(made) for key, made in found.items()},
        frozenset(chosen),
        {key: owner for key, made in found.items() if (owner := ownership.controller(made))},
        {key: release for key, made in found.items() if (release := ownership.helm_release(made))},
        reading.unread,
    )


class _Reading:
    """The objects of a namespace ``found`` so far, as they are in the cluster; ``unread`` is what is not."""

    def __init__(self, call: Kubectl, api: Api, namespace: str) -> None:
        self._call = call
        self._api = api
        self._namespace = namespace
        self.found: dict[Key, Object] = {}
        self.unread: list[str] = []

    def workloads(self, place: Place, names: Sequence[str], context: str) -> list[Key]:
        """Find the workloads, and return the keys of those to import."""
        for kind in _WORKLOADS:
            self._add(self._list(kind))
        labelled = {
            one["metadata"]["uid"]
            for kind in (_WORKLOADS if place.selector else ())
            for one in self._list(kind, labelSelector=place.selector)
        }
        chosen = [
            key
            for key, made in self.found.items()
            if (not names or key.name in names)
            and (not place.selector or made["metadata"]["uid"] in labelled)
        ]
        missing = sorted(set(names) - {key.name for key in chosen})
        if missing or not chosen:
            wanted = " ".join(["Deployment or StatefulSet", ", ".join(missing)]).strip()
            which = f" with the labels {place.selector}" if place.selector else ""
            has = ", ".join(sorted(key.name for key in self.found)) or "none"
            raise UserError(
                f"there is no {wanted}{which} in the namespace {self._namespace} of the context {context}; "
                f"there are: {has}"
            )
        return chosen

    def related(self) -> None:
        """Find all other objects of the namespace that a service may have."""
        with ThreadPoolExecutor() as pool:
            for objects in pool.map(self._readable, _KINDS):
                self._add(objects)

    def cluster_roles(self, chosen: Iterable[Key]) -> None:
        """Find what binds the workloads' accounts in the whole cluster, and the roles that only they have."""
        accounts = {("ServiceAccount", self._namespace, _account(self.found[key])) for key in chosen}
        bindings = self._readable(_BINDINGS)
        mine = [
            one
            for one in bindings
            if accounts
            & {(who.get("kind"), who.get("namespace"), who.get("name")) for who in one.get("subjects") or []}
        ]
        self._add(mine)
        local = [made for key, made in self.found.items() if key.kind == "RoleBinding"]
        names = [dig(one, "roleRef", "name") for one in (*bindings, *local) if _binds_a_cluster_role(one)]
        for name in {dig(one, "roleRef", "name") for one in (*mine, *local) if _binds_a_cluster_role(one)}:
            role = self._api_find(f"{path('clusterroles.rbac.authorization.k8s.io')}/{name}")
            if role and names.count(name) == 1 and _BUILT_IN not in (dig(role, "metadata", "labels") or {}):
                self._add([role])

    def secrets(self, chosen: Iterable[Key], with_values: bool) -> None:
        """Find the Secrets that the workloads name; without values each entry is empty."""
        names = {name for key in chosen for kind, name in references(self.found[key]) if kind == "Secret"}
        if not names:
            return
        place = path("secrets", self._namespace)
        if with_values:
            self._add(filter(None, (self._api_find(f"{place}/{name}") for name in sorted(names))))
            return
        try:
            told = self._call(
                *("get", "secret", *sorted(names), f"--namespace={self._namespace}", "--ignore-not-found"),
                f"--output=go-template={_NAMES_ALONE}",
            )
        except CommandError as error:
            self._note("Secrets", error)
            return
        for line in told.splitlines():
            name, type_, *entries = line.split()
            metadata = {"name": name, "namespace": self._namespace}
            data = dict.fromkeys(entries, "")
            self._add(
                [{"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": type_, "data": data}]
            )

    def _add(self, objects: Iterable[Object]) -> None:
        for made in objects:
            key = key_of(made)
            # Whoever controls an object makes it again.
            if key and not any(
                owner.get("controller") for owner in made["metadata"].get("ownerReferences") or []
            ):
                self.found[key] = made

    def _readable(self, kind: str) -> list[Object]:
        """Return the objects of a kind, none where the cluster has no such kind or they may not be listed."""
        try:
            return self._list(kind)
        except CommandError as error:
            if "NotFound" not in error.output:
                self._note(kind.partition(".")[0], error)
            return []

    def _list(self, kind: str, **query: str) -> list[Object]:
        return self._api.list(path(kind, "" if kind == _BINDINGS else self._namespace), **query)

    def _api_find(self, place: str) -> Object | None:
        try:
            return self._api.find(place)
        except CommandError as error:
            self._note(place.rpartition("/")[2], error)
            return None

    def _note(self, what: str, error: CommandError) -> None:
        """Note what may not be read; raise any other error."""
        if "Forbidden" not in error.output:
            raise error
        self.unread.append(f"{what}: {error.output.strip().splitlines()[-1]}")


def _account(workload: Object) -> str:
    return dig(workload, "spec", "template", "spec", "serviceAccountName") or "default"


def _binds_a_cluster_role(binding: Object) -> bool:
    return bool(dig(binding, "roleRef", "kind") == "ClusterRole")


def _current_context() -> str:
    command = [str(programs.find(programs.KUBECTL)), "config", "view", "--output=json"]
    current: str = json.loads(processes.run(command, "reading the kubeconfig"))["current-context"]
    if not current:
        raise UserError(
            "you have chosen no context: name one, --kube-context NAME, or kubectl config use-context NAME"
        )
    return current
