"""The charts of this repository and their cases: values files with which all tests and checks render them."""

from __future__ import annotations

import difflib
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ci.base import kubernetes_yaml
from ci.base.errors import UserError
from ci.base.repository import root, shown

# The service of values/, over whose values file the environments' are laid.
SERVICE = "api"


@dataclass(frozen=True)
class Chart:
    """A chart; ``path`` is its folder."""

    name: str
    path: Path


@dataclass(frozen=True)
class Case:
    """A chart, its values files (later ones override earlier ones), and the release to render them as."""

    chart: Chart
    name: str
    values: tuple[Path, ...]
    release: str
    namespace: str = "default"

    def __str__(self) -> str:
        return f"{self.chart.name}/{self.name}"


def charts() -> list[Chart]:
    """Return the charts, which are the folders of charts/ that have a Chart.yaml, sorted by name."""
    return [Chart(file.parent.name, file.parent) for file in sorted(root().glob("charts/*/Chart.yaml"))]


def cases() -> list[Case]:
    """Return every case: a chart's ci/*-values.yaml (as in chart-testing), and what a user keeps in values/.

    There values/<chart>/*.yaml are a chart's, and values/*.yaml are microservice's. A name that is in
    values/namespace too is an environment: its file is laid over the service's, which is released in the
    namespace of that name. Raise UserError where two values files make one case, or there is no case at all.
    """
    found: dict[str, Case] = {}
    for case in _cases():
        if other := found.get(str(case)):
            one, two = shown(other.values[-1]), shown(case.values[-1])
            raise UserError(f"{one} and {two} both make a case {case.name!r}; rename one of them")
        found[str(case)] = case
    if not found:
        raise UserError(f"no case in {root()}: neither charts/*/ci/*-values.yaml nor values/*.yaml is there")
    return list(found.values())


def _cases() -> Iterator[Case]:
    for chart in charts():
        for file in sorted(chart.path.glob("ci/*-values.yaml")):
            name = file.stem.removesuffix("-values")
            yield Case(chart, name, (file,), release=name)
        for file in sorted(root().glob(f"values/{chart.name}/*.yaml")):
            yield Case(chart, file.stem, (file,), release=file.stem)
    microservice = Chart("microservice", root() / "charts" / "microservice")
    service = root() / "values" / f"{SERVICE}.yaml"
    for file in sorted(root().glob("values/*.yaml")):
        if (root() / "values" / "namespace" / file.name).exists():
            yield Case(microservice, file.stem, (service, file), release=SERVICE, namespace=file.stem)
        else:
            yield Case(microservice, file.stem, (file,), release=file.stem)


def find_case(name: str) -> Case:
    """Return the case called ``case`` or ``chart/case``.

    Raises UserError if there is none, with similar names and all names, and if several charts have one.
    """
    known = cases()
    matching = [case for case in known if name in (case.name, str(case))]
    if len(matching) == 1:
        return matching[0]
    if matching:
        raise UserError(f"several cases are named {name}; write {' or '.join(map(str, matching))}")
    names = list(dict.fromkeys(case.name for case in known))
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
    """Return the prefix of the names of the case's objects: fullnameOverride, else the release's name."""
    overrides = [read_values(file).get("fullnameOverride") for file in reversed(case.values)]
    return str(next(filter(None, overrides), release or case.release))
