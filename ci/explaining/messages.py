"""The messages of a chart's checks, read from its templates."""

from __future__ import annotations

import functools
import json
import re
from pathlib import Path
from typing import NamedTuple

from ci.charts.catalog import Chart
from ci.explaining.keys import ENTRY, Key

PROBLEMS = "problems"
RISKS = "risks"
# Stands for what a template fills in.
VALUE = "\0"

_DEFINITION = re.compile(
    r'^\{\{-? *define "([^"]+)" -?\}\}(.*?)^\{\{-? *end -?\}\}', re.MULTILINE | re.DOTALL
)
# Text, then an action that may trim it and what follows.
_TOKEN = re.compile(r"(.*?)(?:\{\{(- )?\s*(.*?)\s*( -)?\}\}|\Z)", re.DOTALL)
_PRINTS_NOTHING = re.compile(r"(if|else|end|range|with|break|continue)\b|\$\w+ :?= |/\*")
_TERNARY = re.compile(r'.*\| ternary "([^"]*)" "([^"]*)"$')
_PRINTF = re.compile(r'printf ("(?:[^"\\]|\\.)*")')
# The lines of another check.
_OTHER_CHECK = re.compile(r'include "\w+\.(problems|risks)\.')
# Last words of keys that too many maps have.
_COMMON = frozenset({"name", "path", "type", "port", "kind", "key", "enabled", "value", "image", "ports"})

_SHORTEST = 3


class Message(NamedTuple):
    """A message of a check, with VALUE for each value in it; ``rule`` is a guardrail's name, else "".

    ``names`` are the strings in the check's template, some of which are keys that it goes through.
    """

    file: Path
    rule: str
    text: str
    names: frozenset[str]


@functools.cache
def messages(chart: Path, kind: str, words: bool = False) -> tuple[Message, ...]:
    """Return the messages of a chart's checks: of its PROBLEMS, or of its RISKS, each after its rule.

    A check prints each message on a line of its own. With ``words`` the choice between two is not a VALUE but
    both of them.
    """
    found = []
    for folder in (chart / "templates" / "checks", chart / "checks"):
        for file in sorted(folder.glob("*.tpl")):
            for name, body in _DEFINITION.findall(file.read_text(encoding="utf-8")):
                lines = _printed(body, words).split("\n") if f".{kind}." in name else ()
                names = frozenset(re.findall(r'"([^"\s]+)"', body))
                for line in filter(None, map(str.strip, lines)):
                    found.append(Message(file, line.partition(":")[0] if kind == RISKS else "", line, names))
    return tuple(found)


def watching(key: Key, chart: Chart) -> tuple[list[str], list[tuple[str, str]]]:
    """Return the messages of the checks that are about a key, and those of guardrails, each with its rule.

    They are those that name it before they say what to do: after a semicolon.
    """
    checks = [one.text for one in messages(chart.path, PROBLEMS, words=True) if _is_about(one, key)]
    found = messages(chart.path, RISKS, words=True)
    risks = [(one.rule, one.text.removeprefix(f"{one.rule}: ")) for one in found if _is_about(one, key)]
    return [_shown(text) for text in checks], [(rule, _shown(text)) for rule, text in risks]


def _is_about(message: Message, key: Key) -> bool:
    text = message.text.removeprefix(f"{message.rule}: " if message.rule else "")
    subject, _, said = text.partition(";")[0].partition(": ")
    if len(said.split(" ")) < _SHORTEST and " " not in subject.replace(" or ", ""):
        # A part of another message, or the place of others.
        return False
    for number, word in enumerate(f"{subject} {said}".split(" ")):
        word = word.rstrip(":,")
        literal = [part for part in re.split(r"[.\[\]]", word) if part and VALUE not in part]
        if not literal or (number and "." not in word) or (word[0] == VALUE and key.path[-1] in _COMMON):
            continue
        first, *others = map(re.escape, word.split(VALUE))
        # A value at the start may be the path of a container, one further on is a name or an index.
        pattern = "([^. ]*)".join([f".*{others.pop(0)}" if others and not first else first, *others])
        found = re.fullmatch(pattern.replace(r"\[([^. ]*)\]", r"\[\]"), str(key))
        if found and all(name in ("", ENTRY) or name in message.names for name in found.groups()):
            return True
    return False


def _shown(text: str) -> str:
    return re.sub(rf"{VALUE}+", "…", text)


def _printed(body: str, words: bool) -> str:
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
        elif words and (choice := _TERNARY.match(action)):
            printed += " or ".join(choice.groups())
        elif formatted := _PRINTF.match(action):
            printed += re.sub("%[sdqv]", VALUE, json.loads(formatted[1]))
        elif action and not _PRINTS_NOTHING.match(action) and not _OTHER_CHECK.match(action):
            printed += VALUE
    return printed
