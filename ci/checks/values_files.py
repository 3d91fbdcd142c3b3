"""Checks the values files of a service, from any folder: all that lint and build find in a case."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from ci.base.errors import UserError
from ci.base.kubernetes_yaml import Malformed
from ci.base.locations import path_text, walk
from ci.base.repository import shown
from ci.charts import catalog, helm
from ci.charts.catalog import Case, fullname
from ci.charts.helm import DryRun
from ci.charts.overlays import Overlays
from ci.charts.values_file import read_values
from ci.checks import naming, references
from ci.checks.locating import Locator
from ci.kubernetes import fields, manifests, validation
from ci.values import lint
from ci.values.document import SCHEMA, YAML, Fault

# Who finds a fault, beside YAML and SCHEMA; that of a guardrail ends with the guardrail's name.
CHART = "chart"
GUARDRAILS = "guardrails"
REFERENCES = "references"
NAMES = "names"
KUBERNETES = "kubernetes"

# What the chart refuses, a problem a line (templates/checks/checks.yaml), and reports (NOTES.txt).
_PROBLEM = re.compile(r"^  - (.*)$", re.MULTILINE)
_RISKS = "\nUnsafe in production "
_ALLOW = re.compile(r" \(to accept it: guardrails\.allow\.(\w+)\)$")
# Helm's line for a mistake that the schema finds only once the files are merged; a line above deeper ones is
# the head of several.
_MERGED = re.compile(r"^( *)- at '([^']*)': (.*)$(?!\n\1 +- )", re.MULTILINE)
# validation.validate reports it of what holds the field.
_UNKNOWN = re.compile(r"unknown fields? ([\w-]+)")


def faults(overlays: Overlays, kube_version: str = "") -> list[Fault]:
    """Return every fault of a service's files, each with its file as the user calls it, and the line and key.

    What the guardrails would refuse is a warning where they only warn. ``kube_version`` ("1.31", or "" for
    none) also reports the fields that this version does not know yet. Raises UserError for a file that cannot
    be read; Malformed YAML is a fault.
    """
    found = of_each_file(overlays)
    if found or overlays.case is None:
        # What follows from these is not worth reporting.
        return found
    try:
        rendered = helm.dry_run(overlays.case)
    except helm.HelmError as error:
        return of_refusal(overlays, error)
    return list(of_render(overlays, overlays.case, rendered, kube_version))


def of_each_file(overlays: Overlays) -> list[Fault]:
    """Return the faults of each file by itself; raise as ``faults`` does."""
    faults: list[Fault] = []
    for file in overlays.files:
        if file.within:
            # Reported under the name of environments.yaml, where that is checked.
            continue
        try:
            if overlays.case is None:
                found = lint.environment_faults(catalog.service_chart(), file.path)
            else:
                found = lint.faults(file.path, overlays.case.chart)
        except Malformed as error:
            found = [Fault(file.path, error.line, error.column, "", error.problem, YAML)]
        except UserError as error:
            raise UserError(str(error).replace(shown(file.path), file.name, 1)) from None
        faults += [fault._replace(file=Path(file.name)) for fault in found]
    return faults


def of_refusal(overlays: Overlays, error: helm.HelmError) -> list[Fault]:
    """Return the faults for which Helm or the chart's checks refuse to render a service's files."""
    locator, text = _locator(overlays), str(error)
    found = []
    for _, pointer, message in _MERGED.findall(text):
        key = _key(pointer)
        found.append(locator.of_message(f"{key}: {message}" if key else message, SCHEMA))
    if found:
        return found
    if problems := _PROBLEM.findall(text):
        return [
            _guardrail(message.removeprefix(f"{GUARDRAILS}: "), locator)
            if message.startswith(f"{GUARDRAILS}: ")
            else locator.of_message(message, CHART)
            for message in problems
        ]
    return [locator.of_message(text.partition("\n")[2], CHART)]


def _key(pointer: str) -> str:
    """Return a JSON pointer (RFC 6901) as messages write keys."""
    parts = (part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:])
    return path_text(int(part) if part.isdigit() else part for part in parts)


def _locator(overlays: Overlays) -> Locator:
    keys = lint.keys_of(overlays.case.chart) if overlays.case else []
    return Locator(overlays.files, frozenset(keys))


def of_render(overlays: Overlays, case: Case, rendered: DryRun, kube_version: str = "") -> Iterator[Fault]:
    """Yield the faults of what the case of a service's files renders to; the rest is as for ``faults``."""
    locator = _locator(overlays)
    stream, notes = rendered
    for message in _PROBLEM.findall(notes.partition(_RISKS)[2]):
        yield _guardrail(message, locator, warning=True)
    try:
        objects = manifests.parse(stream)
    except UserError as error:
        yield locator.of_message(str(error), KUBERNETES)
        return
    written = {text for file in case.values for _, text in walk(read_values(file)) if isinstance(text, str)}
    for rule, findings in (
        (REFERENCES, references.findings(objects, fullname(case), written)),
        (NAMES, naming.findings(objects)),
    ):
        for finding in findings:
            yield locator.of_field(objects[finding.key], finding.path, str(finding), rule)
    problems = validation.by_version(fields.problems(objects.values()))
    for (key, path, message), versions in problems.items():
        unknown = _UNKNOWN.match(message)
        field = ".".join(filter(None, (path, unknown and unknown[1])))
        message = f"{key}: {path and f'{path}: '}{message} (Kubernetes {', '.join(versions)})"
        yield locator.of_field(objects[key], field, message, KUBERNETES)
    if kube_version:
        for made in objects.values():
            for key, path, since in fields.newer(made, kube_version):
                what = path or "the whole kind"
                message = f"{key}: {what}: Kubernetes {kube_version} does not know it yet, {since} does"
                yield locator.of_field(made, path, message, KUBERNETES)


def _guardrail(message: str, locator: Locator, warning: bool = False) -> Fault:
    named = _ALLOW.search(message)
    return locator.of_message(message, f"{GUARDRAILS}.{named[1]}" if named else GUARDRAILS, warning)
