"""Prints faults for people, as annotations of a GitHub workflow, and as SARIF."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from urllib.parse import quote

from ci.base.errors import UserError
from ci.base.suggestions import did_you_mean
from ci.values.document import Fault

_SARIF = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def formatted(faults: Sequence[Fault], format_: str) -> str:
    """Return the faults as text in one of FORMATS, which may be ""; UserError for another format."""
    if format_ not in FORMATS:
        near = did_you_mean(format_, FORMATS)
        raise UserError(f"--format {format_}: expected {', '.join(FORMATS)}{near}")
    return FORMATS[format_](faults)


def _text(faults: Iterable[Fault]) -> str:
    return "".join(f"{fault}\n" for fault in faults)


def _github(faults: Iterable[Fault]) -> str:
    """https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands."""
    lines = []
    for fault in faults:
        places = {"file": str(fault.file), "line": fault.line, "col": fault.column, "title": fault.rule}
        properties = ",".join(f"{name}={_escaped(str(value), ':,')}" for name, value in places.items())
        lines.append(f"::{_level(fault)} {properties}::{_escaped(fault.text)}\n")
    return "".join(lines)


def _escaped(text: str, also: str = "") -> str:
    # As toCommandValue and toCommandProperty of actions/toolkit do.
    for character in "%\r\n" + also:
        text = text.replace(character, f"%{ord(character):02X}")
    return text


def _sarif(faults: Sequence[Fault]) -> str:
    """SARIF 2.1.0; columns count characters."""
    rules = [{"id": rule} for rule in sorted({fault.rule for fault in faults})]
    driver = {"name": "microservice", "rules": rules}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(fault) for fault in faults],
    }
    return json.dumps({"$schema": _SARIF, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _result(fault: Fault) -> dict[str, object]:
    region = {"startLine": fault.line, "startColumn": fault.column}
    path = str(fault.file)
    uri = Path(path).as_uri() if Path(path).is_absolute() else quote(path)
    location: dict[str, object] = {"physicalLocation": {"artifactLocation": {"uri": uri}, "region": region}}
    if fault.path:
        location["logicalLocations"] = [{"fullyQualifiedName": fault.path, "kind": "member"}]
    return {
        "ruleId": fault.rule,
        "level": _level(fault),
        "message": {"text": fault.text},
        "locations": [location],
    }


def _level(fault: Fault) -> str:
    return "warning" if fault.warning else "error"


FORMATS: dict[str, Callable[[Sequence[Fault]], str]] = {"text": _text, "github": _github, "sarif": _sarif}
