"""What a change in a chart's templates makes different in the renders of its inputs."""

from __future__ import annotations

import itertools
import queue
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import NamedTuple, TypeVar

from ci.base import cpus
from ci.base.console import progress
from ci.charts import helm
from ci.mutation.operators import Mutant
from ci.mutation.probe import Input, Outcome, Probe, Try
from ci.mutation.sources import Sources

# Enough to be worth a start of Helm, and few enough for progress to be seen.
_RENDERS_AT_ONCE = 200
# How many inputs of each change have been tried after each round. Most changes are settled by the first ones.
QUICK = (0, 6)
SAMPLE = (0, 6, 40)
REST = (40, None)
# Differences that only a run of the tests can judge.
_MOST_UNSURE = 12

_Answer = TypeVar("_Answer")


class _Work(NamedTuple):
    """A change, none for a render without one, and the inputs to render with, each with its parts."""

    name: str
    mutant: Mutant | None
    inputs: list[tuple[str, Sequence[str]]]


class Renders:
    """A chart with inputs: which blocks run for each part of a render, and what it is without a change."""

    def __init__(self, sources: Sources, inputs: Mapping[str, Input], folder: Path) -> None:
        self._sources = sources
        self._folder = folder
        self._probes: queue.SimpleQueue[Probe] = queue.SimpleQueue()
        for number in range(cpus.available()):
            self._probes.put(Probe(sources, folder / f"plain-{number}"))
        # Nothing is expected yet, so all of it is a difference.
        nothing = {name: one._replace(sure=(), expected={}) for name, one in inputs.items()}
        plain = self._plain("rendering without a change", self._probes, inputs, nothing, fresh=False)
        self.inputs = {name: inputs[name]._replace(expected=one.outcome) for name, one in plain.items()}
        noting: queue.SimpleQueue[Probe] = queue.SimpleQueue()
        for number in range(cpus.available()):
            noting.put(Probe(sources, folder / f"noting-{number}", notes_blocks=True))
        # Objects are read only where their text differs, and of this no one is asked.
        texts = {
            name: nothing[name]._replace(expected={"text": one.outcome["text"]})
            for name, one in plain.items()
        }
        noted = self._plain("noting which blocks run", noting, inputs, texts, fresh=True)
        # What runs for each part, "" for all of them if a part needs what others keep in the root.
        self._blocks: dict[str, Mapping[str, frozenset[int]]] = {}
        for name, one in plain.items():
            apart = noted.get(name)
            alike = apart and {**apart.outcome, "objects": one.outcome["objects"]} == one.outcome
            if apart and alike:
                self._blocks[name] = apart.blocks
            else:
                ran = apart.blocks.values() if apart else [sources.numbers.values()]
                self._blocks[name] = {"": frozenset().union(*ran)}
        whole = {name: frozenset().union(*blocks.values()) for name, blocks in self._blocks.items()}
        self._every = dict(sorted(whole.items(), key=lambda one: len(one[1])))
        self._reaching: dict[frozenset[int], list[str]] = {}

    def _plain(
        self,
        doing: str,
        probes: queue.SimpleQueue[Probe],
        inputs: Mapping[str, Input],
        known: Mapping[str, Input],
        *,
        fresh: bool,
    ) -> dict[str, Outcome]:
        """Return the outcomes without a change, but for inputs that fail, which say nothing."""
        works = [
            _Work("plain", None, [(name, ("problems",) if inputs[name].sure == ("problems",) else ())])
            for name in known
        ]

        def render(probe: Probe, part: Sequence[_Work]) -> list[Outcome]:
            names = [each for work in part for each in work.inputs]
            return probe.run([Try("plain", {}, names, len(names) + 1, fresh)], known)["plain"]

        return {
            one.input: one
            for outcomes in _in_parallel(doing, probes, works, render, lambda: "")
            for one in outcomes
            if one.parts != ("error",)
        }

    def reaching(self, mutant: Mutant) -> list[str]:
        """Return the names of the inputs in which a change can make a difference: those that run its place.

        Ones that take different ways through the file come before ones that take the same. Of these come
        those first that may settle it, and then small ones.
        """
        numbers = frozenset(self._sources.numbers[block] for block in mutant.blocks)
        if numbers not in self._reaching:
            own = {self._sources.numbers[block] for block in self._sources.templates[mutant.file].blocks}
            ways: Counter[tuple[bool, frozenset[int]]] = Counter()
            ranks = {}
            for name, every in self._every.items():
                if not every.isdisjoint(numbers):
                    settling = bool(self.inputs[name].sure)
                    way = (settling, every & own)
                    ranks[name] = (ways[way], not settling)
                    ways[way] += 1
            self._reaching[numbers] = sorted(ranks, key=lambda name: ranks[name])
        return self._reaching[numbers]

    def differences(
        self, mutants: Sequence[Mutant], rounds: Sequence[int | None]
    ) -> Iterator[tuple[Mutant, list[Outcome]]]:
        """Yield each change with what it makes different, up to the first outcome that ``settles``.

        ``rounds`` are how many inputs have been tried before the first round, and after each one.
        """
        found: dict[int, list[Outcome]] = {number: [] for number in range(len(mutants))}

        def render(probe: Probe, part: Sequence[_Work]) -> dict[int, list[Outcome]]:
            tries = [
                Try(work.name, {work.mutant.file: work.mutant.text}, work.inputs, _MOST_UNSURE)
                for work in part
                if work.mutant
            ]
            return {int(name): outcomes for name, outcomes in probe.run(tries, self.inputs).items()}

        for first, end in itertools.pairwise(rounds):
            works = [
                _Work(
                    str(number),
                    mutants[number],
                    [(name, self._parts(mutants[number], name)) for name in names],
                )
                for number in found
                if (names := self.reaching(mutants[number])[first:end])
            ]
            many = f"up to {end} inputs" if end else f"all {'other ' if first else ''}inputs"
            doing = f"rendering with {len(works)} changes, {many} of each"

            def left() -> str:
                return f"{len(found)} changes left, "

            for outcomes in _in_parallel(doing, self._probes, works, render, left):
                for number, more in outcomes.items():
                    found[number] += more
                    if any(map(self.settles, more)):
                        yield mutants[number], found.pop(number)
        yield from ((mutants[number], outcomes) for number, outcomes in found.items())

    def _parts(self, mutant: Mutant, name: str) -> Sequence[str]:
        """Return the parts of a render in which a change can make a difference, none for all of them."""
        numbers = {self._sources.numbers[block] for block in mutant.blocks}
        parts = [
            part for part, blocks in self._blocks[name].items() if part and not blocks.isdisjoint(numbers)
        ]
        # The same problems make the same report.
        return [part for part in parts if part != "report" or "problems" not in parts]

    def settled(self, outcomes: Sequence[Outcome]) -> str:
        """Return the input of the first outcome that ``settles``, "" if none does."""
        return next((one.input for one in outcomes if self.settles(one)), "")

    def settles(self, outcome: Outcome) -> bool:
        """Return whether a test is sure to fail with an outcome."""
        sure = self.inputs[outcome.input].sure
        return bool({*sure, *(("error",) if sure else ())} & {*outcome.parts})


def _portions(works: Sequence[_Work]) -> Iterator[list[_Work]]:
    portion: list[_Work] = []
    renders = 0
    for work in works:
        portion.append(work)
        renders += len(work.inputs)
        if renders >= _RENDERS_AT_ONCE:
            yield portion
            portion, renders = [], 0
    if portion:
        yield portion


def _in_parallel(
    doing: str,
    probes: queue.SimpleQueue[Probe],
    works: Sequence[_Work],
    render: Callable[[Probe, Sequence[_Work]], _Answer],
    note: Callable[[], str],
) -> Iterator[_Answer]:
    def one(portion: Sequence[_Work]) -> tuple[int, _Answer]:
        probe = probes.get()
        try:
            return sum(len(work.inputs) for work in portion), render(probe, portion)
        finally:
            probes.put(probe)

    total = sum(len(work.inputs) for work in works)
    done = 0
    began = time.monotonic()
    with progress(doing) as report, ThreadPoolExecutor(max_workers=cpus.available()) as pool:
        futures = []
        try:
            for portion in _portions(works):
                futures.append(pool.submit(one, portion))
            for future in as_completed(futures):
                renders, answer = future.result()
                done += renders
                minutes = (time.monotonic() - began) * (total - done) / done / 60
                yield answer
                report(done, total, f"{note()}about {minutes:.0f} min to go")
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
            # Whoever leaves early does not wait for renders that run, and one may just begin.
            while not all(future.done() for future in futures):
                helm.stop()
                time.sleep(0.05)
