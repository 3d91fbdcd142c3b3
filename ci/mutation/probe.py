"""Renders a chart's templates with many changes and values in one Helm process.

A copy of the chart has all of its templates as named ones, and one that goes through the tries: for each,
`tpl` defines the changed templates again, and runs the rest, which Helm parses once.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from ci.base.files import write_whole
from ci.charts import helm
from ci.mutation import coverage
from ci.mutation.sources import Sources
from ci.mutation.template import parse

# What templates read by themselves, which they get from a map instead: there a try can change it.
_READ = re.compile(r"([\w$.]*\.Files)\.Get\b")
# A refusal is printed, or it would end all tries.
_REFUSE = re.compile(r"\{\{- fail\b")
_FAILED = re.compile(r'executing "try (\S+) with (\S+) after (\S*)"')


class Input(NamedTuple):
    """Values to render with, the defaults among them, as a release with ``release``'s keys.

    Of the outcome ("problems", "report", "objects", "notes") a test compares all of each ``sure`` part.
    ``notes`` are rendered only where a test reads them. ``expected`` is the outcome without changes, {} if it
    is not known yet.
    """

    name: str
    values: dict[str, Any]
    release: dict[str, Any]
    helm: str
    sure: tuple[str, ...]
    notes: bool = True
    expected: Mapping[str, Any] = MappingProxyType({})


class Try(NamedTuple):
    """Templates and files to use in place of the chart's: {path in the chart: text}; and the inputs.

    Of each input, by its name, the given ``Probe.parts`` are rendered, in their order; all if none are given.
    A try ends at the first difference in a part that is sure, and after ``most`` differences. If it is
    ``fresh``, no part finds what templates keep in the root for those after them.
    """

    name: str
    changed: Mapping[str, str]
    inputs: Sequence[tuple[str, Sequence[str]]]
    most: int = 10
    fresh: bool = False


class Outcome(NamedTuple):
    """An outcome that is not the expected one: the ``parts`` that differ, or "error" where it fails.

    ``outcome`` has what mutation.outcome prints, in outcome.tpl, but for ``blocks``: the numbers of those
    that ran for each part, if they note that they run.
    """

    input: str
    parts: tuple[str, ...]
    outcome: Mapping[str, Any] = MappingProxyType({})
    blocks: Mapping[str, frozenset[int]] = MappingProxyType({})


class Probe:
    """A chart, rendered in an empty folder; outcomes have the blocks that ran if it ``notes_blocks``."""

    def __init__(self, sources: Sources, folder: Path, *, notes_blocks: bool = False) -> None:
        self._name = sources.chart.name
        self._folder = folder
        texts = {**sources.texts, "templates/_outcome.tpl": _read("outcome.tpl").replace("@", self._name)}
        if notes_blocks:
            texts |= {
                path: coverage.instrumented(sources.templates.get(path) or parse(text), sources.numbers)
                for path, text in texts.items()
                if not path.endswith(".json")
            }
        templates = {path: text for path, text in texts.items() if path.startswith("templates/")}
        # In Helm's order: what one template keeps in the root, others find there.
        plain = (path.removeprefix("templates/") for path in sorted(templates, reverse=True))
        manifests = [path for path in plain if path.endswith(".yaml") and not path.startswith("checks/")]
        self.parts = ("problems", "report", *manifests, "notes")
        shared = {
            "files": {path: text for path, text in texts.items() if path not in templates},
            "parts": self.parts,
            # What takes its argument out of a map also gets it in one.
            "argument": "." if notes_blocks else ".arg",
        }
        write_whole(folder / "shared.json", json.dumps(shared))
        write_whole(folder / "Chart.yaml", (sources.chart.path / "Chart.yaml").read_text(encoding="utf-8"))
        write_whole(
            folder / "templates" / "_all.tpl", "\n".join(map(self._named, templates, templates.values()))
        )
        write_whole(folder / "templates" / "tries.yaml", _read("tries.tpl"))

    def _named(self, path: str, text: str) -> str:
        text = _READ.sub(r"get \1", text)
        if path == "templates/checks/checks.yaml":
            text = _REFUSE.sub("{{- print", text)
        if path.endswith(".tpl"):
            return text
        return f'{{{{ define "{self._name}/{path}" }}}}{text}{{{{ end }}}}'

    def run(self, tries: Sequence[Try], inputs: Mapping[str, Input]) -> dict[str, list[Outcome]]:
        """Return the unexpected outcomes of each try, by its name.

        An error ends Helm: it says what was found until then, and the rest runs in another process. An input
        that fails and of which a part is sure ends its try.
        """
        found: dict[str, list[Outcome]] = {one.name: [] for one in tries}
        whole = {one.name: one for one in tries}
        left = list(tries)
        while left:
            self._write(left, inputs)
            try:
                stream = helm.template(self._folder, engine=helm.ENGINES[-1])
            except helm.HelmError as error:
                where = _FAILED.search(error.stderr)
                if not where:
                    raise
                name, input_name, before = where.groups()
                _add(base64.b64decode(before).decode().splitlines(), found)
                found[name].append(Outcome(input_name, ("error",)))
                at = [one.name for one in left].index(name)
                failed, left = left[at], left[at + 1 :]
                others = failed.inputs[[one for one, _ in failed.inputs].index(input_name) + 1 :]
                most = whole[name].most - len(found[name])
                if others and most and not inputs[input_name].sure:
                    left.insert(0, failed._replace(inputs=others, most=most))
            else:
                _add(re.findall(r"^# (\{.*\})$", stream, re.MULTILINE), found)
                break
        return found

    def _write(self, tries: Iterable[Try], inputs: Mapping[str, Input]) -> None:
        written = []
        for one in tries:
            templates = [path for path in one.changed if path.startswith("templates/")]
            written.append(
                {
                    "name": one.name,
                    "text": "".join(self._named(path, one.changed[path]) for path in templates),
                    "files": {path: text for path, text in one.changed.items() if path not in templates},
                    "inputs": one.inputs,
                    "most": one.most,
                    "fresh": one.fresh,
                }
            )
        names = {name for one in tries for name, _ in one.inputs}
        used = {name: inputs[name]._asdict() | {"expected": dict(inputs[name].expected)} for name in names}
        write_whole(self._folder / "tries.json", json.dumps(written))
        write_whole(self._folder / "inputs.json", json.dumps(used))


def _add(lines: Iterable[str], found: Mapping[str, list[Outcome]]) -> None:
    for line in lines:
        one = json.loads(line)
        blocks = {part: frozenset(map(int, noted)) for part, noted in one["outcome"].pop("blocks").items()}
        found[one["name"]].append(Outcome(one["input"], tuple(one["parts"]), one["outcome"], blocks))


def _read(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")
