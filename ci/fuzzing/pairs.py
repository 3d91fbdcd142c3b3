"""``invoke pairs``: every two states of the chart's features are rendered together, or refused by a check."""

from __future__ import annotations

import itertools
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

from ci.base import cpus, kubernetes_yaml
from ci.base.console import out
from ci.base.errors import UserError
from ci.base.files import write_whole
from ci.base.repository import shown
from ci.charts import catalog, helm
from ci.charts.batch import Batch, Outcome
from ci.charts.values_file import laid, read_values
from ci.checks import tidiness
from ci.fuzzing import invariants, switches
from ci.fuzzing.covering import Row, Space
from ci.fuzzing.switches import State, Values
from ci.kubernetes import fields, manifests, validation

FILE = Path(__file__).parent / "pairs.yaml"
UPDATE = "invoke pairs --update"
_HEAD = f"""\
# Written by `{UPDATE}`: the case from which each state of a feature is taken, other keys of the case without
# which the chart refuses it, and the combinations of states that the chart refuses.
"""
# One Helm process keeps all that it renders in memory.
_BATCH = 24
_ROWS_AT_ONCE = 3


# Tells for each of several values why the chart refuses them, () if it does not.
Refusals = Callable[[Sequence[Values]], list[tuple[str, ...]]]


class Chosen(NamedTuple):
    """The values for a state: of a feature's key, and those that it ``needs`` beside it."""

    key: str
    case: str
    needs: tuple[str, ...]
    value: Any
    beside: Values

    @property
    def values(self) -> Values:
        """All of them."""
        return laid(self.beside, {self.key: self.value})


class Known(NamedTuple):
    """What ``FILE`` says: the values of each state, and the combinations of states that are refused."""

    chosen: dict[str, Chosen]
    refused: list[frozenset[str]]

    def space(self) -> Space:
        """Return the states by feature, as a covering array is made of them."""
        features: dict[str, list[str]] = {}
        for name, one in self.chosen.items():
            features.setdefault(one.key, []).append(name)
        return Space(features, self.refused, {name: one.needs for name, one in self.chosen.items()})

    def values(self, states: Iterable[str]) -> Values:
        """Return values with each of these states; what one needs lies below what another is."""
        values = _image()
        used = [self.chosen[state] for state in states if state]
        for part in (*(one.beside for one in used), *({one.key: one.value} for one in used)):
            values = laid(values, part)
        return values


class Result(NamedTuple):
    """What came of the pairs: ``faults`` in sentences, and a problem for each refused combination."""

    features: int
    states: int
    pairs: int
    rendered: int
    rows: int
    refusals: dict[frozenset[str], str]
    excluded: int
    faults: list[str]

    def __str__(self) -> str:
        return (
            f"{self.features} features, each at its default or in one of {self.states} states: {self.pairs} "
            f"pairs, {self.rendered} of them rendered together, in {self.rows} renders valid on every "
            f"Kubernetes version; {self.pairs - self.rendered - self.excluded} refused by a check; "
            f"{self.excluded} not possible, since a state needs another feature"
        )


def run(update: bool = False) -> None:
    """Check the pairs and print what came of them; raise UserError with all faults.

    With ``update`` the refused combinations are searched for, and ``FILE`` is rewritten, before.
    """
    with tempfile.TemporaryDirectory(prefix="pairs-") as folder:
        if update:
            write_whole(FILE, _text(_search(Path(folder))))
        result = check(Path(folder))
    for states, problem in sorted(result.refusals.items(), key=lambda one: sorted(one[0])):
        out.out(f"{' and '.join(sorted(states))}: {problem}")
    if result.faults:
        raise UserError("\n".join([*result.faults, f"\n{len(result.faults)} problem(s) found in the pairs"]))
    out.out(str(result))


def check(folder: Path) -> Result:
    """Render each possible pair and validate it on every Kubernetes version; see that each other is refused.

    ``folder`` is for temporary files. Raises UserError if ``FILE`` does not have the states of today.
    """
    known = _read()
    space = known.space()
    rows = list(space.rows())
    possible = space.possible()
    drawn = _rendered(folder / "rows", [known.values(row.values()) for row in rows])
    refused = _rendered(
        folder / "refused", [known.values(sorted(one)) for one in known.refused], only_checks=True
    )
    faults = [
        f"{_named(row)}: {fault}"
        for row, (values, outcome) in zip(rows, drawn, strict=True)
        for fault in _faults(values, outcome)
    ]
    faults += [
        f"{' and '.join(sorted(states))}: not refused any more: {UPDATE}"
        for states, (_, outcome) in zip(known.refused, refused, strict=True)
        if not outcome.problems
    ]
    pairs = space.pairs()
    two = [states for states in known.refused if len(states) == 2]
    return Result(
        features=len(space.features),
        states=len(known.chosen),
        pairs=len(pairs),
        rendered=len(possible),
        rows=len(rows),
        refusals={
            states: outcome.problems[0]
            for states, (_, outcome) in zip(known.refused, refused, strict=True)
            if outcome.problems
        },
        excluded=len(pairs) - len(possible) - len(two),
        faults=faults,
    )


def _faults(values: Values, outcome: Outcome) -> Iterator[str]:
    """Yield what is wrong with a row."""
    if outcome.error:
        yield outcome.error
    for problem in outcome.problems:
        yield f"refused, although no two of its states are: {problem} Find out which: {UPDATE}"
    if not outcome.stream:
        return
    objects = manifests.parse(outcome.stream)
    yield from validation.report(fields.problems(objects.values()))
    yield from map(str, invariants.findings(values, objects, "all-part"))
    yield from tidiness.untidy(outcome.stream)


def _read() -> Known:
    states = switches.states(catalog.service_chart())
    written = kubernetes_yaml.load(FILE.read_text(encoding="utf-8"), shown(FILE))
    chosen = {}
    for name, row in written["states"].items():
        case = row["case"]
        found = [one for one in states[name].values if one.case == case] if name in states else []
        if not found:
            raise UserError(f"{shown(FILE)}: no case {case!r} has the state {name} any more: {UPDATE}")
        chosen[name] = _chosen(states[name], case, tuple(row["needs"]))
    if missing := ", ".join(states.keys() - chosen.keys()):
        raise UserError(f"{shown(FILE)} has not these states: {missing}: {UPDATE}")
    return Known(chosen, [frozenset(one) for one in written["refused"]])


def _text(known: Known) -> str:
    rows = {name: {"case": one.case, "needs": list(one.needs)} for name, one in known.chosen.items()}
    refused = sorted(sorted(states) for states in known.refused)
    lines = [
        f"  {kubernetes_yaml.dump_flow(name)}: {kubernetes_yaml.dump_flow(row)}" for name, row in rows.items()
    ]
    return "\n".join(
        [
            f"{_HEAD}states:",
            *lines,
            "refused:",
            *(f"  - {kubernetes_yaml.dump_flow(one)}" for one in refused),
            "",
        ]
    )


def _search(folder: Path) -> Known:
    """Find out by the chart's checks which values each state can have, and which states exclude each other.

    Rows are made until none is refused. One that is refused is asked about again without each of its states.
    """
    asked = itertools.count()

    def refusals(values: Sequence[Values]) -> list[tuple[str, ...]]:
        outcomes = _rendered(folder / f"search-{next(asked)}", values, only_checks=True)
        return [outcome.problems or ((outcome.error,) if outcome.error else ()) for _, outcome in outcomes]

    states = switches.states(catalog.service_chart())
    options = [(name, _chosen(state, one.case, ())) for name, state in states.items() for one in state.values]
    problems = refusals([_image() | option.values for _, option in options])
    accepted = [option for option, problem in zip(options, problems, strict=True) if not problem]
    fullest = dict(reversed(accepted))
    known = Known({name: fullest.get(name) or _smallest(states[name], refusals) for name in states}, [])
    while found := _excluding(known, refusals):
        known.refused.extend(found)
    smallest = [one for one in known.refused if not any(other < one for other in known.refused)]
    return known._replace(refused=smallest)


def _smallest(state: State, refusals: Refusals) -> Chosen:
    """Return the fullest values of a state with as few other keys of their case as the chart accepts."""
    case = state.values[0].case
    needs = [key for key in _values_of(case) if key not in (state.key, *_image())]
    for key in list(needs):
        fewer = tuple(one for one in needs if one != key)
        if refusals([_image() | _chosen(state, case, fewer).values]) == [()]:
            needs.remove(key)
    return _chosen(state, case, tuple(needs))


def _excluding(known: Known, refusals: Refusals) -> set[frozenset[str]]:
    """Return combinations for which rows are refused, none if no row is; each needs all of its states.

    Only a few rows are asked about in detail at a time: others are often refused for the same.
    """
    rows = [[state for state in row.values() if state] for row in known.space().rows()]
    answers = refusals([known.values(row) for row in rows])
    refused = [(row, problems) for row, problems in zip(rows, answers, strict=True) if problems]
    found = set()
    for row, problems in refused[:_ROWS_AT_ONCE]:
        without = refusals([known.values(one for one in row if one != state) for state in row])
        for problem in problems:
            states = [state for state, left in zip(row, without, strict=True) if problem not in left]
            found.add(frozenset(states or row))
    return found


def _chosen(state: State, case: str, needs: tuple[str, ...]) -> Chosen:
    value = next(one.value for one in state.values if one.case == case)
    return Chosen(state.key, case, needs, value, {key: _values_of(case)[key] for key in needs})


def _values_of(case: str) -> Values:
    return read_values(catalog.find_case(f"{catalog.service_chart().name}/{case}").values[0]) if case else {}


def _image() -> Values:
    return _values_of("defaults")


def _rendered(
    folder: Path, values: Sequence[Values], only_checks: bool = False
) -> list[tuple[Values, Outcome]]:
    """Return values with their outcomes, each as the release all-part."""
    parts = [values[start : start + _BATCH] for start in range(0, len(values), _BATCH)]
    at_once = max(1, min(cpus.available(), len(parts)))
    chart = catalog.service_chart()
    batches = [Batch(chart.path, folder / str(number), only_checks) for number in range(at_once)]

    def one(number: int) -> dict[int, list[Outcome]]:
        return {part: _outcomes(batches[number], parts[part]) for part in range(number, len(parts), at_once)}

    with ThreadPoolExecutor(at_once) as pool:
        found = {part: outcomes for done in pool.map(one, range(at_once)) for part, outcomes in done.items()}
    outcomes = itertools.chain.from_iterable(found[part] for part in range(len(parts)))
    return list(zip(values, outcomes, strict=True))


def _outcomes(batch: Batch, values: Sequence[Values]) -> list[Outcome]:
    named = {f"part{number}": one for number, one in enumerate(values)}
    return [_renamed(outcome, name) for name, outcome in batch.render(named, helm.ENGINES[-1]).items()]


def _renamed(outcome: Outcome, name: str) -> Outcome:
    """Return the outcome of a part as it is for one that is named part."""
    stream, *problems = (re.sub(rf"\b{name}\b", "part", text) for text in (outcome.stream, *outcome.problems))
    return outcome._replace(stream=stream, problems=tuple(problems))


def _named(row: Row) -> str:
    return ", ".join(sorted(state for state in row.values() if state))
