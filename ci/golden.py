"""Golden renders: what each case is known to render, kept in tests/golden and compared object by object."""

from __future__ import annotations

import base64
import binascii
import difflib
import hashlib
import itertools
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal, NamedTuple

from ci import charts, manifests
from ci.charts import Case
from ci.errors import UserError
from ci.files import write_whole
from ci.manifests import ABSENT, Difference, Key, Object

FOLDER = charts.ROOT / "tests" / "golden"
ACCEPT = "invoke golden --update"


class Change(NamedTuple):
    """What ``update`` did to one golden; ``differences`` are empty for an added or removed file."""

    path: Path
    what: Literal["added", "changed", "removed"]
    differences: list[Difference]


def path_of(case: Case) -> Path:
    """Return where the golden of a case lies."""
    return FOLDER / case.chart.name / f"{case.name}.yaml"


def masked(objects: Mapping[Key, Object]) -> dict[Key, Object]:
    """Return a copy fit to be kept and shown: it holds no secret and is the same for another chart version.

    Secret data are digest and size; checksum annotations and the label helm.sh/chart are "set".
    """
    return {key: _masked_object(object_) for key, object_ in objects.items()}


def check(case: Case, rendered: str) -> list[Difference]:
    """Return how a rendered stream differs from the case's golden, both masked; UserError without one."""
    golden = _read(path_of(case))
    if golden is None:
        raise UserError(f"{case}: there is no {charts.shown(path_of(case))} yet; write it with: {ACCEPT}")
    return manifests.compare(golden, masked(manifests.parse(rendered)))


def update(rendered: Mapping[Case, str]) -> list[Change]:
    """Accept the rendered streams: rewrite the goldens that differ, add missing ones, remove orphans.

    Return what was done; a golden that fits is left as it is.
    """
    changes = []
    for case, stream in rendered.items():
        path, objects = path_of(case), masked(manifests.parse(stream))
        golden = _read(path)
        differences = [] if golden is None else manifests.compare(golden, objects)
        if golden is None or differences:
            write_whole(path, manifests.dump(objects))
            changes.append(Change(path, "added" if golden is None else "changed", differences))
    for path in orphans():
        path.unlink()
        changes.append(Change(path, "removed", []))
    return changes


def orphans() -> list[Path]:
    """Return the files in tests/golden that are the golden of no case."""
    expected = {path_of(case) for case in charts.cases()}
    return sorted(path for path in FOLDER.rglob("*") if path.is_file() and path not in expected)


def report(case: Case, differences: Iterable[Difference]) -> str:
    """Return a case's differences for people: object, path, old and new value, and how to accept them."""
    lines = [f"{case} differs from {charts.shown(path_of(case))}:"]
    for key, group in itertools.groupby(differences, key=lambda difference: difference.key):
        lines.append(f"  {key}")
        lines += [f"    {line}" for difference in group for line in describe(difference)]
    return "\n".join([*lines, f"If this is meant, accept it with: {ACCEPT}"])


def describe(difference: Difference) -> list[str]:
    """Return the lines that tell one difference: path, old -> new; texts of several lines line by line."""
    path, old, new = difference.path, difference.old, difference.new
    if not path:
        return ["the object is new" if old is ABSENT else "the object is gone"]
    if isinstance(old, str) and isinstance(new, str) and "\n" in old + new:
        changed = difflib.unified_diff(old.splitlines(), new.splitlines(), n=1, lineterm="")
        return [f"{path}:", *(f"  {line}" for line in itertools.islice(changed, 2, None))]
    return [f"{path}: {_shown(old)} -> {_shown(new)}"]


def redacted(stream: str) -> str:
    """Return a stream's text fit to be shown: lines of Secret data are digests, even in broken YAML."""
    return "\n".join(_redacted_document(part) for part in re.split(r"\n(?=---)", stream))


def _redacted_document(text: str) -> str:
    if not re.search(r"^kind:\s*[\"']?Secret\b", text, re.MULTILINE):
        return text
    lines, within = [], False
    for line in text.split("\n"):
        if re.match(r"[^\s#]", line):
            field, _, value = line.partition(":")
            within = field in ("data", "stringData")
            lines.append(f"{field}: {_digest(value.encode())}" if within and value.strip() else line)
        else:
            lines.append(f"  {_digest(line.encode())}" if within and line.strip() else line)
    return "\n".join(lines)


def _masked_object(object_: Object) -> Object:
    shown = {name: _without_versions(value) for name, value in object_.items()}
    if shown["kind"] == "Secret":
        for field, decode in (("data", _decoded), ("stringData", str.encode)):
            if isinstance(entries := shown.get(field), dict):
                shown[field] = {name: _digest(decode(str(value))) for name, value in entries.items()}
            elif entries:
                shown[field] = _digest(str(entries).encode())
    return shown


def _without_versions(node: object) -> object:
    if isinstance(node, dict):
        return {
            name: "set" if name.startswith(("helm.sh/chart", "checksum/")) else _without_versions(value)
            for name, value in node.items()
        }
    return [_without_versions(item) for item in node] if isinstance(node, list) else node


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return text.encode()


def _digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()[:12]} ({len(data)} bytes)"


def _shown(value: object) -> str:
    return repr(value) if value is ABSENT else json.dumps(value, ensure_ascii=False)


def _read(path: Path) -> dict[Key, Object] | None:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    try:
        return manifests.parse(text)
    except UserError as error:
        raise UserError(f"{charts.shown(path)} is no golden ({error}); remove it, then: {ACCEPT}") from None
