"""Lays out the relations of a release in columns, from left to right, so that few lines cross.

The steps are those of Sugiyama, Tagawa and Toda (1981): columns, the order within each, coordinates.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from statistics import fmean
from typing import NamedTuple

from ci.kubernetes.manifests import Key
from ci.kubernetes.workloads import WORKLOADS
from ci.reporting.relations import Relation

# In pixels.
WIDTH, HEIGHT = 184, 50
_GAP, _ROW, _BEND_HEIGHT, _MARGIN = 116, 20, 4, 12
_SWEEPS = 8


class Box(NamedTuple):
    """An object at its place: the upper left corner."""

    key: Key
    x: float
    y: float


class Line(NamedTuple):
    """A relation as an SVG path."""

    relation: Relation
    path: str


class Verb(NamedTuple):
    """A verb at one end of its lines: it begins there (``anchor`` "start") or ends ("end")."""

    text: str
    x: float
    y: float
    anchor: str


class Graph(NamedTuple):
    """A drawing of so many pixels."""

    width: float
    height: float
    boxes: list[Box]
    lines: list[Line]
    verbs: list[Verb]


class _Bend(NamedTuple):
    """Where the line of a relation passes a column between its ends."""

    relation: int
    column: int


_Node = Key | _Bend


def graph(relations: Sequence[Relation]) -> Graph:
    """Return a drawing of relations, which have no cycle. Objects without a relation are not in it."""
    places = _columns_of(relations)
    chains = [_chain(number, relation, places) for number, relation in enumerate(relations)]
    columns = _ordered(places, chains)
    tops = _tops(columns)
    bottom = max((tops[column[-1]] + _height(column[-1]) for column in columns), default=0)
    return Graph(
        width=_left(len(columns) - 1) + WIDTH + _MARGIN,
        height=bottom + _MARGIN,
        boxes=[Box(key, _left(column), tops[key]) for key, column in places.items()],
        lines=[
            Line(relation, _path(chain, places, tops))
            for relation, chain in zip(relations, chains, strict=True)
        ],
        verbs=_verbs(relations, places, tops),
    )


def _columns_of(relations: Iterable[Relation]) -> dict[Key, int]:
    """Return the column of each object: right of all that lead to it, else just left of what it leads to.

    All workloads are in one column, so that what belongs to them is in one, too.
    """
    above: dict[Key, list[Key]] = {}
    below: dict[Key, list[Key]] = defaultdict(list)
    for source, _, target in relations:
        above.setdefault(source, [])
        above.setdefault(target, []).append(source)
        below[source].append(target)
    columns = _right_of(above, 0)
    workloads = [column for key, column in columns.items() if key.kind in WORKLOADS]
    columns = _right_of(above, max(workloads, default=0))
    order = sorted(columns, key=columns.__getitem__)
    for key in order:
        if above[key]:
            columns[key] = max([columns[key], *(columns[one] + 1 for one in above[key])])
        else:
            # What nothing else leads to goes with it.
            fixed = [columns[one] for one in below[key] if len(above[one]) > 1]
            columns[key] = min(fixed or [columns[one] for one in below[key]]) - 1
    used = sorted(set(columns.values()))
    return {key: used.index(column) for key, column in columns.items()}


def _right_of(above: Mapping[Key, Sequence[Key]], workloads: int) -> dict[Key, int]:
    """Return the column of each object: right of those above it, and of a workload ``workloads`` at least."""
    columns: dict[Key, int] = {}

    def place(key: Key) -> int:
        if key not in columns:
            first = workloads if key.kind in WORKLOADS else 0
            columns[key] = max([first, *(place(one) + 1 for one in above[key])])
        return columns[key]

    for key in above:
        place(key)
    return columns


def _chain(number: int, relation: Relation, places: Mapping[Key, int]) -> list[_Node]:
    """Return what a line passes: its ends, and a bend in each column between them."""
    between = range(places[relation.source] + 1, places[relation.target])
    return [relation.source, *(_Bend(number, column) for column in between), relation.target]


def _ordered(places: Mapping[Key, int], chains: Iterable[Sequence[_Node]]) -> list[list[_Node]]:
    """Return the nodes of each column, again and again sorted by the mean place of their neighbours."""
    columns: list[list[_Node]] = [[] for _ in range(max(places.values(), default=-1) + 1)]
    beside: dict[_Node, list[_Node]] = defaultdict(list)
    for key, column in places.items():
        columns[column].append(key)
    for chain in chains:
        for node in chain:
            if isinstance(node, _Bend):
                columns[node.column].append(node)
        for one, other in pairwise(chain):
            beside[one].append(other)
            beside[other].append(one)
    for sweep in range(_SWEEPS):
        for nodes in columns if sweep % 2 else reversed(columns):
            heights = {
                node: (place + 0.5) / len(column) for column in columns for place, node in enumerate(column)
            }
            means = {node: fmean(heights[other] for other in beside[node]) for node in nodes}
            nodes.sort(key=means.__getitem__)
    return columns


def _tops(columns: Sequence[Sequence[_Node]]) -> dict[_Node, float]:
    """Return the upper end of each node; the columns are centred."""
    heights = [sum(_height(node) + _ROW for node in column) - _ROW for column in columns]
    tops: dict[_Node, float] = {}
    for column, height in zip(columns, heights, strict=True):
        top = _MARGIN + (max(heights) - height) / 2
        for node in column:
            tops[node] = top
            top += _height(node) + _ROW
    return tops


def _path(chain: Sequence[_Node], places: Mapping[Key, int], tops: Mapping[_Node, float]) -> str:
    path, x, y = "", 0.0, 0.0
    for node in chain:
        left = _left(node.column if isinstance(node, _Bend) else places[node])
        middle = tops[node] + _height(node) / 2
        if path:
            half = (x + left) / 2
            path += f" C{half:g} {y:g} {half:g} {middle:g} {left:g} {middle:g}"
            path += f" H{left + WIDTH:g}" if isinstance(node, _Bend) else ""
        else:
            path = f"M{left + WIDTH:g} {middle:g}"
        x, y = left + WIDTH, middle
    return path


def _verbs(
    relations: Sequence[Relation], places: Mapping[Key, int], tops: Mapping[_Node, float]
) -> list[Verb]:
    """Return the verbs: beside an object that does one thing only, else beside that to which it is done."""
    leaving: dict[Key, set[str]] = defaultdict(set)
    for source, verb, _ in relations:
        leaving[source].add(verb)
    found = []
    for source, verb, target in relations:
        one = source if len(leaving[source]) == 1 else target
        x = _left(places[one]) + (WIDTH if one == source else 0)
        found.append(Verb(verb, x, tops[one] + HEIGHT / 2, "start" if one == source else "end"))
    return list(dict.fromkeys(found))


def _left(column: int) -> float:
    return _MARGIN + column * (WIDTH + _GAP)


def _height(node: _Node) -> float:
    return _BEND_HEIGHT if isinstance(node, _Bend) else HEIGHT
