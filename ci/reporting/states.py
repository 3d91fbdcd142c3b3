"""What is released by itself, a service in an environment or its namespace, and what each renders to."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from ci.base import cpus
from ci.base.errors import UserError
from ci.charts import environments, helm, overlays
from ci.charts.catalog import Case
from ci.charts.overlays import Overlays
from ci.checks import values_files
from ci.kubernetes import manifests
from ci.kubernetes.manifests import Key, Object
from ci.values.document import Fault

# In place of a service's name, which no service can have.
NAMESPACE = "namespace"


class Part(NamedTuple):
    """A service in an environment, or with NAMESPACE as its name the environment's namespace."""

    service: str
    environment: str


@dataclass(frozen=True)
class State:
    """What a part renders to, and what lint finds in it; ``error`` says why it renders to nothing."""

    case: Case
    objects: Mapping[Key, Object] = field(default_factory=dict)
    faults: Sequence[Fault] = ()
    error: str = ""


def parts() -> dict[Part, Overlays]:
    """Return the parts of this repository with their files, services first; UserError for wrong files."""
    known = environments.environments().values()
    found = {
        Part(service, environment.name): overlays.of_service(service, environment)
        for service in environments.services()
        for environment in known
    }
    namespaces = {Part(NAMESPACE, one.name): overlays.of_namespace(one) for one in known}
    return found | {part: files for part, files in namespaces.items() if files}


def states(wanted: Mapping[Part, Overlays]) -> dict[Part, State]:
    """Return the state of each part; each is rendered once."""
    with ThreadPoolExecutor(max_workers=cpus.available()) as pool:
        return dict(zip(wanted, pool.map(_state, wanted.values()), strict=True))


def earlier_states(wanted: Mapping[Part, Overlays], now: Mapping[Part, State]) -> dict[Part, State]:
    """Return the state of each part of another commit, without faults.

    One whose files are those of now is not rendered again.
    """
    cases = {part: files.case for part, files in wanted.items() if files.case}
    # A chart is read once, however many parts it has.
    chart = functools.cache(_digest)
    same = {
        part: now[part]
        for part, case in cases.items()
        if part in now and _inputs(case, chart) == _inputs(now[part].case, chart)
    }
    others = {part: case for part, case in cases.items() if part not in same}
    with ThreadPoolExecutor(max_workers=cpus.available()) as pool:
        return same | dict(zip(others, pool.map(_rendered, others.values()), strict=True))


def _state(files: Overlays) -> State:
    case = files.case
    if case is None:
        raise ValueError(f"{files} is no service")
    faults = values_files.of_each_file(files)
    if faults:
        return State(case, faults=faults, error="its values files are wrong")
    try:
        rendered = helm.dry_run(case)
    except helm.HelmError as error:
        return State(case, faults=values_files.of_refusal(files, error), error="the chart refuses its values")
    faults = list(values_files.of_render(files, case, rendered))
    try:
        return State(case, manifests.parse(rendered.manifests), faults)
    except UserError:
        return State(case, faults=faults, error="it renders to what is no set of objects")


def _rendered(case: Case) -> State:
    try:
        return State(case, manifests.parse(helm.dry_run(case).manifests))
    except UserError:
        return State(case, error="it does not render")


def _inputs(case: Case, chart: Callable[[Path], str]) -> tuple[str | bytes, ...]:
    """Return all that a case is rendered from, with a digest of its chart."""
    values = (file.read_bytes() for file in case.values)
    return case.release, case.namespace, chart(case.chart.path), *values


def _digest(folder: Path) -> str:
    """Return a digest of the files in a folder."""
    digest = hashlib.sha256()
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            digest.update(f"{file.relative_to(folder)}\0{file.stat().st_size}\0".encode() + file.read_bytes())
    return digest.hexdigest()
