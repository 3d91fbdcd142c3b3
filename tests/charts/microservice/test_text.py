"""Text arrives as the same text, wherever it is written and whatever YAML would make of it."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from collections.abc import Callable

import pytest

from tests.charts.conftest import Chart, Rendered, with_both_engines

# What stands last is last in its document too, where Helm trims.
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
# What no plain way of writing YAML keeps.
FRAGILE = {
    "line-alone": "\n",
    "lines-alone": "\n\n\n",
    "blank-lines": "first\n  \n\nsecond\n  \n",
    "line-separator": "first\u2028second\n",
    "next-line": "first\x85second\n",
    "delete": "a\x7fb",
    "byte-order-marks": "\ufeff" * 300,
    "not-a-character": "\uffff",
    "z": "first\n\n\n\n",
}


def everywhere(texts: dict[str, str]) -> str:
    """Values that hold the texts wherever a user can write any; JSON, which is YAML, quotes all of them."""
    values = {
        "env": texts,
        "config": {"data": texts, "files": texts},
        # A variable comes from config or from secret.
        "secret": {"data": {f"secret.{name}": text for name, text in texts.items()}, "files": texts},
        "command": list(texts.values()),
        "args": list(texts.values()),
        "podAnnotations": texts,
        "service": {"annotations": texts},
        "serviceAccount": {"annotations": texts},
        "ingress": {"enabled": True, "hosts": [{"host": "example.com"}], "annotations": texts},
    }
    text = json.dumps(values, ensure_ascii=False)
    return re.sub("[\x7f-\x9f\u2028\u2029\ufeff\uffff]", lambda found: f"\\u{ord(found[0]):04x}", text)


def secret(name: str) -> Callable[[Rendered], dict[str, str]]:
    return lambda rendered: {
        key.removeprefix("secret."): b64decode(value).decode()
        for key, value in rendered.all("Secret")[name]["data"].items()
    }


PLACES: dict[str, Callable[[Rendered], object]] = {
    "env": lambda rendered: rendered.env,
    "config.data": lambda rendered: rendered.all("ConfigMap")["api-config"]["data"],
    "config.files": lambda rendered: rendered.all("ConfigMap")["api-files"]["data"],
    "secret.data": secret("api-secrets"),
    "secret.files": secret("api-secret-files"),
    "command": lambda rendered: rendered.container["command"],
    "args": lambda rendered: rendered.container["args"],
    "podAnnotations": lambda rendered: {
        key: value
        for key, value in rendered.pod_metadata["annotations"].items()
        if not key.startswith("checksum/")
    },
    "service.annotations": lambda rendered: rendered.one("Service")["metadata"]["annotations"],
    "serviceAccount.annotations": lambda rendered: rendered.one("ServiceAccount")["metadata"]["annotations"],
    "ingress.annotations": lambda rendered: rendered.one("Ingress")["metadata"]["annotations"],
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("texts", [TEXTS, FRAGILE], ids=["any", "fragile"])
@with_both_engines
def test_text_arrives_unchanged(engine: int, texts: dict[str, str], place: str, chart: Chart) -> None:
    found = PLACES[place](chart(everywhere(texts), engine=engine))
    assert found == (texts if isinstance(found, dict) else list(texts.values()))


def test_empty_lines_at_the_very_end_of_a_container_arrive(chart: Chart) -> None:
    nothing_behind = """
        ports: {http: null}
        resources: {requests: null, limits: null}
        podSecurityStandard: privileged
        volumes: {tmp: {mountPath: null}}
    """
    rendered = chart(nothing_behind, 'env: {LAST: "first\\n\\n\\n"}')
    assert rendered.env == {"LAST": "first\n\n\n"}
