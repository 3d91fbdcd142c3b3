"""The files of a chart that its render is made of, as texts and as templates."""

from __future__ import annotations

from ci.charts.catalog import Chart
from ci.mutation.template import Block, Template, parse

# Below these a chart has templates, and files that templates read.
_FILES = ("templates/**/*", "checks/*", "lazy/*", "defaults.json")


class Sources:
    """A chart's ``texts`` by path in the chart, which of them are ``templates``, and each block's number."""

    def __init__(self, chart: Chart) -> None:
        self.chart = chart
        files = [file for pattern in _FILES for file in sorted(chart.path.glob(pattern)) if file.is_file()]
        self.texts = {str(file.relative_to(chart.path)): file.read_text(encoding="utf-8") for file in files}
        self.templates: dict[str, Template] = {
            path: parse(text) for path, text in self.texts.items() if not path.endswith(".json")
        }
        blocks = [block for template in self.templates.values() for block in template.blocks]
        self.numbers: dict[Block, int] = {block: number for number, block in enumerate(blocks)}
