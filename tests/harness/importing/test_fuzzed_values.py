"""What the chart renders from generated values can be imported, and then renders the same."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from ci.charts import catalog, helm
from ci.charts.batch import Outcome
from ci.charts.catalog import Chart
from ci.fuzzing import fuzz
from ci.fuzzing.experiments import Accepted
from ci.importing import sources
from ci.importing.draft import Draft, Values, Wishes
from ci.importing.mapping import mapped, without_defaults
from ci.importing.proof import compare, take_back
from ci.importing.selection import select

ENGINE = helm.ENGINES[-1]
EXAMPLES = 20


class Imported(Accepted):
    """An import of what values render to, exact and with secrets, must render to the same."""

    def __init__(self, chart: Chart, folder: Path) -> None:
        super().__init__(chart, folder)
        self._source = folder / "source.yaml"

    def judge(self, values: Sequence[Values]) -> list[list[str]]:
        # What an umbrella chart sets, and a registry, may be anything, which is refused in other keys.
        values = [_ordinary(each) for each in values]
        names = [f"v{number}" for number in range(len(values))]
        rendered = self._batches[str(ENGINE)].render(dict(zip(names, values, strict=True)), ENGINE)
        drafts = {name: self._draft(name, one.stream) for name, one in rendered.items() if one.stream}
        faults: dict[str, list[str]] = {name: [] for name in names}
        for draft, outcome in self._rendered(drafts, faults):
            take_back(draft.values, compare(draft, outcome.stream))
        for draft, outcome in self._rendered(drafts, faults):
            proof = compare(draft, outcome.stream)
            changes = [*proof.lost, *(change for change, _ in proof.safer)]
            faults[draft.name] += [str(change) for change in changes]
            faults[draft.name] += [f"left out: {key}" for key in draft.left]
        return [faults[name] for name in names]

    def _draft(self, name: str, stream: str) -> Draft:
        self._source.write_text(stream, encoding="utf-8")
        selection = select(sources.read([str(self._source)]), name)
        return mapped(selection, Wishes(exact=True, secrets=True))

    def _rendered(
        self, drafts: Mapping[str, Draft], faults: Mapping[str, list[str]]
    ) -> list[tuple[Draft, Outcome]]:
        written = {}
        for name, draft in drafts.items():
            values = without_defaults(copy.deepcopy(draft.values), self._defaults)
            if errors := [str(error) for error in self._validator.iter_errors(values)]:
                faults[name].extend(errors)
            elif not faults[name]:
                written[name] = values
        outcomes = self._batches[str(ENGINE)].render(written, ENGINE) if written else {}
        for name, outcome in outcomes.items():
            faults[name].extend([*outcome.problems, *filter(None, [outcome.error])])
        return [(drafts[name], one) for name, one in outcomes.items() if one.stream]


def _ordinary(values: Values) -> Values:
    kept = {key: value for key, value in values.items() if key != "global"}
    if isinstance(image := kept.get("image"), dict):
        kept["image"] = {key: part for key, part in image.items() if key != "registry"}
    return kept


def test_generated_values_are_imported_from_their_render(tmp_path: Path, seed: int) -> None:
    _, find = fuzz.search(Imported(catalog.service_chart(), tmp_path), seed, EXAMPLES)
    if find:
        pytest.fail(str(find), pytrace=False)
