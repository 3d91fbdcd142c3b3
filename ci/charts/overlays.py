"""The values files that a user names, from any folder: their chart, and what each is laid over."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from ci.base.errors import UserError
from ci.base.files import write_whole
from ci.base.locations import InstancePath
from ci.base.repository import root, shown
from ci.charts import catalog, environments
from ci.charts.catalog import Case
from ci.charts.environments import Environment

STANDARD_INPUT = "-"
_SUFFIXES = (".yaml", ".yml", ".json")
_UNNAMED = "service"


class File(NamedTuple):
    """A values file: what Helm reads, where that is written, and what the user calls it.

    An environment's values are written below ``within`` in an environments.yaml.
    """

    path: Path
    written: Path
    name: str
    within: InstancePath = ()


@dataclass(frozen=True)
class Overlays:
    """A case made of a user's files, the lowest first; one without ``case`` is an environments.yaml."""

    files: tuple[File, ...]
    case: Case | None

    def __str__(self) -> str:
        return " + ".join(dict.fromkeys(file.name for file in self.files))


def is_file(word: str) -> bool:
    """Return whether a word of a command line means values files rather than the name of a case."""
    return word == STANDARD_INPUT or "," in word or word.endswith(_SUFFIXES) or Path(word).is_file()


def read(word: str, folder: Path) -> Overlays:
    """Return the overlays that a word of a command line names; what is no plain file is copied to ``folder``.

    The word is a file, "-" for standard input, or several of them with commas between, each laid over those
    before it, as with helm --values. A single file in a folder <service> beside <service>.yaml is laid over
    that and over what environments.yaml beside it has for its environment, as in values/
    (docs/values-repository.md). A folder named like another chart holds values of that chart. Raises
    UserError for a file that cannot be read.
    """
    several = "," in word and not Path(word).exists()
    named = [_file(part, folder) for part in (word.split(",") if several else [word])]
    if len(named) == 1 and named[0].written.name == environments.file().name:
        return Overlays((named[0],), None)
    below, namespace = ([], "default") if several else _below(named[0])
    files = [*below, *named]
    last = files[-1].written.resolve()
    chart = catalog.service_chart()
    for other in catalog.charts():
        if last.parent.name == other.name or last.is_relative_to(other.path):
            chart = other
    case = Case(
        chart, word, tuple(file.path for file in files), _release(Path(files[0].name).absolute()), namespace
    )
    return Overlays(tuple(files), case)


def of_service(service: str, environment: Environment) -> Overlays:
    """Return what a deploy of a service of values/ to an environment is made of."""
    files = environments.values_of(service, environment)
    name = f"{service}/{environment.name}"
    case = Case(catalog.service_chart(), name, files, service, environment.namespace)
    return Overlays(tuple(_of_repository(file, environment) for file in files), case)


def of_namespace(environment: Environment) -> Overlays | None:
    """Return what the namespace of an environment is made of, None where values/ says nothing of it."""
    file = root() / "values" / "namespace" / f"{environment.name}.yaml"
    chart = next((chart for chart in catalog.charts() if chart.name == "namespace"), None)
    if not file.exists() or chart is None:
        return None
    case = Case(chart, environment.name, (file,), environment.namespace)
    return Overlays((_of_repository(file, environment),), case)


def _of_repository(file: Path, environment: Environment) -> File:
    if file == environment.values:
        listed = environments.file()
        return File(file, listed, shown(listed), (environment.name, "values"))
    return File(file, file, shown(file))


def _file(word: str, folder: Path) -> File:
    if word == STANDARD_INPUT:
        return _copied(sys.stdin.buffer.read(), folder, "standard input")
    path = Path(word)
    if path.is_dir():
        raise UserError(f"{word}: is a folder; name the files in it, such as {path}/*.yaml")
    if path.exists() and not path.is_file():
        # A pipe can be read only once.
        return _copied(path.read_bytes(), folder, word)
    return File(path.absolute(), path.absolute(), word)


def _copied(content: bytes, folder: Path, name: str) -> File:
    path = folder / f"{len(list(folder.iterdir()))}.yaml"
    write_whole(path, content)
    return File(path, path, name)


def _below(top: File) -> tuple[list[File], str]:
    """Return what a file is laid over: the service's own file, its environment's values; and a namespace."""
    home = top.written.parent
    services = (home.with_suffix(suffix) for suffix in _SUFFIXES if home.name)
    service = next((file for file in services if file.is_file()), None)
    if service is None:
        return [], "default"
    relative = not Path(top.name).is_absolute()
    list_ = home.with_name(environments.file().name)
    names = [os.path.relpath(path) if relative else str(path) for path in (service, list_)]
    found = [File(service, service, names[0])]
    environment = environments.environments(list_).get(top.written.stem)
    if environment and environment.values:
        found.append(File(environment.values, list_, names[1], (environment.name, "values")))
    return found, environment.namespace if environment else "default"


def _release(file: Path) -> str:
    """Return the name of a file's service: its own, or for values.yaml that of its folder."""
    name = file.parent.name if file.stem == "values" else file.stem
    return name if catalog.RELEASE_NAME.fullmatch(name) else _UNNAMED
