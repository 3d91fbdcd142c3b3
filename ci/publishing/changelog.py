"""CHANGELOG.md, in the form of https://keepachangelog.com/en/1.1.0/."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

from ci.base.errors import UserError

FILE = "CHANGELOG.md"
UNRELEASED = "Unreleased"


def read(folder: Path) -> dict[str, str]:
    """Return the sections of CHANGELOG.md in ``folder``, in its order; {} if there is no such file.

    A key is what the section's heading has in brackets ("Unreleased", "1.2.3"); a value is the Markdown below
    it, stripped.
    """
    file = folder / FILE
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    sections: dict[str, str] = {}
    for heading, body in _split("## ", text)[1:]:
        if bracketed := re.match(r"\[([^]]+)\]", heading):
            sections.setdefault(bracketed[1], body.strip())
    return sections


def entries(section: str) -> dict[str, list[str]]:
    """Return the entries of a section by heading ("Added"), each on one line; "" if they are above all."""
    found: dict[str, list[str]] = {}
    for heading, body in _split("### ", section):
        _, *items = re.split(r"^- ", body, flags=re.MULTILINE)
        if heading or items:
            found.setdefault(heading, []).extend(" ".join(item.split()) for item in items)
    return found


def release(folder: Path, version: str, day: date) -> None:
    """Turn the section [Unreleased] into one of ``version``, below a new and empty [Unreleased].

    Raises UserError if there is no such section.
    """
    file, heading = folder / FILE, f"## [{UNRELEASED}]"
    text, found = re.subn(
        rf"^{re.escape(heading)}\n",
        lambda line: f"{line[0]}\n## [{version}] - {day}\n",
        file.read_text(encoding="utf-8"),
        count=1,
        flags=re.MULTILINE,
    )
    if not found:
        raise UserError(f"{FILE} has no line {heading!r}: add it above what is not released yet")
    file.write_text(text, encoding="utf-8")


def _split(mark: str, text: str) -> list[tuple[str, str]]:
    """Split a string at lines that begin with ``mark``: (heading, body) each, the first heading is ""."""
    parts = ["", *re.split(rf"^{mark}(.*)$", text, flags=re.MULTILINE)]
    return list(zip(parts[::2], parts[1::2], strict=True))
