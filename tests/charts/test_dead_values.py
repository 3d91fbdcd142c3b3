"""Every key of the values has an effect: changing it changes the render of at least one case."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from ci.base import kubernetes_yaml, repository
from ci.charts import catalog, helm
from ci.charts.catalog import Chart
from ci.charts.values_file import read_values
from ci.values.kubernetes_parts import MARKER
from ci.values.schema_walk import Schema, resolved, types
from tests.support.rendering import NEWEST_ENGINE, Rendered

# `*` is any entry of a map or list.
Key = tuple[str, ...]
# A case's name, and blocks of values that replace its own.
Change = tuple[str, dict[str, Any]]

CONDITION = "a parent chart's `condition:` is evaluated before this chart is rendered"
EXCEPTIONS = {
    "microservice": {
        "enabled": CONDITION,
        "volumeMounts": "may only be empty, as in helm create",
    },
    "namespace": {
        "enabled": CONDITION,
        "global": "a parent chart may set it for all its subcharts; this chart does not use it",
    },
}

# Renders every change in one run of Helm; the chart has no key `tries`.
PROBE = """
apiVersion: v1
kind: Probe
metadata: {name: probe}
texts:
{{- range .Values.tries.changes }}
{{- $values := deepCopy (index $.Values.tries.cases (first .)) }}
{{- range $block, $value := last . }}{{ $_ := set $values $block $value }}{{ end }}
{{- $context := dict "Values" $values "Release" $.Release "Chart" $.Chart "Capabilities" $.Capabilities
  "Template" $.Template "Files" $.Files }}
{{- $text := "" }}
{{- range $.Values.tries.templates }}
{{- $text = print $text (include (print $.Template.BasePath "/" .) $context) }}
{{- end }}
- {{ toJson $text }}
{{- end }}
"""


def keys(schema: Schema, part: Schema, above: Key = ()) -> Iterator[tuple[Key, Schema]]:
    """Every key that can be set, with its part of the schema; none within Kubernetes' own definitions."""
    of_kubernetes = is_kubernetes(part)
    part = part if of_kubernetes else resolved(schema, part)
    inner = [(name, below) for name, below in part.get("properties", {}).items() if "const" not in below]
    inner += [("*", below) for name, below in part.get("patternProperties", {}).items() if name != "^x-"]
    inner += [("*", part["items"])] if "items" in part else []
    found = [pair for name, below in inner for pair in keys(schema, below, (*above, name))]
    if above and above[-1] != "*" and (of_kubernetes or not found):
        yield above, part
    yield from found


def is_kubernetes(part: Schema) -> bool:
    return str(part.get("$ref", "")).startswith(MARKER)


def samples(schema: Schema, part: Schema, number: int) -> Iterator[Any]:
    """Values for a key: those of its enum, or one that contains the number, to find it in the render."""
    part = {"type": "object"} if is_kubernetes(part) else resolved(schema, part)
    match "enum" if "enum" in part else next(iter(types(part)), "object"):
        case "enum":
            # The first is the default of most keys.
            yield from reversed(part["enum"])
        case "boolean":
            yield from (True, False)
        case "integer" | "number":
            yield number
        case "string":
            yield f"sample{number}"
        case "array":
            yield [next(samples(schema, part["items"], number))]
        case _:
            required = [(name, part.get("properties", {}).get(name, {})) for name in part.get("required", [])]
            needed = {name: next(samples(schema, below, number)) for name, below in required}
            yield needed or {f"sample{number}": "a"}


def entries(values: Any) -> dict[Any, Any]:
    """The entries of a map by name, or the items of a list by number."""
    return values if isinstance(values, dict) else dict(enumerate(values if isinstance(values, list) else []))


def likeness(key: Key, values: Any) -> int:
    """How many parts of a key's path the values have."""
    below = [value for name, value in entries(values).items() if key and key[0] in (name, "*")]
    return max((1 + likeness(key[1:], value) for value in below), default=0)


def changed(values: Any, key: Key, value: Any) -> Any:
    """The values with another value at a key; unchanged if they have no entry for its `*`."""
    if not key:
        return value
    within = entries(values)
    name: Any = key[0]
    if name == "*":
        name = max(within, key=lambda entry: likeness(key[1:], within[entry]), default=None)
    if name is None:
        return values
    whole = {**within, name: changed(within.get(name), key[1:], value)}
    return list(whole.values()) if isinstance(values, list) else whole


def overlaid(base: Any, over: Any) -> Any:
    """A user's values merged over a chart's, as Helm does."""
    if not isinstance(base, dict) or not isinstance(over, dict):
        return over
    return {**base, **{name: overlaid(base.get(name), value) for name, value in over.items()}}


class Probe:
    """Renders changes of a chart's cases."""

    def __init__(self, chart: Chart, folder: Path) -> None:
        self._folder = folder
        self._chart = shutil.copytree(chart.path, folder / "chart")
        self._base = next(case for case in catalog.cases() if case.chart == chart)
        self.own = {case.name: read_values(case.values[0]) for case in catalog.cases() if case.chart == chart}
        defaults = read_values(chart.path / "values.yaml")
        self.whole = {name: overlaid(defaults, own) for name, own in self.own.items()}
        templates = self._chart / "templates"
        files = [path for path in templates.rglob("*") if path.suffix in (".yaml", ".txt")]
        # A check that refuses values would end the run.
        self._templates = [str(path.relative_to(templates)) for path in files if path.parent.name != "checks"]
        (templates / "probe.yaml").write_text(PROBE, encoding="utf-8")
        self.plain = dict(zip(self.own, self([(case, {}) for case in self.own]), strict=True))

    def __call__(self, changes: Sequence[Change]) -> list[str]:
        """The render of each change: manifests and notes."""
        tries = {"cases": self.whole, "changes": changes, "templates": self._templates}
        file = self._folder / "values.yaml"
        file.write_text(json.dumps({"tries": tries}), encoding="utf-8")
        extra = ["--skip-schema-validation", "--show-only=templates/probe.yaml"]
        stream = helm.template(self._chart, [*self._base.values, file], engine=NEWEST_ENGINE, extra=extra)
        return Rendered(stream).one("Probe")["texts"] or []

    def cases(self, key: Key) -> list[str]:
        """The names of the cases, the one whose values are closest to the key first."""
        return sorted(self.own, key=lambda case: -likeness(key, self.own[case]))


def read(probe: Probe, schema: Schema, parts: dict[Key, Schema]) -> set[Key]:
    """The keys whose value appears in the render; many keys of a case are changed at once."""
    numbers = {key: number for number, key in enumerate(parts, start=20001)}
    values = dict(probe.whole)
    for key, number in numbers.items():
        value = next(samples(schema, parts[key], number))
        if str(number) in json.dumps(value):
            case = probe.cases(key)[0]
            values[case] = changed(values[case], key, value)
    texts = dict(zip(values, probe(list(values.items())), strict=True))
    return {key for key, number in numbers.items() if str(number) in texts[probe.cases(key)[0]]}


def changing(probe: Probe, schema: Schema, parts: dict[Key, Schema], cases: slice, most: int) -> set[Key]:
    """The keys of which one of ``most`` values changes the render of one of the cases."""
    tries = []
    for key, part in parts.items():
        for case in probe.cases(key)[cases]:
            whole = probe.whole[case]
            others = (changed(whole, key, value) for value in samples(schema, part, 20001))
            tries += [(key, case, other) for other in islice((o for o in others if o != whole), most)]
    texts = probe([(case, other) for _, case, other in tries])
    return {key for (key, case, _), text in zip(tries, texts, strict=True) if text != probe.plain[case]}


@pytest.mark.parametrize("chart", catalog.charts(), ids=lambda chart: chart.name)
def test_every_key_changes_the_render(chart: Chart, tmp_path: Path) -> None:
    source = chart.path / "schema.yaml"
    schema = kubernetes_yaml.load(source.read_text(encoding="utf-8"), repository.shown(source))
    probe = Probe(chart, tmp_path)
    left = dict(keys(schema, schema))
    alive = read(probe, schema, left)
    excepted = EXCEPTIONS.get(chart.name, {}).keys()
    # For nearly all keys one value in the closest case is enough; the others get more values and all cases.
    for cases, most in ((slice(1), 1), (slice(4), 3), (slice(4, None), 3)):
        left = {key: part for key, part in left.items() if key not in alive}
        if {".".join(key) for key in left} == excepted:
            break
        alive = changing(probe, schema, left, cases, most)
    dead = {".".join(key) for key in left.keys() - alive}
    assert dead == excepted, (
        f"changing one of {sorted(dead ^ excepted)} alone changes the render of no case: use the key in a "
        "template, remove it, write a case that needs it, or add it to EXCEPTIONS with the reason"
    )
