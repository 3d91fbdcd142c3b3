"""Renders the values of an import and compares the result with the source, field by field."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ci.charts import catalog, helm
from ci.importing import references, safer
from ci.importing.draft import Draft, Place, Values, merge
from ci.importing.extra import selector_of
from ci.importing.network_policy import without_own
from ci.importing.selection import WORKLOADS, backends, selects
from ci.kubernetes import manifests
from ci.kubernetes.defaulting import essential
from ci.kubernetes.differences import ABSENT
from ci.kubernetes.manifests import Key, Object, key_of
from ci.kubernetes.workloads import dig, pods_of

_PODS = "(the service's pods)"
# The fields whose entries are new as a whole, and how many parts of a path lead to such an entry.
_WHOLE = {"volumes": 2, "volumeMounts": 2, "topologySpreadConstraints": 1}
_COMPONENT = "app.kubernetes.io/component"


FieldPath = tuple[str, ...]


class Change(NamedTuple):
    """A field that the source and the render say differently; a side that does not say it is ABSENT.

    ``path`` is () for a whole object, which the chart adds.
    """

    kind: str
    name: str
    path: tuple[str, ...]
    old: object
    new: object


class Proof(NamedTuple):
    """How the render differs from the source.

    ``carried`` is the number of fields with equal values. ``safer`` are the fields and objects that the chart
    adds, each with the values that take it back; ``lost`` is every other difference but labels and names.
    ``selector`` is that of the rendered workload.
    """

    carried: int
    safer: list[tuple[Change, Values]]
    lost: list[Change]
    labels: list[Change]
    renamed: list[tuple[Key, str]]
    selector: Mapping[str, str]


def prove(draft: Draft, file: Path) -> Proof:
    """Return how what the chart renders from a values file differs from the source of a draft.

    Raises HelmError if the chart refuses the values.
    """
    chart = catalog.service_chart()
    return compare(draft, helm.template(chart.path, [file], engine=helm.ENGINES[-1], release=draft.name))


def compare(draft: Draft, stream: str) -> Proof:
    """Return how manifests that the chart has rendered from a draft's values differ from its source."""
    rendered = {(key.kind, key.name): made for key, made in manifests.parse(stream).items()}
    # The Secret that an ExternalSecret writes has that one's name and a hash, which the source can't know.
    if "external" in draft.roles.values():
        external = rendered["ExternalSecret", f"{draft.fullname}-external"]
        hashed = {("Secret", external["spec"]["target"]["name"]): external["metadata"]["name"]}
        for made in rendered.values():
            references.rename(made, hashed)
    source = {key: made for key, made in draft.source.items() if key in draft.places}
    names = {(key.kind, key.name): place.name for key, place in draft.places.items()}
    old_side = _Side(source.values(), draft.source[draft.workload_key], names)
    workload = rendered[draft.workload_key.kind, draft.fullname]
    new_side = _Side(rendered.values(), workload, {})
    selector = workload["spec"]["selector"]["matchLabels"]
    proof = Proof(0, [], [], [], [], selector)
    carried = 0
    for key, made in source.items():
        place = draft.places[key]
        if place.name != key.name:
            proof.renamed.append((key, place.name))
        old = old_side.compared(made)
        new = new_side.compared(rendered.get(place, {"kind": key.kind}))
        same, changes = _differences(old, new)
        carried += same
        for path, before, after in changes:
            _judge(proof, Change(key.kind, place.name, path, before, after), draft)
    places = set(draft.places.values())
    for (kind, name), made in rendered.items():
        if (kind, name) not in places and not _is_of_migration(made):
            # The policy of a test that the source has comes with the release's own.
            name = draft.fullname if Place("Pod", name) in places else name
            _judge(proof, Change(kind, name, (), ABSENT, made), draft)
    return proof._replace(carried=carried)


def take_back(values: Values, proof: Proof) -> None:
    """Add to values what takes back everything that the chart adds."""
    for _, patch in proof.safer:
        merge(values, copy.deepcopy(patch))


def _differences(old: Object, new: Object) -> tuple[int, list[tuple[FieldPath, object, object]]]:
    """Return the number of equal fields of two objects, and the path and both values of each other one."""
    before, after = dict(_leaves(old)), dict(_leaves(new))
    for path, value in before.items():
        # An empty map that got entries is still there: these are what is new.
        if value == {} and isinstance(dig(new, *path), dict):
            after.setdefault(path, value)
    same = {path for path, value in before.items() if path in after and _same(value, after[path])}
    gone = [(path, value, after.get(path, ABSENT)) for path, value in before.items() if path not in same]
    added = dict.fromkeys(_whole(path, old) for path in after if path not in before)
    return len(same), [*gone, *((path, ABSENT, dig(new, *path)) for path in added)]


def _whole(path: FieldPath, old: Object) -> FieldPath:
    """Return the path of the whole volume, mount or spread that a field belongs to, if all of that is new."""
    for index, field in enumerate(path):
        length = _WHOLE.get(field)
        if length and dig(old, *path[: index + length]) is None:
            return path[: index + length]
    return path


def _judge(proof: Proof, change: Change, draft: Draft) -> None:
    name = change.name.removeprefix(f"{draft.fullname}-")
    worker = name != change.name and name in draft.values.get("workers", {})
    where = (change.kind, f"workers.{name}" if worker else name, change.path)
    added = change.old is ABSENT
    if safer.is_name(*where) or (added and safer.is_without_effect(*where)):
        proof.labels.extend([] if added else [change])
        return
    patch = safer.taken_back(*where) if added else None
    if patch is None:
        proof.lost.append(change)
    else:
        proof.safer.append((change, patch))


def _is_of_migration(made: Object) -> bool:
    return bool(dig(made, "metadata", "labels", _COMPONENT) == "migration")


def _same(one: object, other: object) -> bool:
    # As JSON, since True == 1.
    first, second = (
        ABSENT if value is ABSENT else json.dumps(value, sort_keys=True) for value in (one, other)
    )
    return bool(first == second)


def _leaves(node: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield the path and value of everything that is no map with entries."""
    if isinstance(node, dict) and node:
        for name, value in node.items():
            yield from _leaves(value, (*path, name))
    elif path:
        yield path, node


def _claim(template: Object) -> Object:
    """Return what a claim's template says, to which the API server adds kind and status."""
    metadata = {field: template["metadata"].get(field) for field in ("labels", "annotations")}
    return {"metadata": metadata, "spec": template.get("spec")}


class _Side:
    """One of the two sets of objects, whose names for ports and pods are replaced by what they stand for."""

    def __init__(self, objects: Any, workload: Object, names: Mapping[tuple[str, str], str]) -> None:
        self._names = names
        self._workload = workload
        self._account = dig(workload, "spec", "template", "spec", "serviceAccountName")
        keyed = {key: made for made in objects if (key := key_of(made))}
        # By the name that the workload gets.
        self._pods = {
            names.get(pods.key[1::2], pods.key.name): pods.labels
            for pods in pods_of(keyed)
            if pods.key.kind in WORKLOADS
        }
        self._selector = dig(workload, "spec", "selector", "matchLabels") or {}
        pod = dig(workload, "spec", "template", "spec") or {}
        self._ports = {
            port["name"]: port["containerPort"]
            for one in [*(pod.get("initContainers") or []), *(pod.get("containers") or [])]
            for port in one.get("ports") or []
            if "name" in port
        }
        self._services = {
            made["metadata"]["name"]: {
                port.get("name"): port["port"] for port in dig(made, "spec", "ports") or []
            }
            for made in objects
            if made["kind"] == "Service"
        }

    def compared(self, made: Object) -> Object:
        """Return the essential part of an object with numbers for the names of ports."""
        made = copy.deepcopy(made)
        kind = made["kind"]
        holder, field = selector_of(made)
        if field and (
            found := [name for name, labels in self._pods.items() if selects(holder[field], labels)]
        ):
            holder[field] = f"(the pods of {', '.join(sorted(found))})"
        if kind == "NetworkPolicy":
            made["spec"] = without_own(made.get("spec") or {}, self._workload)
        if templates := dig(made, "spec", "volumeClaimTemplates"):
            made["spec"]["volumeClaimTemplates"] = {one["metadata"]["name"]: _claim(one) for one in templates}
        for backend in backends(made) if kind in ("Ingress", "HTTPRoute") else ():
            port = backend.get("port")
            if isinstance(port, dict) and "name" in port:
                numbers = self._services.get(backend["name"], {})
                backend["port"] = {"number": numbers.get(port["name"], port["name"])}
        if role := made.get("roleRef"):
            role["name"] = self._names.get((role.get("kind"), role.get("name")), role.get("name"))
        for subject in made.get("subjects") or []:
            # The pods' account is in the namespace of the release, whatever that is called.
            if (subject.get("kind"), subject.get("name")) == ("ServiceAccount", self._account):
                subject.pop("namespace", None)
        made["spec"] = self._numbered(made.get("spec"), "")
        return essential(made)

    def _numbered(self, node: Any, above: str) -> Any:
        if isinstance(node, list):
            return [self._numbered(item, above) for item in node]
        if not isinstance(node, dict):
            return node
        if above in ("labelSelector",) and node == {"matchLabels": self._selector}:
            return _PODS
        found = {name: self._numbered(value, name) for name, value in node.items()}
        for field in ("port", "targetPort"):
            if above in ("httpGet", "tcpSocket", "ports") and found.get(field) in self._ports:
                found[field] = self._ports[found[field]]
        return found
