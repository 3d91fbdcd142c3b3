"""The short forms of a Compose file as values of Kubernetes.

https://github.com/compose-spec/compose-spec/blob/main/05-services.md
"""

from __future__ import annotations

import math
import re
import shlex
from typing import Any, NamedTuple

_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+)ms)?(?:(\d+)us)?")
_BYTES = re.compile(r"(\d+(?:\.\d+)?)\s*([bkmg]?)b?", re.IGNORECASE)
_UNITS = {"": "", "b": "", "k": "Ki", "m": "Mi", "g": "Gi"}
_PORT = re.compile(
    r"(?:(?P<ip>\[[^\]]*\]|\d+\.[\d.]+):)?(?:(?P<published>[\d-]*):)?(?P<target>\d+)(?:-(?P<last>\d+))?(?:/(?P<protocol>\w+))?"
)
_LOCAL = r"https?://(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\])(?::(?P<port>\d+))?(?P<path>/[^\s'\"|&;]*)?"
_REQUEST = re.compile(
    rf"(?:curl|wget)\s(?:[^|&;]*\s)?['\"]?{_LOCAL}['\"]?(?:\s+-[^|&;]*)?(?:\s*(?:\|\||;)\s*exit 1)?"
)


class Mount(NamedTuple):
    """An entry of ``volumes``: ``kind`` is volume, bind, tmpfs or another of Compose; "" has no source."""

    kind: str
    source: str
    target: str
    read_only: bool
    more: dict[str, Any]


def pairs(written: Any) -> dict[str, Any]:
    """Return a map that is written as one, or as a list of NAME=VALUE; a NAME alone has no value."""
    if isinstance(written, dict):
        return dict(written)
    found = {}
    for item in written or []:
        name, equals, value = str(item).partition("=")
        found[name] = value if equals else None
    return found


def names(written: Any) -> list[str]:
    """Return the names of a map or a list, or the one that is written alone."""
    return [str(name) for name in ([written] if isinstance(written, str) else written or [])]


def words(written: Any) -> list[str]:
    """Return a command as a list; a string is split as a shell does, but no shell runs it."""
    return shlex.split(written) if isinstance(written, str) else [text(item) for item in written or []]


def text(value: Any) -> str:
    """Return a scalar as a variable has it."""
    return str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)


def seconds(written: Any) -> int:
    """Return a duration such as 1m30s in whole seconds, rounded up, at least 1. Raises ValueError."""
    found = _DURATION.fullmatch(str(written))
    if not found or not any(found.groups()):
        raise ValueError(f"{written!r} is no duration such as 1m30s")
    hours, minutes, whole, milli, micro = (float(part or 0) for part in found.groups())
    return max(1, math.ceil(hours * 3600 + minutes * 60 + whole + milli / 1e3 + micro / 1e6))


def quantity(written: Any) -> str:
    """Return a number of bytes such as 512m or 1gb as a quantity: 512Mi, 1Gi. Raises ValueError."""
    found = _BYTES.fullmatch(str(written))
    if not found:
        raise ValueError(f"{written!r} is no number of bytes such as 512m")
    return f"{found[1]}{_UNITS[found[2].lower()]}"


def ports(written: Any) -> list[dict[str, Any]]:
    """Return an entry of ``ports`` or ``expose`` in the long form, one for each port of a range.

    Raises ValueError for one that is no port.
    """
    if isinstance(written, dict):
        return [{**written, "target": int(written["target"])}]
    found = _PORT.fullmatch(str(written))
    if not found:
        raise ValueError(f"{written!r} is no port such as 8080:80")
    first = int(found["target"])
    more = {"protocol": found["protocol"], "host_ip": found["ip"], "published": found["published"]}
    return [
        {"target": number, **{name: value for name, value in more.items() if value}}
        for number in range(first, int(found["last"] or first) + 1)
    ]


def mount(written: Any) -> Mount:
    """Return an entry of ``volumes``."""
    if isinstance(written, dict):
        more = dict(written)
        kind, source, target = (str(more.pop(field, "") or "") for field in ("type", "source", "target"))
        return Mount(kind, source, target, bool(more.pop("read_only", False)), more)
    source, _, rest = str(written).partition(":")
    if not rest:
        return Mount("", "", source, False, {})
    target, _, mode = rest.partition(":")
    kind = "bind" if source.startswith((".", "/", "~")) else "volume"
    return Mount(kind, source, target, "ro" in mode.split(","), {})


def probe(test: Any) -> dict[str, Any]:
    """Return the action of a probe for the ``test`` of a healthcheck; {} for none.

    A request of curl or wget to the container itself is one of the kubelet's.
    """
    if isinstance(test, str):
        test = ["CMD-SHELL", test]
    if not test or test[0] == "NONE":
        return {}
    command = [text(item) for item in test[1:]]
    line = " ".join(command)
    if (found := _REQUEST.fullmatch(line.strip())) and "https://" not in line:
        return {"httpGet": {"path": found["path"] or "/", "port": int(found["port"] or 80)}}
    return {"exec": {"command": ["/bin/sh", "-c", *command] if test[0] == "CMD-SHELL" else command}}
