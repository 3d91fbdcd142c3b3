"""The services and environments of values/: which files configure a service, and where an environment is."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema_rs

from ci.base.errors import UserError
from ci.base.files import write_whole
from ci.base.locations import instance_path, path_text
from ci.base.programs import cache_folder
from ci.base.repository import root, shown
from ci.base.suggestions import did_you_mean
from ci.charts.values_file import read_values

# The context of an environment that is the cluster of `invoke up`, which is in nobody's kubeconfig.
OWN_CLUSTER = "invoke-up"
# Of environments.yaml, and of x-build in values/<service>.yaml: what `invoke image` builds.
SCHEMA = Path(__file__).with_name("environments.schema.json")
BUILD_SCHEMA = Path(__file__).with_name("build.schema.json")


@dataclass(frozen=True)
class Environment:
    """An entry of values/environments.yaml.

    ``context`` is the kubeconfig context of its cluster, or OWN_CLUSTER. ``values`` holds the values of every
    service there, None where there are none.
    """

    name: str
    context: str
    namespace: str
    protected: bool
    values: Path | None


def file() -> Path:
    """Return the path of environments.yaml, which need not exist."""
    return root() / "values" / "environments.yaml"


def environments(path: Path | None = None) -> dict[str, Environment]:
    """Return the environments of a file, by default ``file()``, by name in its order; none without a file.

    Raise UserError for what environments.schema.json refuses.
    """
    path = path or file()
    if not path.exists():
        return {}
    written = read_values(path)
    for error in _validator().iter_errors(written):
        place = path_text(instance_path(error, written))
        raise UserError(f"{shown(path)}: {place}: {error.message}")
    return {
        name: Environment(
            name,
            context=entry["context"],
            namespace=entry.get("namespace", name),
            protected=entry.get("protected", False),
            values=_values_file(name, entry["values"]) if entry.get("values") else None,
        )
        for name, entry in written.items()
    }


def environment(name: str) -> Environment:
    """Return the environment of that name; UserError, with a near miss, where there is none."""
    known = environments()
    if name not in known:
        raise UserError(_unknown("environment", name, known, f"add it to {shown(file())}"))
    return known[name]


def services() -> dict[str, Path]:
    """Return the values file of each service by the service's name: values/<service>.yaml.

    Raise UserError for a file named like an environment or a chart, for a folder without a service, and for a
    service's file of an environment that does not exist.
    """
    found, charts = unchecked(), _charts()
    for name, path in found.items():
        _require_a_place(name, path, charts)
    for path in sorted((root() / "values").glob("*/[!.]*.yaml")):
        if path.parent.name not in found and path.parent.name not in charts:
            raise UserError(f"{shown(path)}: there is no service values/{path.parent.name}.yaml")
    return found


def unchecked() -> dict[str, Path]:
    """Return the same as ``services``, whatever other files are in a wrong place."""
    return {path.stem: path for path in sorted((root() / "values").glob("[!.]*.yaml")) if path != file()}


def find_service(name: str = "") -> str:
    """Return the name of a service, "" standing for the only one there is.

    Raise UserError where there is no such service, or several and none is named, and for a file of this
    service in a wrong place. A mistake in another service's files keeps nobody from this one.
    """
    known = unchecked()
    if not name and len(known) != 1:
        raise UserError(f"which service? Add --service: {', '.join(known) or 'values/ has none yet'}")
    name = name or next(iter(known))
    if name not in known:
        raise UserError(_unknown("service", name, known, f"write values/{name}.yaml"))
    _require_a_place(name, known[name], _charts())
    return name


def values_of(service: str, environment: Environment) -> tuple[Path, ...]:
    """Return the values files of a service in an environment, each laid over the ones before it."""
    own = root() / "values" / service / f"{environment.name}.yaml"
    shared = (environment.values,) if environment.values else ()
    return (root() / "values" / f"{service}.yaml", *shared, *((own,) if own.exists() else ()))


def _charts() -> set[str]:
    return {path.parent.name for path in root().glob("charts/*/Chart.yaml")}


def _require_a_place(name: str, path: Path, charts: Collection[str]) -> None:
    """Raise UserError for a service's file that is in the wrong place, or has a name that is taken."""
    known = environments()
    if name in known:
        raise UserError(
            f"{shown(path)}: {name} is an environment; what a service needs there belongs in "
            f"values/<service>/{name}.yaml, and what every service needs in {shown(file())}"
        )
    if name in charts:
        raise UserError(f"{shown(path)}: {name} is the name of a chart; give the service another one")
    for own in sorted(path.with_suffix("").glob("[!.]*.yaml")):
        if own.stem not in known:
            remedy = f"add it to {shown(file())}, or rename the file"
            raise UserError(f"{shown(own)}: {_unknown('environment', own.stem, known, remedy)}")


def _unknown(what: str, name: str, known: Collection[str], remedy: str) -> str:
    there = ", ".join(known) or "none"
    return f"there is no {what} {name!r}{did_you_mean(name, known) or f': {remedy}'} (known: {there})"


def _values_file(name: str, values: dict[str, Any]) -> Path:
    """Keep an environment's values in a file of their own, as Helm takes values: whole, by their content."""
    text = json.dumps(values)
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    path = cache_folder() / "values" / digest / f"{name} of environments.yaml"
    if not path.exists():
        path.parent.mkdir(parents=True, mode=0o700, exist_ok=True)
        write_whole(path, text)
    return path


@functools.cache
def _validator() -> jsonschema_rs.Draft7Validator:
    return jsonschema_rs.Draft7Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
