"""Few rows have every possible pair of states, and none that is not possible."""

from __future__ import annotations

import itertools

import pytest

from ci.fuzzing.covering import Space

FEATURES = {
    name: [f"{name}{number}" for number in range(1 + name.count("o"))] for name in ("one", "foo", "bar")
}
SPACES = {
    "all go together": Space(FEATURES, [], {}),
    "one pair is refused": Space(FEATURES, [frozenset({"one0", "bar0"})], {}),
    "three are refused together": Space(FEATURES, [frozenset({"one0", "foo1", "bar0"})], {}),
    "a state brings another feature": Space(FEATURES, [], {"one0": ["foo"]}),
    "of many features": Space({f"f{number}": [f"f{number}+", f"f{number}-"] for number in range(20)}, [], {}),
}


@pytest.mark.parametrize("space", SPACES.values(), ids=SPACES)
def test_the_rows_have_every_possible_pair(space: Space) -> None:
    rows = list(space.rows())
    assert set().union(*map(space.covered, rows)) == space.possible()
    assert all(row.keys() == space.features.keys() for row in rows)
    for row, refused in itertools.product(rows, space.refused):
        assert not refused <= set(row.values())


def test_what_is_refused_or_brought_is_no_possible_pair() -> None:
    refused, brought = SPACES["one pair is refused"], SPACES["a state brings another feature"]
    assert refused.pairs() - refused.possible() == {frozenset({("one", "one0"), ("bar", "bar0")})}
    assert brought.pairs() - brought.possible() == {frozenset({("one", "one0"), ("foo", "")})}


def test_there_are_far_fewer_rows_than_pairs() -> None:
    space = SPACES["of many features"]
    assert len(space.pairs()) == 1710
    assert len(list(space.rows())) < 40
