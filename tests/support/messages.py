"""The messages of a chart's checks as patterns: a test must produce each of them."""

from __future__ import annotations

import re
from pathlib import Path

from ci.explaining.messages import PROBLEMS, VALUE, messages


def messages_of(chart: Path, kind: str = PROBLEMS) -> list[re.Pattern[str]]:
    """Return a pattern for each message of a chart's checks: of its "problems", or of its "risks".

    A pattern matches the whole message.
    """
    return [_pattern(message.text, message.file) for message in messages(chart, kind)]


def _pattern(line: str, file: Path) -> re.Pattern[str]:
    assert re.search("[a-z]{2}", line), f"{file.name}: a message of values alone can't be tested: {line!r}"
    return re.compile(".*".join(map(re.escape, line.split(VALUE))))
