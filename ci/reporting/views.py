"""What the page shows of each part: texts, links and drawings, none of which tells anything of a secret."""

from __future__ import annotations

import difflib
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from ci.base import kubernetes_yaml
from ci.kubernetes.differences import ABSENT
from ci.kubernetes.manifests import Key, Object
from ci.kubernetes.masking import hidden
from ci.kubernetes.workloads import containers_of, pods_of
from ci.reporting import resources
from ci.reporting.changes import CHANGED, NEW, REFUSED, REMOVED, Change, Field, changes
from ci.reporting.graph import Graph, graph
from ci.reporting.relations import relations
from ci.reporting.resources import Share, Use
from ci.reporting.states import NAMESPACE, Part, State
from ci.values.document import Fault

UNCHANGED = "unchanged"
LABELS = "labels of versions"
BROKEN = "does not render"
REPAIRED = "renders again"


class FieldView(NamedTuple):
    """A field that changes: both values, or what differs between their lines; None where there is none."""

    path: str
    old: str | None
    new: str | None
    lines: list[str]
    effect: str


class ObjectView(NamedTuple):
    """An object with its place on the page; ``status`` is "" where it stays as it was, or may be LABELS."""

    name: str
    anchor: str
    status: str
    restarts: bool
    fields: list[FieldView]
    manifest: str


class Node(NamedTuple):
    """What the graph writes in a box; one that is not of the release has no anchor."""

    kind: str
    name: str
    anchor: str
    status: str


class Image(NamedTuple):
    """An image, and the containers that run it: "Deployment api (api)"."""

    name: str
    users: list[str]


@dataclass(frozen=True)
class PartView:
    """A part; without an earlier commit its ``status`` is ""."""

    title: str
    anchor: str
    status: str
    error: str
    faults: list[Fault]
    objects: Sequence[ObjectView]
    graph: Graph
    nodes: Mapping[Key, Node]
    images: Sequence[Image]

    @property
    def changed(self) -> list[ObjectView]:
        """The objects that differ in more than labels of versions, first what matters most to pods."""
        found = [one for one in self.objects if one.status not in ("", LABELS)]
        order = (REMOVED, CHANGED, NEW)
        return sorted(
            found, key=lambda one: (one not in self.refused, not one.restarts, order.index(one.status))
        )

    @property
    def others(self) -> list[ObjectView]:
        """The objects that stay as they are, but perhaps for labels of versions."""
        return [one for one in self.objects if one.status in ("", LABELS)]

    @property
    def restarting(self) -> list[ObjectView]:
        """The workloads whose pods restart."""
        return [one for one in self.objects if one.restarts and one not in self.refused]

    @property
    def refused(self) -> list[ObjectView]:
        """The objects that Kubernetes does not let change in this way."""
        return [one for one in self.objects if any(field.effect == REFUSED for field in one.fields)]


class Room(NamedTuple):
    """What the services of an environment use of its namespace; the totals of before are {} without any.

    ``missing`` are the services that do not render, and so are not counted.
    """

    environment: str
    anchor: str
    uses: list[tuple[str, Use]]
    shares: list[Share]
    before: Mapping[str, Share]
    missing: list[str]


def part_view(part: Part, now: State | None, before: State | None, compared: bool) -> PartView:
    """Return the view of a part as it is now, and as it was, of which one may not exist.

    ``compared`` tells whether there is an earlier commit at all.
    """
    new = now.objects if now else {}
    # Next to what does not render everything would be new, or gone.
    both = bool(now and before and not now.error and not before.error)
    old = before.objects if before and (both or not now) else {}
    found = changes(old, new) if both else {}
    gone = old.keys() - new.keys()
    related = relations(new) + [one for one in relations(old) if {one.source, one.target} & gone]
    shown = {**old, **new}
    anchor = f"{part.service}.{part.environment}"
    anchors = _anchors(anchor, shown)
    return PartView(
        title=f"{part.service} in {part.environment}"
        if part.service != NAMESPACE
        else f"namespace of {part.environment}",
        anchor=anchor,
        status=_status(now, before, compared, found),
        error=now.error if now else "",
        faults=list(now.faults) if now else [],
        objects=[_object(key, made, anchors[key], found.get(key)) for key, made in shown.items()],
        graph=graph(related),
        nodes={key: _node(key, anchors, found) for one in related for key in (one.source, one.target)},
        images=list(_images(new)),
    )


def room(environment: str, now: Mapping[Part, State], before: Mapping[Part, State]) -> Room:
    """Return what an environment has room for, and what is used of it."""
    used, shares = _shares(environment, now)
    _, earlier = _shares(environment, before)
    missing = [part.service for part, state in now.items() if part.environment == environment and state.error]
    return Room(
        environment,
        f"room:{environment}",
        used,
        shares,
        {share.resource: share for share in earlier},
        missing,
    )


def _shares(environment: str, states: Mapping[Part, State]) -> tuple[list[tuple[str, Use]], list[Share]]:
    of_namespace = states.get(Part(NAMESPACE, environment))
    namespace = of_namespace.objects if of_namespace else {}
    services = {
        part.service: state.objects
        for part, state in states.items()
        if part.environment == environment and part.service != NAMESPACE
    }
    used = [
        (service, use) for service, objects in services.items() for use in resources.uses(objects, namespace)
    ]
    return used, resources.shares([use for _, use in used], services.values(), namespace)


def _status(now: State | None, before: State | None, compared: bool, found: Mapping[Key, Change]) -> str:
    if now and now.error:
        return BROKEN
    if not compared:
        return ""
    if now is None:
        return REMOVED
    if before is None:
        return NEW
    if before.error:
        return REPAIRED
    if found and all(change.is_of_labels for change in found.values()):
        return LABELS
    return CHANGED if found else UNCHANGED


def _anchors(part: str, keys: Iterable[Key]) -> dict[Key, str]:
    found: dict[Key, str] = {}
    taken: set[str] = set()
    for key in keys:
        anchor = "-".join(f"{part}.{key.kind}.{key.name}".split())
        free = next(one for one in _numbered(anchor) if one not in taken)
        taken.add(free)
        found[key] = free
    return found


def _numbered(anchor: str) -> Iterator[str]:
    yield anchor
    yield from (f"{anchor}-{number}" for number in itertools.count(2))


def _object(key: Key, made: Object, anchor: str, change: Change | None) -> ObjectView:
    return ObjectView(
        f"{key.kind} {key.name}",
        anchor,
        _status_of(change),
        change.restarts if change else False,
        [_field(field) for field in change.fields] if change else [],
        _yaml(hidden(made)),
    )


def _node(key: Key, anchors: Mapping[Key, str], found: Mapping[Key, Change]) -> Node:
    status = _status_of(found.get(key))
    return Node(key.kind, key.name, anchors.get(key, ""), "" if status == LABELS else status)


def _status_of(change: Change | None) -> str:
    if change is None:
        return ""
    return LABELS if change.is_of_labels else change.status


def _field(field: Field) -> FieldView:
    old, new = _text(field.old), _text(field.new)
    lines: list[str] = []
    if old and new and "\n" in old + new:
        compared = difflib.unified_diff(old.splitlines(), new.splitlines(), n=2, lineterm="")
        lines = list(itertools.islice(compared, 2, None))
    return FieldView(field.path, old, new, lines, field.effect)


def _text(value: object) -> str | None:
    if value is ABSENT:
        return None
    if isinstance(value, str) and "\n" in value:
        return value
    return _yaml(value) if isinstance(value, dict | list) and value else kubernetes_yaml.dump_flow(value)


def _yaml(value: object) -> str:
    return kubernetes_yaml.dump([value]).removeprefix("---").strip("\n")


def _images(objects: Mapping[Key, Object]) -> Iterator[Image]:
    users: dict[str, list[str]] = {}
    for pods in pods_of(objects):
        for _, container in containers_of(pods):
            user = f"{pods.key.kind} {pods.key.name} ({container.get('name')})"
            users.setdefault(str(container.get("image")), []).append(user)
    yield from (Image(name, found) for name, found in users.items())


def percent(share: Share) -> int:
    """Return how much of a quota is used at the most; 100 of one that allows nothing of what there is."""
    if not share.at_most or not share.hard:
        return 100 if share.at_most else 0
    return round(share.at_most / share.hard * Decimal(100))


def shortened(text: str, length: int = 20) -> str:
    """Return a name without its middle where it is longer: names differ at their ends."""
    half = (length - 1) // 2
    return text if len(text) <= length else f"{text[:half]}…{text[-half:]}"
