"""Renders a chart's templates with many changes and values in one Helm process.

A copy of the chart has all of its templates as named ones, and one that goes through the tries: for each,
`tpl` defines the changed templates again, and runs the rest, which Helm parses once.
"""

from __future__ import annotations

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
_FAILED = re.compile(r'executing "try (\S+) with (\S+)"')


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
    expected: Mapping[str, str] = MappingProxyType({})


class Try(NamedTuple):
    """Templates and files to use in place of the chart's: {path in the chart: text}; and the inputs, by name.

    It ends at the first difference in a part that is sure, and after ``most`` differences. Inputs that are in
    ``problems_only``, too, are rendered as far as the problems.
    """

    name: str
    changed: Mapping[str, str]
    inputs: Sequence[str]
    most: int = 10
    problems_only: Sequence[str] = ()


class Outcome(NamedTuple):
    """An outcome that is not the expected one: the ``parts`` that differ, or "error" where it fails.

    ``outcome`` has a checksum of each part. If blocks note that they run, ``checking`` has the numbers of
    those that ran for the problems, and ``blocks`` of those that ran for the rest.
    """

    input: str
    parts: tuple[str, ...]
    outcome: Mapping[str, str] = MappingProxyType({})
    checking: frozenset[int] = frozenset()
    blocks: frozenset[int] = frozenset()


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
        shared = {
            "files": {path: text for path, text in texts.items() if path not in templates},
            "manifests": [
                path for path in plain if path.endswith(".yaml") and not path.startswith("checks/")
            ],
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

        An error ends Helm, so the tries run again without the input that failed; one of which a part is sure
        ends its try.
        """
        failed: dict[str, list[Outcome]] = {one.name: [] for one in tries}
        left = {one.name: one for one in tries}
        while True:
            self._write(left.values(), inputs)
            try:
                stream = helm.template(self._folder, engine=helm.ENGINES[-1])
                break
            except helm.HelmError as error:
                where = _FAILED.search(error.stderr)
                if not where:
                    raise
                name, input_name = where.groups()
                failed[name].append(Outcome(input_name, ("error",)))
                one = left.pop(name)
                others = [each for each in one.inputs if each != input_name]
                if others and not inputs[input_name].sure and len(failed[name]) < one.most:
                    left[name] = one._replace(inputs=others)
        for line in re.findall(r"^# (\{.*\})$", stream, re.MULTILINE):
            found = json.loads(line)
            noted = (frozenset(map(int, found[key] or ())) for key in ("checking", "blocks"))
            failed[found["name"]].append(
                Outcome(found["input"], tuple(found["parts"]), found["outcome"], *noted)
            )
        return failed

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
                    "problemsOnly": one.problems_only,
                }
            )
        names = {name for one in tries for name in one.inputs}
        used = {name: inputs[name]._asdict() | {"expected": dict(inputs[name].expected)} for name in names}
        write_whole(self._folder / "tries.json", json.dumps(written))
        write_whole(self._folder / "inputs.json", json.dumps(used))


def _read(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")
