"""The messages of a chart's checks, read from the templates: a test must produce each of them."""

from __future__ import annotations

import json
import re
from pathlib import Path

_DEFINITION = re.compile(
    r'^\{\{-? *define "([^"]+)" -?\}\}(.*?)^\{\{-? *end -?\}\}', re.MULTILINE | re.DOTALL
)
# Text, then an action that may trim it and what follows.
_TOKEN = re.compile(r"(.*?)(?:\{\{(- )?\s*(.*?)\s*( -)?\}\}|\Z)", re.DOTALL)
_PRINTS_NOTHING = re.compile(r"(if|else|end|range|with|break|continue)\b|\$\w+ :?= |/\*")
_PRINTF = re.compile(r'printf ("(?:[^"\\]|\\.)*")')
# The lines of another check.
_OTHER_CHECK = re.compile(r'include "\w+\.(problems|risks)\.')
_VALUE = "\0"


def messages_of(chart: Path, kind: str = "problems") -> list[re.Pattern[str]]:
    """Return a pattern for each message of a chart's checks: of its "problems", or of its "risks".

    A check prints each message on a line of its own. A pattern matches the whole message.
    """
    return [
        _pattern(line, file)
        for folder in (chart / "templates" / "checks", chart / "checks")
        for file in sorted(folder.glob("*.tpl"))
        for name, body in _DEFINITION.findall(file.read_text(encoding="utf-8"))
        if f".{kind}." in name
        for line in _printed(body).split("\n")
        if line.strip()
    ]


def _printed(body: str) -> str:
    """Return what a template prints where it takes every branch once, with a mark for each value.

    The rules for white space: https://pkg.go.dev/text/template#hdr-Text_and_spaces.
    """
    printed, trims = "", ""
    for text, trims_before, action, trims_after in _TOKEN.findall(body):
        kept = text.lstrip() if trims else text
        printed += kept.rstrip() if trims_before else kept
        trims = trims_after
        if action.startswith('"'):
            printed += json.loads(action)
        elif formatted := _PRINTF.match(action):
            printed += re.sub("%[sdqv]", _VALUE, json.loads(formatted[1]))
        elif action and not _PRINTS_NOTHING.match(action) and not _OTHER_CHECK.match(action):
            printed += _VALUE
    return printed


def _pattern(line: str, file: Path) -> re.Pattern[str]:
    assert re.search("[a-z]{2}", line), f"{file.name}: a message of values alone can't be tested: {line!r}"
    return re.compile(".*".join(map(re.escape, line.strip().split(_VALUE))))
