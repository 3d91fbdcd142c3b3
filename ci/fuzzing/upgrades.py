"""Upgrades of one service from the values of each case to those of each other, object by object.

What an upgrade makes of an object must be what a new install would make, unless ``FILE`` lists it.
"""

from __future__ import annotations

import functools
import heapq
import itertools
import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

from ci.base import kubernetes_yaml
from ci.fuzzing import left_rules
from ci.kubernetes.differences import ABSENT, Difference, compare
from ci.kubernetes.manifests import Key, Object
from ci.kubernetes.workloads import dig

FILE = Path(__file__).parent / "upgrades.yaml"
# The addresses and ports that a Service is given by chance.
_ASSIGNED = ("clusterIP", "clusterIPs", "healthCheckNodePort", "nodePort")
# Of these lists each item counts by itself, by its name; others are one value.
_BY_NAME = ("containers", "initContainers")

_PLACE = ("name", "namespace")
_INDEX = re.compile(r"\[\d+\]")
# Of a created object.
_NAME = re.compile(r"upgraded-\d+")


class Version(NamedTuple):
    """An object as a case renders it."""

    case: str
    made: Object


class Upgrade(NamedTuple):
    """An object that two cases render differently."""

    key: Key
    before: Version
    after: Version

    def __str__(self) -> str:
        return f"{self.key.kind} {self.key.name} from {self.before.case} to {self.after.case}"


class KnownChange(NamedTuple):
    """An outcome that stays: a change, what happens, what to do instead, a pattern for sentences.

    ``values`` lead to it, from or to those of cases; they are {} if two cases do.
    """

    change: str
    happens: str
    instead: str
    words: str
    values: Mapping[str, Any] = MappingProxyType({})

    def covers(self, sentence: str) -> bool:
        """Tell whether a sentence is about this change."""
        return bool(re.search(self.words, sentence))


class Server(Protocol):
    """Answers what becomes of live objects, such as ci.clusters.upgrades.Upgrades."""

    def serves(self, made: Object) -> bool:
        """Tell whether it has objects of this kind in its namespace."""

    def create(self, objects: Sequence[Object]) -> list[Object | str]:
        """Create objects; return what they are then, or why one is refused."""

    def by_helm_3(self, objects: Sequence[Object]) -> list[Object | str]:
        """Return what each object would be after an upgrade to this one, or why that is refused."""

    def by_helm_4(self, objects: Sequence[Object]) -> list[Object | str]:
        """Return the same for Helm 4."""


@functools.cache
def known() -> tuple[KnownChange, ...]:
    """Return the changes that ``FILE`` lists, in its order."""
    rows = kubernetes_yaml.load(FILE.read_text(encoding="utf-8"), FILE.name)
    return tuple(KnownChange(**row) for row in rows)


def outcomes(upgrades: Sequence[Upgrade], server: Server) -> Iterator[tuple[str, Upgrade]]:
    """Yield what goes wrong in upgrades, a sentence each: "Secret: Helm 4: refused: ...".

    An object that is refused even when it is new is a sentence itself, but for the ``left_rules``.
    """
    served = [one for one in upgrades if server.serves(one.before.made)]
    forms = {id(form): form for one in served for form in (one.before, one.after)}
    new = {id(form): one for one in served for form in (one.before, one.after)}
    names = {number: f"upgraded-{count}" for count, number in enumerate(forms)}
    created = server.create([_named(form, names[number]) for number, form in forms.items()])
    fresh = {number: made for number, made in zip(forms, created, strict=True) if not isinstance(made, str)}
    for (number, form), made in zip(forms.items(), created, strict=True):
        if isinstance(made, str) and not left_rules.covers(made):
            yield f"{form.made['kind']}: new: refused: {made}", new[number]
    asked = [one for one in served if {id(one.before), id(one.after)} <= fresh.keys()]
    wanted = [_named(one.after, names[id(one.before)]) for one in asked]
    applied = server.by_helm_4(wanted)
    # Helm 3 is mostly refused for the same, and one refusal costs a second question about all beside it.
    refused = {id(made) for made, answer in zip(wanted, applied, strict=True) if isinstance(answer, str)}
    groups = [[made for made in wanted if (id(made) in refused) is one] for one in (True, False)]
    merged = {
        id(made): answer
        for group in groups
        for made, answer in zip(group, server.by_helm_3(group), strict=True)
    }
    for one, made, answer in zip(asked, wanted, applied, strict=True):
        for engine, result in ((3, merged[id(made)]), (4, answer)):
            for sentence in _unlike(fresh[id(one.after)], result):
                yield f"{one.key.kind}: Helm {engine}: {sentence}", one


def removals(rendered: Mapping[str, Mapping[Key, Object]]) -> Iterator[tuple[str, Upgrade]]:
    """Yield the objects that upgrades from each case to each other delete or leave behind."""
    for (case, before), (other, after) in itertools.permutations(rendered.items(), 2):
        for key in before.keys() - after.keys():
            keeps = dig(before[key], "metadata", "annotations", "helm.sh/resource-policy") == "keep"
            what = "left behind" if keeps else "deleted"
            yield f"{key.kind}: {what}", Upgrade(key, Version(case, before[key]), Version(other, {}))


def _unlike(fresh: Object, answer: Object | str) -> Iterator[str]:
    """Yield how an upgraded object differs from a new one, or why it is refused."""
    if isinstance(answer, str):
        yield f"refused: {_NAME.sub('X', ' '.join(answer.split()))}"
        return
    key = Key("", "", "", "")
    for difference in compare({key: _comparable(fresh)}, {key: _comparable(answer)}):
        yield f"{_INDEX.sub('[]', difference.path)} {_what(difference)}"


def _what(difference: Difference) -> str:
    return (
        "stays"
        if difference.old is ABSENT
        else "is lost"
        if difference.new is ABSENT
        else "is not the new one"
    )


def _named(form: Version, name: str) -> Object:
    """Return an object under another name, in no namespace, without ports of nodes: one Service has each."""
    nameless = _nameless(form.made)
    made = {**nameless, "metadata": {**nameless["metadata"], "name": name}}
    return _without(made, ["nodePort"]) if made["kind"] == "Service" else made


def _comparable(made: Object) -> Object:
    return _without(_nameless(made), _ASSIGNED) if made["kind"] == "Service" else _nameless(made)


def _without(service: Object, fields: Collection[str]) -> Object:
    """Return a Service without fields of its spec and its ports."""
    spec = {name: value for name, value in service["spec"].items() if name not in fields}
    ports = [{name: port[name] for name in port if name not in fields} for port in spec.get("ports") or []]
    return {**service, "spec": spec | {"ports": ports}}


def _nameless(made: Object) -> Object:
    metadata = made["metadata"]
    return {**made, "metadata": {field: metadata[field] for field in metadata if field not in _PLACE}}


def versions(rendered: Mapping[str, Mapping[Key, Object]]) -> dict[Key, list[Version]]:
    """Return the different forms of each object, each with the first case that renders it so."""
    found: dict[Key, dict[str, Version]] = {}
    for case, objects in rendered.items():
        for key, made in objects.items():
            found.setdefault(key, {}).setdefault(json.dumps(made, sort_keys=True), Version(case, made))
    return {key: list(forms.values()) for key, forms in found.items()}


def chosen(forms: Mapping[Key, list[Version]]) -> list[Upgrade]:
    """Return upgrades in which each change of a field is made that any two forms of an object make.

    A change is a field with its value before and after: equal changes in other upgrades are not asked about
    again. This leaves a quarter of the upgrades.
    """
    return [upgrade for key, each in forms.items() for upgrade in _chosen(key, each)]


def _chosen(key: Key, forms: list[Version]) -> Iterator[Upgrade]:
    flat = [dict(_fields(form.made)) for form in forms]
    changes = {
        (one, other): {
            (path, flat[one].get(path), flat[other].get(path))
            for path in flat[one].keys() | flat[other].keys()
            if flat[one].get(path) != flat[other].get(path)
        }
        for one, other in itertools.permutations(range(len(forms)), 2)
    }
    left = set().union(*changes.values())
    # Those with most changes first; how many of them are left is counted again when one's turn comes.
    waiting = [(-len(each), pair) for pair, each in changes.items()]
    heapq.heapify(waiting)
    while left:
        _, pair = heapq.heappop(waiting)
        now = len(changes[pair] & left)
        if waiting and now < -waiting[0][0]:
            heapq.heappush(waiting, (-now, pair))
            continue
        left -= changes[pair]
        yield Upgrade(key, forms[pair[0]], forms[pair[1]])


def _fields(node: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(node, dict) and node:
        for name, value in node.items():
            yield from _fields(value, (*path, name))
    elif isinstance(node, list) and path[-1] in _BY_NAME:
        for item in node:
            yield from _fields(item, (*path, item["name"]))
    else:
        yield path, json.dumps(node, sort_keys=True)
