"""The changes that no test notices and that are accepted, each with its reason."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from ci.base import kubernetes_yaml
from ci.mutation.operators import Mutant

FILE = Path(__file__).parent / "survivors.yaml"


class Key(NamedTuple):
    """What identifies a change while other lines of its file move."""

    file: str
    definition: str
    change: str


def key(chart: str, mutant: Mutant) -> Key:
    """Return the key of a change in a chart; its file is below charts/."""
    return Key(f"{chart}/{mutant.file}", mutant.definition, mutant.change)


def read() -> dict[Key, str]:
    """Return the reasons in ``FILE``, whose leading comment describes its form."""
    rows = kubernetes_yaml.load(FILE.read_text(encoding="utf-8"), FILE.name) or []
    return {
        Key(row["file"], row["definition"], change): row["reason"]
        for row in rows
        for change in row["changes"]
    }


def stale(mutants: Iterable[Key]) -> list[Key]:
    """Return what the list has and the templates have not, given all changes that can be made to them."""
    return sorted(read().keys() - set(mutants))
