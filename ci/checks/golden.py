"""Golden files: the accepted render of each case in tests/golden, compared object by object."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal, NamedTuple

from ci.base import repository
from ci.base.errors import UserError
from ci.base.files import write_whole
from ci.charts import catalog
from ci.charts.catalog import Case
from ci.kubernetes import manifests
from ci.kubernetes.differences import Difference, compare, describe
from ci.kubernetes.manifests import Key, Object
from ci.kubernetes.masking import masked

ACCEPT = "invoke golden --update"


class Change(NamedTuple):
    """What ``update`` did to one golden file; ``differences`` are empty if it was added or removed."""

    path: Path
    what: Literal["added", "changed", "removed"]
    differences: list[Difference]


def folder() -> Path:
    """Return the folder of the golden files."""
    return repository.root() / "tests" / "golden"


def path_of(case: Case) -> Path:
    """Return the path of a case's golden file."""
    return folder() / case.chart.name / f"{case.name}.yaml"


def check(case: Case, rendered: str) -> list[Difference]:
    """Return how a rendered stream differs from the case's golden file, both masked.

    Raises UserError if the golden file is missing or unreadable.
    """
    golden = _read(path_of(case))
    if golden is None:
        raise UserError(f"{case}: there is no {repository.shown(path_of(case))} yet; write it with: {ACCEPT}")
    return compare(golden, masked(manifests.parse(rendered)))


def update(rendered: Mapping[Case, str]) -> list[Change]:
    """Accept the rendered streams: rewrite golden files that differ, add missing ones, remove orphans.

    Returns what was done; a file without differences is not written.
    """
    changes = []
    for case, stream in rendered.items():
        path, objects = path_of(case), masked(manifests.parse(stream))
        golden = _read(path)
        differences = [] if golden is None else compare(golden, objects)
        if golden is None or differences:
            write_whole(path, manifests.dump(objects))
            changes.append(Change(path, "added" if golden is None else "changed", differences))
    for path in orphans():
        path.unlink()
        changes.append(Change(path, "removed", []))
    return changes


def orphans() -> list[Path]:
    """Return the files in tests/golden that belong to no case."""
    expected = {path_of(case) for case in catalog.cases()}
    return sorted(path for path in folder().rglob("*") if path.is_file() and path not in expected)


def report(case: Case, differences: Iterable[Difference]) -> str:
    """Return the report of a case's differences: object, path, old and new value, and how to accept them."""
    lines = [f"{case} differs from {repository.shown(path_of(case))}:"]
    for key, group in itertools.groupby(differences, key=lambda difference: difference.key):
        lines.append(f"  {key}")
        lines += [f"    {line}" for difference in group for line in describe(difference)]
    return "\n".join([*lines, f"If this is meant, accept it with: {ACCEPT}"])


def _read(path: Path) -> dict[Key, Object] | None:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    try:
        return manifests.parse(text)
    except UserError as error:
        raise UserError(
            f"{repository.shown(path)} is not a golden file ({error}); remove it, then run: {ACCEPT}"
        ) from None
