"""The messages of a chart's checks, read from the templates: each has to be made by a test."""

from __future__ import annotations

import re
from pathlib import Path


def messages_of(chart: Path) -> list[str]:
    """What the checks of a chart can say, with printf's verbs in it."""
    return [
        message
        for file in sorted((chart / "templates" / "checks").glob("*.tpl"))
        for message in re.findall(r'append \$problems \(?(?:printf )?"((?:[^"\\]|\\.)*)"', file.read_text())
    ]
