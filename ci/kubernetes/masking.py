"""Removes from manifests what must not be kept or printed: Secret data, and checksums and versions."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from typing import Any

from ci.kubernetes.manifests import Key, Object

# In place of what tells something of a secret.
HIDDEN = "(hidden)"


def masked(objects: Mapping[Key, Object]) -> dict[Key, Object]:
    """Return a copy fit to be kept and shown: it holds no secret and is the same for another chart version.

    Secret data are digest and size; checksum annotations and the label helm.sh/chart are "set".
    """
    return {key: _masked_object(object_) for key, object_ in objects.items()}


def hidden(object_: Object) -> Object:
    """Return a copy that tells nothing of a secret: not even the digest or size of its value."""
    shown: Object = _without_checksums(object_)
    if shown.get("kind") == "Secret":
        for field in ("data", "stringData"):
            if entries := shown.get(field):
                shown[field] = dict.fromkeys(entries, HIDDEN) if isinstance(entries, dict) else HIDDEN
    return shown


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


def _without_checksums(node: Any) -> Any:
    if isinstance(node, dict):
        return {
            name: HIDDEN if name.startswith("checksum/") else _without_checksums(value)
            for name, value in node.items()
        }
    return [_without_checksums(item) for item in node] if isinstance(node, list) else node


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return text.encode()


def _digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()[:12]} ({len(data)} bytes)"
