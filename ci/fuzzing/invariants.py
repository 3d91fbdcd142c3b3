"""The invariants: what must hold for a render of any values that the chart's schema accepts."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ci.base.errors import UserError
from ci.charts.batch import Outcome
from ci.checks import naming, references, tidiness
from ci.checks.findings import Finding
from ci.fuzzing.placeholders import restored
from ci.kubernetes import differences, fields, manifests, validation
from ci.kubernetes.manifests import Key, Object
from ci.kubernetes.workloads import dig

Values = dict[str, Any]

# The object that has the entries of a key: its kind, and the suffix of its name.
_SETTINGS = {
    ("config", "data"): ("ConfigMap", "config"),
    ("config", "files"): ("ConfigMap", "files"),
    ("secret", "data"): ("Secret", "secrets"),
    ("secret", "files"): ("Secret", "secret-files"),
}


class Trial(NamedTuple):
    """Values of a ``chart``, and their outcomes as the part ``name`` of a batch.

    ``written`` are the values as in a file, ``values`` these merged into the chart's defaults. ``outcomes``
    are those of each Helm, ``plain`` is that of the last one with placeholders for ``texts``.
    """

    chart: str
    name: str
    written: Values
    values: Values
    outcomes: Mapping[int, Outcome]
    plain: Outcome
    texts: dict[str, str]


def faults(trial: Trial) -> list[str]:
    """Return a sentence for each invariant that does not hold.

    The values render, or are refused with a message that names one of their keys; both Helms render the same;
    every object is valid on each Kubernetes version that knows its fields; references lead to existing
    objects; the values arrive unchanged in the objects; and a string changes nothing but itself.
    """
    engine, outcome = list(trial.outcomes.items())[-1]
    errors = [f"Helm {number}: {one.error}" for number, one in trial.outcomes.items() if one.error]
    if errors:
        return errors
    found = [
        f"Helm {number} and Helm {engine} render different manifests"
        for number, other in trial.outcomes.items()
        if _lines(other) != _lines(outcome)
    ]
    if outcome.problems:
        return [
            *found,
            *(problem for problem in outcome.problems if not _names_a_key(problem, trial.written)),
        ]
    try:
        objects = manifests.parse(outcome.stream)
    except UserError as error:
        return [*found, str(error)]
    fullname = trial.values.get("fullnameOverride") or f"all-{trial.name}"
    found += validation.report(fields.problems(objects.values()))
    found += map(str, findings(trial.values, objects, fullname))
    found += tidiness.untidy(outcome.stream)
    if trial.chart == "microservice":
        found += [
            f"{key}: {written!r} is rendered as {made!r}"
            for key, written, made in _arrivals(_pruned(trial.values), _unversioned(objects), fullname)
            if (written or None) != (made or None)
        ]
    return [*found, *_changed(trial, objects)]


def findings(values: Values, objects: Mapping[Key, Object], fullname: str) -> list[Finding]:
    """Return what is wrong with the references and names of objects that values render to."""
    found = [*references.findings(objects, fullname), *naming.findings(objects)]
    # With a spec of one's own, a policy may deny all ingress on purpose.
    closed = bool(dig(values, "networkPolicy", "spec"))
    return [one for one in found if not (closed and "no NetworkPolicy" in one.message)]


def _lines(outcome: Outcome) -> tuple[list[str], tuple[str, ...]]:
    # Sorted, since Helm 3 and Helm 4 order keys with digits differently.
    return sorted(outcome.stream.splitlines()), outcome.problems


def _names_a_key(problem: str, written: Values) -> bool:
    # The image is required, so a message may name it although no value does.
    keys = [*written, "image"]
    return any(re.search(rf"(?<![\w.-]){re.escape(key)}(?![\w-])", problem) for key in keys)


def _arrivals(
    values: Values, objects: Mapping[Key, Object], fullname: str
) -> Iterator[tuple[str, object, object]]:
    """Yield keys, each with the value and what the objects have of it."""
    named = {(key.kind, key.name): made for key, made in objects.items()}
    for (block, field), (kind, suffix) in _SETTINGS.items():
        made = dig(named.get((kind, f"{fullname}-{suffix}")), "data") or {}
        if kind == "Secret":
            made = {name: _decoded(text) for name, text in made.items()}
        binary = dig(named.get((kind, f"{fullname}-{suffix}")), "binaryData") or {}
        made |= {name: _decoded(text) for name, text in binary.items()}
        written = _texts(values[block].get(field, {}))
        if field == "files":
            written |= {name: _decoded(text) for name, text in values[block].get("binaryFiles", {}).items()}
        yield f"{block}.{field}", written, made
    workload = named[values.get("kind", "Deployment"), fullname]
    pod = dig(workload, "spec", "template", "spec")
    main, *extra = pod["containers"]
    variables = [(entry["name"], entry.get("value", entry.get("valueFrom"))) for entry in main.get("env", [])]
    yield "env", sorted(_texts(values.get("env", {})).items()), sorted(variables)
    yield "command", values.get("command"), main.get("command")
    yield "args", values.get("args"), main.get("args")
    for key, made in (("initContainers", pod.get("initContainers", [])), ("extraContainers", extra)):
        written = values.get(key, [])
        changed = [_changed_fields(key, container, values) for container in written]
        yield key, _without(changed, written), _without(changed, made)
    for key, whole in (
        ("podSpec", pod),
        ("containerSpec", main),
        ("podAnnotations", dig(workload, "spec", "template", "metadata", "annotations")),
        ("deploymentAnnotations", dig(workload, "metadata", "annotations")),
    ):
        written = values.get(key, {})
        yield key, written, {name: (whole or {}).get(name) for name in written}
    for name, worker in values.get("workers", {}).items():
        if worker.get("enabled", True):
            pod = dig(named["Deployment", f"{fullname}-{name}"], "spec", "template", "spec")
            main, *extra = pod["containers"]
            for key in ("command", "args"):
                yield f"workers.{name}.{key}", worker.get(key), main.get(key)
            yield f"workers.{name}.extraContainers", len(worker.get("extraContainers", [])), len(extra)


def _changed(trial: Trial, objects: Mapping[Key, Object]) -> Iterator[str]:
    """Find differences from the render with placeholders, beside the strings themselves."""
    if trial.plain.problems or trial.plain.error:
        yield f"with placeholders: {trial.plain.error or '; '.join(trial.plain.problems)}"
        return
    expected = {
        key: restored(_comparable(made), trial.texts)
        for key, made in _unversioned(manifests.parse(trial.plain.stream)).items()
    }
    actual = {key: _comparable(made) for key, made in _unversioned(objects).items()}
    for key, path, old, new in differences.compare(expected, actual):
        yield f"{key}: {path}: {new!r}, but {old!r} with placeholders"


def _unversioned(objects: Mapping[Key, Object]) -> dict[Key, Object]:
    """Return objects without the hash in the names, and in references, of versioned and fetched settings."""
    hashed = [
        key.name for key, made in objects.items() if dig(made, "metadata", "labels", "microservice/versioned")
    ]
    targets = {
        key.name: dig(made, "spec", "target", "name") or ""
        for key, made in objects.items()
        if key.kind == "ExternalSecret"
    }
    hashed += [target for name, target in targets.items() if target.startswith(f"{name}-")]
    names = {name: name.rpartition("-")[0] for name in hashed}

    def renamed(node: Any) -> Any:
        if isinstance(node, dict):
            return {key: renamed(value) for key, value in node.items()}
        if isinstance(node, list):
            return [renamed(item) for item in node]
        return names.get(node, node) if isinstance(node, str) else node

    return {key._replace(name=names.get(key.name, key.name)): renamed(made) for key, made in objects.items()}


def _comparable(node: Any) -> Any:
    """Return an object without what depends on strings: base64, checksums, the order of variables."""
    if isinstance(node, list):
        return [_comparable(item) for item in node]
    if not isinstance(node, dict):
        return node
    if node.get("kind") == "Secret":
        node = {**node, "data": {name: _decoded(text) for name, text in node.get("data", {}).items()}}
    if isinstance(node.get("env"), list):
        node = {**node, "env": sorted(node["env"], key=lambda variable: str(variable["name"]))}
    return {key: _comparable(value) for key, value in node.items() if not key.startswith("checksum/")}


def _texts(entries: Values) -> Values:
    return {name: str(value) if isinstance(value, int) else value for name, value in entries.items()}


def _changed_fields(key: str, container: Values, values: Values) -> set[str]:
    """Return the fields of an init or extra container that the chart does not render as written."""
    changed = {"securityContext", "inheritEnv"}
    if key == "extraContainers" and not dig(container, "lifecycle", "preStop"):
        # It stops as late as the main container does.
        changed.add("lifecycle")
    if container.get("inheritEnv"):
        changed |= {"env", "envFrom"}
    return changed | {"image"} if values.get("global", {}).get("imageRegistry") else changed


def _without(fields_of: list[set[str]], containers: list[Values]) -> list[Values]:
    # One more container than was written is compared with all its fields.
    fields_of = [*fields_of, *(set() for _ in containers[len(fields_of) :])]
    return [
        {key: value for key, value in each.items() if key not in left}
        for each, left in zip(containers, fields_of, strict=False)
    ]


def _decoded(text: str) -> str:
    return base64.b64decode(text).decode(errors="surrogateescape")


def _pruned(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: _pruned(value) for key, value in node.items() if value is not None}
    return [_pruned(item) for item in node] if isinstance(node, list) else node
