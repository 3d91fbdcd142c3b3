"""Tables of values that a chart refuses, with the expected problems."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import jsonschema_rs

from ci.base import kubernetes_yaml
from ci.base.repository import shown
from ci.charts.batch import Batch, Values, json_text
from tests.support.rendering import ChartRenderer


class Row(NamedTuple):
    """Values, and the problems that the chart reports for them in a release named ``release``."""

    name: str
    values: Values
    problems: list[str]
    release: str

    def __str__(self) -> str:
        return self.name


def table(file: Path) -> list[Row]:
    """Read the rows of a file, whose leading comment describes the form."""
    rows = kubernetes_yaml.load(file.read_text(encoding="utf-8"), shown(file))
    return [
        Row(name, row["values"], row["problems"].splitlines(), row.get("release", "api"))
        for name, row in rows.items()
    ]


class Refusals:
    """The problems that a chart reports for the rows of a table, rendered in one batch for each Helm."""

    def __init__(self, rows: Sequence[Row], render_chart: ChartRenderer, folder: Path, base: Values) -> None:
        self._rows = rows
        self._render_chart = render_chart
        self._folder = folder
        self._base = base
        self._answers: dict[int, dict[str, list[str]]] = {}
        schema = json.loads((render_chart.path / "values.schema.json").read_text(encoding="utf-8"))
        self._validator = jsonschema_rs.validator_for(schema)

    def __call__(self, row: Row, engine: int) -> list[str]:
        """Return the problems of a row's values, which must be valid for the chart's schema."""
        self._validator.validate(row.values)
        if row.release != "api":
            values = json_text(row.values)
            return self._render_chart.problems(values, engine=engine, release=row.release)
        return self._of_all(engine)[row.name]

    def _of_all(self, engine: int) -> dict[str, list[str]]:
        if engine not in self._answers:
            named = {f"row{number}": row for number, row in enumerate(self._rows) if row.release == "api"}
            values = {part: self._base | row.values for part, row in named.items()}
            outcomes = Batch(self._render_chart.path, self._folder / str(engine)).render(values, engine)
            self._answers[engine] = {
                row.name: [*outcomes[part].problems, *filter(None, [outcomes[part].error])]
                for part, row in named.items()
            }
        return self._answers[engine]
