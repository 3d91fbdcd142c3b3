"""Renders a chart with many values in one Helm process: an umbrella chart has it once for each of them."""

from __future__ import annotations

import base64
import json
import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ci.base.errors import UserError
from ci.base.files import write_whole
from ci.charts import helm
from ci.charts.values_file import read_values

Values = dict[str, Any]

# Replaces checks.yaml, which would end the process if values are refused; @ is the chart. The notes may
# have any character, hence base64.
_CHECKS = """\
{{- $problems := include "@.problems" . | fromJsonArray -}}
{{- $notes := "" -}}
{{- if $problems -}}
{{- $_ := set .Values "x-refused" true -}}
{{- else -}}
{{- $notes = include (printf "%s/_notes.tpl" .Template.BasePath) . -}}
{{- end -}}
kind: Result
result: {{ dict "problems" $problems "notes" $notes | toJson | b64enc }}
"""
# As with the real checks, no other template sees refused values: Helm renders the deepest folder first.
_GUARDED = '{{{{- if not (index .Values "x-refused") -}}}}\n{}\n{{{{- end -}}}}\n'
_RESULT = re.compile(r"^kind: Result\nresult: (.*)$", re.MULTILINE)


class Outcome(NamedTuple):
    """What values render to: manifests and notes, or the problems of the chart's checks, or Helm's error."""

    stream: str = ""
    notes: str = ""
    problems: tuple[str, ...] = ()
    error: str = ""


class Batch:
    """A copy of a chart in an empty folder, which can be rendered with many values at once.

    With ``only_checks`` it has neither manifests nor notes, for who asks only what is refused.
    """

    def __init__(self, chart: Path, folder: Path, only_checks: bool = False) -> None:
        self._folder = folder
        copy = folder / "charts" / "part"
        templates = copy / "templates"
        shutil.copytree(chart, copy, ignore=shutil.ignore_patterns("ci"))
        self._name: str = read_values(chart / "Chart.yaml")["name"]
        (templates / "NOTES.txt").rename(templates / "_notes.tpl")
        if only_checks:
            write_whole(templates / "_notes.tpl", "")
        for template in templates.glob("*.yaml"):
            if only_checks:
                template.unlink()
                continue
            write_whole(template, _GUARDED.format(template.read_text(encoding="utf-8").rstrip("\n")))
        write_whole(templates / "checks" / "checks.yaml", _CHECKS.replace("@", self._name))

    def render(self, values: Mapping[str, Values], engine: int) -> dict[str, Outcome]:
        """Return the outcome for each of the values, all of which must be valid for the chart's schema.

        Helm ``engine`` renders them as subcharts, with the keys of ``values`` as names, of a release "all".
        """
        wanted = [{"name": self._name, "version": "*", "repository": "", "alias": part} for part in values]
        umbrella = {"apiVersion": "v2", "name": "batch", "version": "0.1.0", "dependencies": wanted}
        write_whole(self._folder / "Chart.yaml", json.dumps(umbrella))
        file = self._folder / "values.json"
        write_whole(file, json_text(values))
        extra = ["--values", helm.one_path(file), "--skip-schema-validation"]
        try:
            stream = helm.template(self._folder, engine=engine, release="all", extra=extra)
        except UserError as error:
            if len(values) == 1:
                return dict.fromkeys(values, Outcome(error=str(error)))
            names, middle = list(values), len(values) // 2
            halves = (names[:middle], names[middle:])
            return {
                part: one
                for half in halves
                for part, one in self.render({name: values[name] for name in half}, engine).items()
            }
        documents = re.split(r"^---\n# Source: batch/charts/", stream, flags=re.MULTILINE)
        return {part: _outcome([one for one in documents if one.startswith(f"{part}/")]) for part in values}


def json_text(values: object) -> str:
    """Return values as JSON that is also YAML: what YAML refuses or takes for a line break is escaped."""
    text = json.dumps(values, ensure_ascii=False)
    return re.sub("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]", lambda found: f"\\u{ord(found[0]):04x}", text)


def _outcome(documents: Sequence[str]) -> Outcome:
    manifests, result = [], {}
    for document in documents:
        if found := _RESULT.search(document):
            result = json.loads(base64.b64decode(found[1]))
        else:
            manifests.append(f"---\n# Source: {document}")
    return Outcome("".join(manifests), result["notes"], tuple(result["problems"] or ()))
