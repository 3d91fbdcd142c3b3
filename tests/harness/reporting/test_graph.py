"""A graph has its columns from left to right, and nothing lies over anything else."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest

from ci.base.repository import root
from ci.kubernetes.manifests import Key, parse
from ci.reporting.graph import HEIGHT, WIDTH, Box, Graph, graph
from ci.reporting.relations import Relation, relations
from tests.support.related_objects import STREAM


def key(name: str, kind: str = "ConfigMap") -> Key:
    return Key("v1", kind, "", name)


def boxes(drawn: Graph) -> dict[str, Box]:
    return {f"{box.key.kind} {box.key.name}": box for box in drawn.boxes}


def check(related: list[Relation]) -> Graph:
    """Draw relations, and check what holds for every drawing."""
    drawn = graph(related)
    places = {box.key: box for box in drawn.boxes}
    assert set(places) == {end for one in related for end in (one.source, one.target)}
    for one, other in itertools.combinations(drawn.boxes, 2):
        assert abs(one.x - other.x) >= WIDTH or abs(one.y - other.y) >= HEIGHT
    for box in drawn.boxes:
        assert box.x >= 0 <= box.y
        assert box.x + WIDTH <= drawn.width
        assert box.y + HEIGHT <= drawn.height
    for line in drawn.lines:
        source, target = places[line.relation.source], places[line.relation.target]
        assert source.x < target.x
        numbers = [float(number) for number in re.findall(r"-?[\d.]+", line.path)]
        assert numbers[:2] == [source.x + WIDTH, source.y + HEIGHT / 2]
        assert numbers[-2:] == [target.x, target.y + HEIGHT / 2]
    return drawn


def test_the_way_of_a_request_goes_from_left_to_right() -> None:
    found = boxes(check(relations(parse(STREAM))))
    columns = [found[name].x for name in ("Ingress api", "Service api", "Deployment api", "Secret shared")]
    assert columns == sorted(set(columns))


def test_what_belongs_to_a_workload_is_beside_it() -> None:
    found = boxes(graph(relations(parse(STREAM))))
    beside = {found[f"{kind} api"].x for kind in ("Service", "PodDisruptionBudget", "NetworkPolicy")}
    assert beside == {found["HorizontalPodAutoscaler api"].x}
    assert found["CronJob api-clean"].x == found["Deployment api"].x


@pytest.mark.parametrize(
    "file", sorted((root() / "tests/golden/microservice").glob("[d-h]*.yaml")), ids=lambda file: file.stem
)
def test_what_the_cases_render_is_drawn(file: Path) -> None:
    check(relations(parse(file.read_text(encoding="utf-8"))))


def test_a_line_past_a_column_bends_between_its_boxes() -> None:
    a, b, c = key("a"), key("b"), key("c")
    drawn = check([Relation(a, "x", b), Relation(b, "x", c), Relation(a, "y", c)])
    middle = boxes(drawn)["ConfigMap b"]
    (bend,) = (
        float(found[1])
        for line in drawn.lines
        if (found := re.search(rf"{middle.x:g} ([\d.]+) H{middle.x + WIDTH:g}", line.path))
    )
    assert not middle.y <= bend <= middle.y + HEIGHT


def test_lines_that_need_not_cross_do_not() -> None:
    pairs = [(key(f"a{number}"), key(f"b{9 - number}")) for number in range(10)]
    related = [Relation(one, "x", other) for one, other in pairs]
    related += [Relation(key("first"), "x", one) for one, _ in reversed(pairs)]
    found = boxes(check(related))
    order = [sorted((found[f"ConfigMap {one.name}"].y, other.name) for one, other in pairs)]
    assert [name for _, name in order[0]] == sorted(
        (other.name for _, other in pairs), key=lambda name: found[f"ConfigMap {name}"].y
    )


def test_a_verb_stands_once_beside_what_does_only_that() -> None:
    policy, one, other = key("policy"), key("one"), key("other")
    drawn = graph([Relation(policy, "restricts", one), Relation(policy, "restricts", other)])
    assert [(verb.text, verb.anchor) for verb in drawn.verbs] == [("restricts", "start")]
    drawn = graph([Relation(policy, "reads", one), Relation(policy, "mounts", other)])
    assert [(verb.text, verb.anchor) for verb in drawn.verbs] == [("reads", "end"), ("mounts", "end")]


def test_no_relation_is_an_empty_drawing() -> None:
    assert (graph([]).boxes, graph([]).lines) == ([], [])
