"""The charts of this repository and their cases: values files with which all tests and checks render them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ci.base.errors import UserError
from ci.base.repository import root, shown
from ci.base.suggestions import did_you_mean
from ci.charts import environments
from ci.charts.values_file import read_values

# Of a release: Helm allows 53 characters, and a Service's name begins with a letter.
RELEASE_NAME = re.compile(r"[a-z]([-a-z0-9]{0,51}[a-z0-9])?")


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


def service_chart() -> Chart:
    """Return the chart of every service."""
    return Chart("microservice", root() / "charts" / "microservice")


def cases() -> list[Case]:
    """Return every case: of charts/*/ci/*-values.yaml (as in chart-testing), and of values/.

    A file values/<chart>/*.yaml is a case of that chart. Each service is a case by itself (api), and one in
    each environment (api/staging). Hidden files, as editors leave them, are none. Raise UserError if two
    values files have the same case name, if there is no case, and for what ``environments`` refuses.
    """
    found: dict[str, Case] = {}
    for case in _cases():
        if other := found.get(str(case)):
            one, two = shown(other.values[-1]), shown(case.values[-1])
            raise UserError(f"{one} and {two} are both the case {case.name!r}; rename one of them")
        found[str(case)] = case
    if not found:
        raise UserError(f"no case in {root()}: there is neither charts/*/ci/*-values.yaml nor values/*.yaml")
    return list(found.values())


def _cases() -> Iterator[Case]:
    for chart in charts():
        for file in sorted(chart.path.glob("ci/[!.]*-values.yaml")):
            name = file.stem.removesuffix("-values")
            yield Case(chart, name, (file,), release=name)
        for file in sorted(root().glob(f"values/{chart.name}/[!.]*.yaml")):
            yield Case(chart, file.stem, (file,), release=file.stem)
    microservice = service_chart()
    for service, file in environments.services().items():
        yield Case(microservice, service, (file,), release=service)
        for environment in environments.environments().values():
            values = environments.values_of(service, environment)
            name = f"{service}/{environment.name}"
            yield Case(microservice, name, values, release=service, namespace=environment.namespace)


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
    hint = did_you_mean(name.removeprefix("microservice/"), names) or "."
    raise UserError(f"there is no case {name!r}{hint} The cases are {', '.join(names)}")


def fullname(case: Case, release: str | None = None) -> str:
    """Return the prefix of the names of the case's objects: fullnameOverride, else the release's name."""
    overrides = [read_values(file).get("fullnameOverride") for file in reversed(case.values)]
    return str(next(filter(None, overrides), release or case.release))
