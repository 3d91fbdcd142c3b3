"""Renders a chart's notes: helm template prints none, so a copy of the chart puts them into an object."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from tests.support.rendering import ChartRenderer

# Only a copy of a chart has it.
FILE = Path("templates") / "notes.yaml"
_OBJECT = """
apiVersion: v1
kind: Notes
metadata: {name: notes}
text: {{ include (printf "%s/NOTES.txt" .Template.BasePath) . | toJson }}
"""


class Notes:
    """Renders the notes of a chart with values, in the release "shop"."""

    def __init__(self, render_chart: ChartRenderer, folder: Path) -> None:
        copy = folder / "chart"
        shutil.copytree(render_chart.path, copy)
        (copy / FILE).write_text(_OBJECT)
        self._render = render_chart.of(copy)

    def __call__(self, *values: str, engine: int | None = None, extra: Sequence[str] = ()) -> str:
        rendered = self._render(*values, release="shop", engine=engine, extra=extra)
        text: str = rendered.one("Notes")["text"]
        return text
