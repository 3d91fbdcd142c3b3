"""The charts of this repository and their cases: a case is a values file, rendered and checked everywhere."""

from __future__ import annotations

import difflib
import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ci import kubernetes_yaml
from ci.errors import UserError

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Chart:
    """A chart; ``path`` is its folder."""

    name: str
    path: Path


@dataclass(frozen=True)
class Case:
    """A chart and the values files to render it with; the release has the case's name."""

    chart: Chart
    name: str
    values: tuple[Path, ...]

    def __str__(self) -> str:
        return f"{self.chart.name}/{self.name}"


def charts() -> list[Chart]:
    """Return every folder of charts/ that has a Chart.yaml, by name."""
    return [Chart(file.parent.name, file.parent) for file in sorted(ROOT.glob("charts/*/Chart.yaml"))]


def cases() -> list[Case]:
    """Return every case: a chart's ci/*-values.yaml (as in chart-testing), and microservice's values/*.yaml.

    Raise UserError where two values files give one name, or there is no case at all.
    """
    microservice = Chart("microservice", ROOT / "charts" / "microservice")
    files = [(chart, file) for chart in charts() for file in sorted(chart.path.glob("ci/*-values.yaml"))]
    files += [(microservice, file) for file in sorted(ROOT.glob("values/*.yaml"))]
    found: dict[str, Case] = {}
    for chart, file in files:
        case = Case(chart, file.stem.removesuffix("-values"), (file,))
        if case.name in found:
            other = shown(found[case.name].values[0])
            raise UserError(f"{other} and {shown(file)} both make a case {case.name!r}; rename one of them")
        found[case.name] = case
    if not found:
        raise UserError(f"no case in {ROOT}: neither charts/*/ci/*-values.yaml nor values/*.yaml is there")
    return list(found.values())


def find_case(name: str) -> Case:
    """Return the case called ``case`` or ``chart/case``; raise UserError with near misses and all names."""
    known = cases()
    for case in known:
        if name in (case.name, str(case)):
            return case
    names = [case.name for case in known]
    near = difflib.get_close_matches(name.rpartition("/")[2], names)
    hint = f"; did you mean {' or '.join(near)}?" if near else "."
    raise UserError(f"there is no case {name!r}{hint} The cases are {', '.join(names)}")


@functools.cache
def read_values(file: Path) -> dict[str, Any]:
    """Return what a values file says, read as Helm reads it; nobody may change what is returned.

    Raise UserError where Helm would refuse the file, and where it would drop a part without a word: a key
    written twice, a second document.
    """
    name = shown(file)
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UserError(f"{name}: there is no such values file") from None
    except UnicodeDecodeError as error:
        raise UserError(f"{name}: byte {error.start + 1} is not UTF-8; a values file is YAML text") from None
    except OSError as error:
        raise UserError(f"{name}: cannot be read: {error.strerror}; a values file is YAML text") from None
    values = kubernetes_yaml.load(text, name)
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise UserError(
            f"{name}, line 1, column 1: no mapping; a values file gives a chart's keys: `replicaCount: 2`"
        )
    return values


def fullname(case: Case, release: str | None = None) -> str:
    """Return what the names of the case's objects begin with: fullnameOverride, else the release's name."""
    overrides = [read_values(file).get("fullnameOverride") for file in reversed(case.values)]
    return str(next(filter(None, overrides), release or case.name))


def shown(path: Path) -> str:
    """Return a path for people: from the repository's root where it lies below it."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)
