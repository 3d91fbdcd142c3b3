"""Covering arrays: few rows in which every two states of different features meet.

The greedy algorithm of AETG (Cohen et al., 1997): a row begins with a pair that no row has yet, and takes of
each further feature the state that adds most pairs.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

# A feature's key and its state, "" for the default.
Item = tuple[str, str]
Pair = frozenset[Item]
Row = dict[str, str]


class Space(NamedTuple):
    """What rows are made of: the states of each feature, combinations that can't be, and what a state brings.

    ``refused`` are sets of states; ``brings`` are the features that are not at their default with a state.
    """

    features: Mapping[str, Sequence[str]]
    refused: Collection[frozenset[str]]
    brings: Mapping[str, Collection[str]]

    def pairs(self) -> set[Pair]:
        """Return every pair of states of two features, defaults among them."""
        return {
            frozenset(pair)
            for one, other in itertools.combinations(self.features, 2)
            for pair in itertools.product(self._items(one), self._items(other))
        }

    def possible(self) -> set[Pair]:
        """Return the pairs that are not refused and not excluded by what a state brings."""
        return {pair for pair in self.pairs() if not self._is_refused(dict(pair)) and self._is_free(pair)}

    def covered(self, row: Row) -> set[Pair]:
        """Return the pairs that a row has: what a state brings is not at its default."""
        brought = {key for state in row.values() for key in self.brings.get(state, ())}
        items = [(key, state) for key, state in row.items() if state or key not in brought]
        return {frozenset(pair) for pair in itertools.combinations(items, 2)}

    def rows(self) -> Iterator[Row]:
        """Yield rows, each with a state of every feature, that together have each possible pair."""
        left = self.possible()
        for first in sorted(left, key=sorted):
            if first in left:
                row = self._row(first, left)
                left -= self.covered(row)
                yield row

    def _row(self, first: Pair, left: Collection[Pair]) -> Row:
        row = dict(first)
        for key in self.features:
            if key not in row:
                fitting = [item for item in self._items(key) if self._fits(item, row)]
                row |= [
                    max(fitting, key=lambda item: sum(frozenset((item, one)) in left for one in row.items()))
                ]
        return row

    def _items(self, key: str) -> list[Item]:
        return [(key, ""), *((key, state) for state in self.features[key])]

    def _fits(self, item: Item, row: Row) -> bool:
        key, state = item
        at_default = any(row.get(brought) == "" for brought in self.brings.get(state, ()))
        return not at_default and not self._is_refused({**row, key: state})

    def _is_refused(self, row: Row) -> bool:
        states = set(row.values())
        return any(refused <= states for refused in self.refused)

    def _is_free(self, pair: Pair) -> bool:
        return not any(
            not state and key in self.brings.get(other, ())
            for (key, state), (_, other) in itertools.permutations(pair, 2)
        )
