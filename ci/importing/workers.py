"""Deployments of the service's image that no Service leads to: `workers`."""

from __future__ import annotations

import copy
from typing import Any

from ci.importing.container import essential_fields, image_parts, requests_and_limits
from ci.importing.draft import KEY, Draft
from ci.importing.jobs import over, placement
from ci.importing.scaling import autoscaling
from ci.importing.selection import image_name, selects
from ci.importing.settings import variables
from ci.importing.workload import APART, OWN_LABELS, pod_of, without_own_selectors
from ci.kubernetes.defaulting import without_defaults, without_server_annotations
from ci.kubernetes.manifests import Key, Object
from ci.kubernetes.workloads import dig

_PROBES = ("readinessProbe", "livenessProbe", "startupProbe")
# What an entry says itself; everything else of a worker's pod is the service's.
_OF_CONTAINER = {
    *("name", "image", "command", "args", "env", "resources", "ports", "securityContext", "volumeMounts"),
    *(*_PROBES, "lifecycle"),
}
_OF_POD = {
    *("containers", "initContainers", "volumes", "nodeSelector", "tolerations", "affinity"),
    *("serviceAccountName", "serviceAccount", "terminationGracePeriodSeconds", "topologySpreadConstraints"),
}
# That of the chart, which a worker has by itself.
_STRATEGY = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}
# The volumes that every worker mounts.
_COMMON_VOLUMES = {"tmp", "config", "secret"}


def map_workers(draft: Draft) -> None:
    """Map what differs from the service; a Deployment of which the chart's worker would differ stays one."""
    main = draft.source[draft.workload_key]
    for key, made in list(draft.of_kind("Deployment")):
        name = key.name.removeprefix(f"{draft.fullname}-")
        if image_name(made) != image_name(main) or not KEY.fullmatch(name):
            continue
        if name in draft.values.get("workers", {}) or not _is_like(main, made):
            continue
        worker = _Worker(draft, made).entry()
        placed = f"{draft.fullname}-{name}"
        draft.place(key, placed)
        _map_related(draft, key, placed, worker)
        draft.set("workers", {name: worker})


def _is_like(main: Object, made: Object) -> bool:
    """Tell whether all that no entry can say is as in the service's pod, and the rest can be said."""
    ours, theirs = (
        {
            "pod": {name: value for name, value in pod_of(one).items() if name not in _OF_POD},
            "container": {
                name: value
                for name, value in pod_of(one)["containers"][0].items()
                if name not in _OF_CONTAINER
            },
        }
        for one in (main, made)
    )
    container = pod_of(made)["containers"][0]
    sleep = {"preStop": {"sleep": dig(container, "lifecycle", "preStop", "sleep")}}
    return (
        essential_fields({**ours["pod"], "containers": [{"image": "x:1", **ours["container"]}]})
        == essential_fields({**theirs["pod"], "containers": [{"image": "x:1", **theirs["container"]}]})
        and bool(container.get("command") or container.get("args"))
        and container.get("lifecycle") in (None, sleep)
    )


class _Worker:
    """A Deployment as an entry of `workers`; its container gets the name that the chart gives it."""

    def __init__(self, draft: Draft, made: Object) -> None:
        self._draft = draft
        self._spec = made["spec"]
        self._pod = pod_of(made)
        self._container, *self._beside = self._pod["containers"]
        self._main_pod = pod_of(draft.source[draft.workload_key])
        self._main = self._main_pod["containers"][0]
        self._container["name"] = self._main["name"]
        self._selector = dig(made, "spec", "selector", "matchLabels") or {}
        self._template = dig(made, "spec", "template", "metadata") or {}
        self._ports = {
            port["containerPort"]: port.get("name") or f"port-{port['containerPort']}"
            for port in self._container.get("ports") or []
        }

    def entry(self) -> dict[str, Any]:
        """Return what the chart merges over the service's values."""
        values, container, pod = self._draft.values, self._container, self._pod
        found: dict[str, Any] = {name: container.get(name) for name in ("command", "args")}
        replicas = self._spec.get("replicas")
        found["replicaCount"] = None if replicas in (None, 1) else replicas
        found["image"] = _changed(values["image"], image_parts(container["image"]))
        found["env"] = over(values.get("env") or {}, variables(container.get("env") or []))
        resources = requests_and_limits(container.get("resources") or {})
        found["resources"] = over(values.get("resources") or {}, resources)
        context = container.get("securityContext") or {}
        found["securityContext"] = over(self._main.get("securityContext") or {}, context)
        found["ports"] = {
            self._ports[port["containerPort"]]: {
                field: value
                for field, value in port.items()
                if field != "name" and (field, value) != ("protocol", "TCP")
            }
            for port in container.get("ports") or []
        }
        found |= {field: self._probe(container[field], field) for field in _PROBES if container.get(field)}
        if container.get("lifecycle"):
            seconds = dig(container, "lifecycle", "preStop", "sleep", "seconds")
            found["shutdown"] = {"drainSeconds": seconds}
        found |= self._rollout() | self._place()
        found["initContainers"] = pod.get("initContainers")
        found["extraContainers"] = self._beside
        found["volumes"] = self._volumes()
        return {name: value for name, value in found.items() if value not in (None, {}, [])}

    def _rollout(self) -> dict[str, Any]:
        strategy = self._spec.get("strategy") or {}
        recreate = strategy.get("type") == "Recreate"
        grace = self._pod.get("terminationGracePeriodSeconds", 30)
        same = grace == self._main_pod.get("terminationGracePeriodSeconds", 30)
        return {
            "strategy": {"type": "Recreate"} if recreate else None if strategy == _STRATEGY else strategy,
            "minReadySeconds": self._spec.get("minReadySeconds"),
            "terminationGracePeriodSeconds": None if same else grace,
        }

    def _place(self) -> dict[str, Any]:
        """Return who it runs as and where, over what the service says."""
        values = self._draft.values
        affinity = copy.deepcopy(self._pod.get("affinity") or {})
        without_own_selectors(affinity, self._selector)
        together: dict[str, Any] = {}
        if "topologySpreadConstraints" not in values and affinity.get("podAntiAffinity") in APART:
            del affinity["podAntiAffinity"]
        elif self._draft.wishes.exact and "podAntiAffinity" not in affinity and self._is_spread():
            together = {"podAntiAffinity": None}
        account, mains = (
            pod.get("serviceAccountName") or pod.get("serviceAccount") or "default"
            for pod in (self._pod, self._main_pod)
        )
        labels = {
            name: text
            for name, text in (self._template.get("labels") or {}).items()
            if name not in OWN_LABELS
        }
        annotations = without_server_annotations(self._template.get("annotations") or {})
        annotations = {name: text for name, text in annotations.items() if not name.startswith("checksum/")}
        common = values.get("commonLabels") or {}
        return {
            "podLabels": over({**common, **(values.get("podLabels") or {})}, labels),
            "podAnnotations": over(values.get("podAnnotations") or {}, annotations),
            **placement(values, self._pod),
            "affinity": over(values.get("affinity") or {}, affinity) | together,
            "serviceAccountName": None if account == mains else account,
        }

    def _is_spread(self) -> bool:
        """Tell whether the chart spreads the pods, as it does by default."""
        return "topologySpreadConstraints" not in self._draft.values and bool(
            self._pod.get("topologySpreadConstraints")
        )

    def _probe(self, probe: dict[str, Any], field: str) -> dict[str, Any]:
        probe = without_defaults(field, probe)
        for handler in ("httpGet", "tcpSocket"):
            if handler in probe:
                action = without_defaults(handler, probe[handler])
                port = action.get("port")
                probe[handler] = {**action, "port": self._ports.get(port, port)} if port else action
        return probe

    def _volumes(self) -> Any:
        """Return the volumes besides those of every worker; one that the service has too gets its name."""
        mains = {volume["name"]: _source(volume) for volume in self._main_pod.get("volumes") or []}
        mounts = _mounts(self._container)
        theirs = _mounts(self._main)
        found: dict[str, Any] = {}
        for volume in self._pod.get("volumes") or []:
            old = volume["name"]
            same = [name for name, source in mains.items() if source == _source(volume)]
            name = next(iter(same), old)
            for one in [*(self._pod.get("initContainers") or []), *self._pod["containers"]]:
                for mount in one.get("volumeMounts") or []:
                    mount["name"] = name if mount["name"] == old else mount["name"]
            volume["name"] = name
            own = mounts.get(old, [])
            mounted = own[0] if len(own) == 1 else {"mounts": own} if own else {}
            if same and own == theirs.get(name, []):
                found |= {} if name in _COMMON_VOLUMES else {name: {}}
            else:
                found[name] = mounted if same else {**_source(volume), **mounted}
        every = found.keys() == mains.keys() - _COMMON_VOLUMES and not any(found.values())
        return True if found and every else found


def _source(volume: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in volume.items() if name != "name"}


def _mounts(container: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for mount in container.get("volumeMounts") or []:
        own = without_defaults("volumeMounts", {name: text for name, text in mount.items() if name != "name"})
        found.setdefault(mount["name"], []).append(own)
    return found


def _changed(base: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in wanted.items() if base.get(name, "") != value}


def _map_related(draft: Draft, workload: Key, placed: str, worker: dict[str, Any]) -> None:
    """Map the autoscaler and the disruption budget of a worker, and a policy in the place of the chart's."""
    labels = dig(draft.source[workload], "spec", "template", "metadata", "labels") or {}
    for key, made in list(draft.of_kind("HorizontalPodAutoscaler")):
        target = dig(made, "spec", "scaleTargetRef") or {}
        if (target.get("kind", "Deployment"), target.get("name")) == workload[1::2]:
            target["name"] = placed
            worker["autoscaling"] = {"enabled": True, **autoscaling(made)}
            worker.pop("replicaCount", None)
            draft.place(key, placed)
    for key, made in list(draft.of_kind("PodDisruptionBudget")):
        wanted = dig(made, "spec", "selector", "matchLabels") or {}
        if wanted and wanted.items() <= labels.items() and not draft.selects_pods(made["spec"]["selector"]):
            fields = {name: made["spec"].get(name) for name in ("minAvailable", "maxUnavailable")}
            worker["podDisruptionBudget"] = {name: text for name, text in fields.items() if text is not None}
            draft.place(key, placed)
    policy = draft.find("NetworkPolicy", placed)
    if policy and selects(dig(policy[1], "spec", "podSelector"), labels):
        draft.place(policy[0], placed)
