"""What a change in a chart's templates makes different in the renders of its inputs."""

from __future__ import annotations

import itertools
import queue
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path, PurePath
from typing import TypeVar

from ci.base import cpus
from ci.base.console import progress
from ci.mutation.operators import Mutant
from ci.mutation.probe import Input, Outcome, Probe, Try
from ci.mutation.sources import Sources

# Enough to be worth a start of Helm, and few, as a try that fails makes those beside it run again.
_INPUTS_AT_ONCE = 60
_TRIES_AT_ONCE = 12
# How many inputs of each change have been tried after each round.
THOROUGH = (0, 6, 40, None)
# For changes that are accepted: what most inputs do not show, all of them show hardly ever.
SAMPLE = THOROUGH[:3]
QUICK = THOROUGH[:2]
# Differences that only a run of the tests can judge.
_MOST_UNSURE = 12

_Part = TypeVar("_Part")
_Answer = TypeVar("_Answer")


class Renders:
    """A chart with inputs: which blocks each reaches, and what it renders without a change."""

    def __init__(self, sources: Sources, inputs: Mapping[str, Input], folder: Path) -> None:
        self._sources = sources
        self._folder = folder
        self.inputs: dict[str, Input] = {}
        self._blocks: dict[str, frozenset[int]] = {}
        # Of a file of checks, these make a difference in the problems or in nothing. What other files compute
        # for the checks may be kept in the root.
        self._only_checking: dict[str, frozenset[int]] = {}
        self._reaching: dict[int, list[str]] = {}
        # For nothing is expected yet, all of it is a difference.
        plain = {name: one._replace(sure=(), expected={}) for name, one in inputs.items()}

        def render(probe: Probe, names: Sequence[str]) -> list[Outcome]:
            return probe.run([Try("plain", {}, names, len(names) + 1)], plain)["plain"]

        probes = self._probes("blocks", notes_blocks=True)
        parts = _parts(list(inputs), _INPUTS_AT_ONCE)
        for outcomes in _in_parallel("rendering without a change", probes, parts, render):
            for one in outcomes:
                # What fails without a change says nothing.
                if one.parts != ("error",):
                    self.inputs[one.input] = inputs[one.input]._replace(expected=one.outcome)
                    self._blocks[one.input] = one.checking | one.blocks
                    self._only_checking[one.input] = one.checking - one.blocks

    def reaching(self, mutant: Mutant) -> list[str]:
        """Return the names of the inputs that reach the block of a change.

        Ones that take different ways through the file come before ones that take the same. Of these come
        those first that may settle it, and then small ones.
        """
        number = self._sources.numbers[mutant.block]
        if number not in self._reaching:
            own = {self._sources.numbers[block] for block in self._sources.templates[mutant.file].blocks}
            ways: Counter[tuple[bool, frozenset[int]]] = Counter()
            ranks = {}
            for name in sorted(self._blocks, key=lambda name: len(self._blocks[name])):
                if number in self._blocks[name]:
                    settling = bool(self.inputs[name].sure)
                    way = (settling, self._blocks[name] & own)
                    ranks[name] = (ways[way], not settling)
                    ways[way] += 1
            self._reaching[number] = sorted(ranks, key=lambda name: ranks[name])
        return self._reaching[number]

    def differences(
        self, mutants: Sequence[Mutant], rounds: Sequence[int | None]
    ) -> Iterator[tuple[Mutant, list[Outcome]]]:
        """Yield each change with what it makes different, up to the first outcome that ``settles``.

        ``rounds`` are THOROUGH, or one that tries only the inputs that are likely to settle it.
        """
        found: dict[int, list[Outcome]] = {number: [] for number in range(len(mutants))}
        probes = self._probes("changes")

        def render(probe: Probe, part: Sequence[tuple[int, Sequence[str]]]) -> dict[int, list[Outcome]]:
            tries = []
            for number, names in part:
                mutant = mutants[number]
                block = self._sources.numbers[mutant.block]
                of_checks = "checks" in PurePath(mutant.file).parts
                problems_only = [
                    name
                    for name in names
                    if self.inputs[name].sure == ("problems",)
                    or (of_checks and block in self._only_checking[name])
                ]
                tries.append(Try(str(number), {mutant.file: mutant.text}, names, _MOST_UNSURE, problems_only))
            return {int(name): outcomes for name, outcomes in probe.run(tries, self.inputs).items()}

        # Most changes are settled by the first inputs, and to read the others takes longer than to render.
        for first, end in itertools.pairwise(rounds):
            left = [(number, self.reaching(mutants[number])[first:end]) for number in found]
            parts = _parts([(number, names) for number, names in left if names], _TRIES_AT_ONCE)
            doing = f"rendering with {len(found)} changes"
            for outcomes in _in_parallel(doing, probes, parts, render):
                for number, more in outcomes.items():
                    found[number] += more
                    if any(map(self.settles, more)):
                        yield mutants[number], found.pop(number)
        yield from ((mutants[number], outcomes) for number, outcomes in found.items())

    def settles(self, outcome: Outcome) -> bool:
        """Return whether a test is sure to fail with an outcome."""
        sure = self.inputs[outcome.input].sure
        return bool({*sure, *(("error",) if sure else ())} & {*outcome.parts})

    def _probes(self, name: str, *, notes_blocks: bool = False) -> queue.SimpleQueue[Probe]:
        probes: queue.SimpleQueue[Probe] = queue.SimpleQueue()
        for number in range(cpus.available()):
            probes.put(Probe(self._sources, self._folder / f"{name}-{number}", notes_blocks=notes_blocks))
        return probes


def _parts(whole: Sequence[_Part], size: int) -> list[Sequence[_Part]]:
    return [whole[at : at + size] for at in range(0, len(whole), size)]


def _in_parallel(
    doing: str,
    probes: queue.SimpleQueue[Probe],
    parts: Sequence[_Part],
    work: Callable[[Probe, _Part], _Answer],
) -> Iterator[_Answer]:
    def one(part: _Part) -> _Answer:
        probe = probes.get()
        try:
            return work(probe, part)
        finally:
            probes.put(probe)

    with progress(doing) as report, ThreadPoolExecutor(max_workers=cpus.available()) as pool:
        futures = [pool.submit(one, part) for part in parts]
        try:
            for done, future in enumerate(as_completed(futures), start=1):
                report(done, len(futures))
                yield future.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
