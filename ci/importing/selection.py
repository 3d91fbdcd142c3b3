"""Finds a service among objects: its workload, its Service, and everything that belongs to them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from ci.base.errors import UserError
from ci.importing.references import references
from ci.kubernetes.manifests import Key, Object
from ci.kubernetes.workloads import SERVING, dig, pods_of

ROUTES = ("HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute")
WORKLOADS = ("Deployment", "StatefulSet")
INSTANCE = "app.kubernetes.io/instance"


class Selection(NamedTuple):
    """A service: its name in values/, its objects, which of them are its workload and its main Service.

    ``others`` are the objects that belong to other services, ``other_pods`` the labels of the pods of every
    other workload that serves, by its name.
    """

    name: str
    workload: Key
    service: Key | None
    objects: dict[Key, Object]
    others: list[Key]
    other_pods: dict[str, Mapping[str, str]]


def select(objects: Mapping[Key, Object], name: str = "", chosen: Collection[Key] | None = None) -> Selection:
    """Return the service called ``name``, or the only one; ``name`` may also be a new name for the only one.

    Its workload is one of those ``chosen``. None takes any, and then all objects are the service's if there
    is no other workload.

    It is found by the name of its workload (a Deployment or StatefulSet), of its Service, or of its Helm
    release. Several Deployments of one image are one service if one of them alone has a Service. Raises
    UserError if there is no workload, or several from which ``name`` chooses none.
    """
    workloads = [key for key in objects if key.kind in WORKLOADS and (chosen is None or key in chosen)]
    for key in workloads:
        if not dig(objects[key], "spec", "selector"):
            where = f"{key.kind} {key.name}"
            raise UserError(f"{where}: there is no spec.selector; Kubernetes refuses it without one")
    if not workloads:
        raise UserError(_without_workload(objects))
    services = _services(objects, workloads)
    main = _chosen(objects, workloads, services, name)
    service = _main_service(services[main], main)
    workers = [key for key in workloads if key != main and _is_worker(objects, key, main, services)]
    alone = chosen is None and len(workers) + 1 == len(workloads)
    mine = set(objects) if alone else _reachable(objects, [main, *workers])
    return Selection(
        name or (service or main).name,
        main,
        service,
        {key: made for key, made in objects.items() if key in mine},
        [key for key in objects if key not in mine],
        {
            pods.key.name: pods.labels
            for pods in pods_of(objects)
            if pods.key.kind in SERVING and pods.key != main
        },
    )


def selects(selector: object, labels: Mapping[str, str]) -> bool:
    """Tell whether a label selector, in either of its forms, has labels and selects pods with ``labels``."""
    if isinstance(selector, Mapping) and ("matchLabels" in selector or "matchExpressions" in selector):
        wanted = selector.get("matchLabels")
        expressions = selector.get("matchExpressions") or []
        named = isinstance(wanted, Mapping) and bool(wanted) and wanted.items() <= labels.items()
        return named and all(_matches(each, labels) for each in expressions)
    return isinstance(selector, Mapping) and bool(selector) and selector.items() <= labels.items()


def _matches(expression: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """Tell whether labels fulfil an entry of matchExpressions."""
    label, values = labels.get(expression["key"]), expression.get("values") or []
    found: bool = {
        "In": label in values,
        "NotIn": label not in values,
        "Exists": label is not None,
        "DoesNotExist": label is None,
    }.get(expression.get("operator", ""), False)
    return found


def pod_labels(workload: Object) -> dict[str, str]:
    """Return the labels of a workload's pods."""
    return dig(workload, "spec", "template", "metadata", "labels") or {}


def backends(made: Object) -> Iterator[dict[str, Any]]:
    """Yield each place of an Ingress or HTTPRoute that has the name of a Service under "name"."""
    spec = made.get("spec") or {}
    places = [spec.get("defaultBackend")]
    for rule in spec.get("rules") or []:
        places += [path.get("backend") for path in dig(rule, "http", "paths") or []]
        places += rule.get("backendRefs") or []
    for place in places:
        service = place.get("service") if isinstance(place, dict) and "service" in place else place
        if isinstance(service, dict) and "name" in service and service.get("kind", "Service") == "Service":
            yield service


def main_container(pod: dict[str, Any], selection: Selection) -> dict[str, Any]:
    """Return the container that serves: the one named like the service, else that of the Service's port."""
    containers: list[dict[str, Any]] = pod.get("containers") or [{}]
    names = (selection.workload.name, selection.name, selection.service and selection.service.name)
    for container in containers:
        if container.get("name") in names:
            return container
    service = selection.objects[selection.service] if selection.service else {}
    targets = [port.get("targetPort", port.get("port")) for port in dig(service, "spec", "ports") or []]
    for container in containers:
        for port in container.get("ports") or []:
            if targets and targets[0] in (port.get("containerPort"), port.get("name")):
                return container
    return containers[0]


def image_name(workload: Object) -> str:
    """Return the image of a workload's first container, without tag and digest."""
    template = dig(workload, "spec", "jobTemplate") or workload
    containers = dig(template, "spec", "template", "spec", "containers") or [{}]
    image = str(containers[0].get("image", "")).partition("@")[0]
    head, _, last = image.rpartition("/")
    return "/".join(filter(None, (head, last.partition(":")[0])))


def _without_workload(objects: Mapping[Key, Object]) -> str:
    kinds = sorted({key.kind for key in objects})
    text = f"there is no {' or '.join(WORKLOADS)} among the {len(objects)} object(s) ({', '.join(kinds)})"
    if others := [kind for kind in kinds if kind in SERVING]:
        text += f"; the chart makes one of these of a service, so a {others[0]} cannot be imported"
    return text


def _chosen(
    objects: Mapping[Key, Object], workloads: list[Key], services: Mapping[Key, list[Key]], name: str
) -> Key:
    if len(workloads) == 1:
        return workloads[0]
    if name:
        for find in (
            lambda key: key.name == name,
            lambda key: name in [service.name for service in services[key]],
            lambda key: pod_labels(objects[key]).get(INSTANCE) == name and services[key],
        ):
            found = [key for key in workloads if find(key)]
            if len(found) == 1:
                return found[0]
    served = [key for key in workloads if services[key]]
    if len(served) == 1 and len({image_name(objects[key]) for key in workloads}) == 1:
        return served[0]
    names = ", ".join(sorted(key.name for key in workloads))
    asked = f"there is no service {name!r}; " if name else ""
    raise UserError(f"{asked}the workloads are {names}: import one service at a time, with --service NAME")


def _services(objects: Mapping[Key, Object], workloads: list[Key]) -> dict[Key, list[Key]]:
    """Return the Services that select each workload's pods."""
    by_label: dict[tuple[str, str], list[Key]] = {}
    for key in workloads:
        for label in pod_labels(objects[key]).items():
            by_label.setdefault(label, []).append(key)
    found: dict[Key, list[Key]] = {key: [] for key in workloads}
    for key, made in objects.items():
        selector = dig(made, "spec", "selector") if key.kind == "Service" else None
        for workload in by_label.get(next(iter(selector.items())), []) if selector else []:
            near = key.namespace in ("", workload.namespace)
            if near and selects(selector, pod_labels(objects[workload])):
                found[workload].append(key)
    return found


def _main_service(services: list[Key], workload: Key) -> Key | None:
    # That of a StatefulSet's own name is for its pods, one by one.
    others = [key for key in services if key.name != f"{workload.name}-headless"]
    same = [key for key in others if key.name == workload.name]
    return next(iter(same or others), None)


def _is_worker(objects: Mapping[Key, Object], key: Key, main: Key, services: Mapping[Key, list[Key]]) -> bool:
    same = image_name(objects[key]) == image_name(objects[main])
    return key.kind == "Deployment" and not services[key] and same


def _reachable(objects: Mapping[Key, Object], start: Iterable[Key]) -> set[Key]:
    """Return what belongs to the workloads: all that selects or names them, and all that they name."""
    found = set(start)
    images = {image_name(objects[key]) for key in found}
    while True:
        more = {
            key
            for key, made in objects.items()
            if key not in found and _belongs(objects, key, made, found, images)
        }
        if not more:
            return found
        found |= more


def _belongs(
    objects: Mapping[Key, Object], key: Key, made: Object, found: set[Key], images: set[str]
) -> bool:
    names = {(other.kind, other.name) for other in found if other.namespace == key.namespace}
    spec = made.get("spec") or {}
    labels = [pods.labels for pods in pods_of({other: objects[other] for other in found})]
    match key.kind:
        case "Service":
            return any(selects(spec.get("selector"), each) for each in labels)
        case "PodDisruptionBudget" | "PodMonitor":
            return any(selects(spec.get("selector"), each) for each in labels)
        case "NetworkPolicy":
            return any(selects(spec.get("podSelector"), each) for each in labels)
        case "ServiceMonitor":
            of_services = [objects[other] for other in found if other.kind == "Service"]
            return any(
                selects(spec.get("selector"), dig(one, "metadata", "labels") or {}) for one in of_services
            )
        case "Ingress" | "HTTPRoute" | "GRPCRoute" | "TLSRoute" | "TCPRoute":
            return any(("Service", backend["name"]) in names for backend in backends(made))
        case "HorizontalPodAutoscaler" | "ScaledObject" | "VerticalPodAutoscaler":
            target = spec.get("scaleTargetRef") or spec.get("targetRef") or {}
            return (target.get("kind", "Deployment"), target.get("name")) in names
        case "RoleBinding" | "ClusterRoleBinding":
            subjects = made.get("subjects") or []
            return any(
                ("ServiceAccount", one.get("name")) in {(other.kind, other.name) for other in found}
                for one in subjects
            )
        case "Role" | "ClusterRole":
            bound = [objects[other] for other in found if other.kind.endswith("RoleBinding")]
            return any(
                (dig(one, "roleRef", "kind"), dig(one, "roleRef", "name")) == (key.kind, key.name)
                for one in bound
            )
        case "CronJob" | "Job":
            return image_name(made) in images
        case _:
            return any(
                (key.kind, key.name) in references(objects[other])
                for other in found
                if other.namespace == key.namespace
            )
