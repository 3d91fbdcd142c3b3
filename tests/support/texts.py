"""Strings that YAML or a template engine could change, and values with them in every place."""

from __future__ import annotations

import json
import re

# The last one is also the last of its document, where Helm trims.
TEXTS = {
    "quotes": """both "double" and 'single'""",
    "backslash": "\\n is no line and \\ stays",
    "braces": "{{ .Values.image }} {{- fail . }}",
    "comment": "a # b",
    "only-a-comment": "#x",
    "colon": "key: value",
    "last-colon": "key:",
    "indicators": "&a *b !c %d @e `f`",
    "unicode": "ü € 日本語 😀\u00a0",
    "colours": "\x1b[31mred\x1b[0m",
    "yes": "yes",
    "one-letter": "n",
    "null": "null",
    "tilde": "~",
    "exponent": "1e3",
    "octal": "0123",
    "hexadecimal": "0x1F",
    "underscores": "1_000",
    "fraction": "1.10",
    "million": "1000000",
    "infinity": ".inf",
    "time": "12:30:45",
    "date": "2001-01-01",
    "equals": "=",
    "reference": "$(X) $$(Y) $",
    "empty": "",
    "blank": " ",
    "leading-blanks": "   first\n second\n",
    "trailing-blanks": "first  \nsecond  ",
    "tabs": "\tfirst\n\tsecond\t",
    "lines-at-the-beginning": "\n\nfirst",
    "blanks-at-the-end": "first\n   ",
    "windows": "first\r\nsecond\r\n",
    "carriage-return": "first\rsecond\r",
    "documents": "---\na: b\n---\n...\n",
    "long": "a long line of words " * 500,
    "long-lines": ("a long line of words " * 200 + "\n") * 3,
    "z": "one line\n",
}
# Strings that only a quoted YAML scalar preserves.
FRAGILE = {
    "line-alone": "\n",
    "lines-alone": "\n\n\n",
    "blank-lines": "first\n  \n\nsecond\n  \n",
    "line-separator": "first\u2028second\n",
    "next-line": "first\x85second\n",
    "delete": "a\x7fb",
    "control": "a\x80b",
    "byte-order-marks": "\ufeff" * 300,
    "not-a-character": "\uffff",
    "nor-this-one": "\ufffe",
    "z": "first\n\n\n\n",
}


def everywhere(texts: dict[str, str]) -> str:
    """Return values with the strings wherever any are allowed, as JSON, in which all are quoted."""
    values = {
        "env": texts,
        "config": {"data": texts, "files": texts},
        # A variable may only come from one of config and secret.
        "secret": {"data": {f"secret.{name}": text for name, text in texts.items()}, "files": texts},
        "command": list(texts.values()),
        "args": list(texts.values()),
        "podAnnotations": texts,
        "service": {"annotations": texts},
        "serviceAccount": {"annotations": texts},
        "ingress": {"enabled": True, "hosts": [{"host": "example.com"}], "annotations": texts},
    }
    text = json.dumps(values, ensure_ascii=False)
    return re.sub("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]", lambda found: f"\\u{ord(found[0]):04x}", text)
