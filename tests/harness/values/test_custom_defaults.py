"""The chart has the defaults of custom kinds, and nothing else of their definitions."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ci.kubernetes import custom_kinds
from ci.values import custom_defaults

SPEC = {
    "type": "object",
    "properties": {
        "colour": {"type": "string", "default": "red"},
        "size": {"type": "integer"},
        "off": {"type": "boolean", "default": False},
        "shape": {"type": "object", "properties": {"side": {"type": "integer", "default": 1}}},
        "edges": {"type": "array", "items": {"properties": {"kind": {"default": "a"}, "other": {}}}},
        "named": {"type": "object", "additionalProperties": {"properties": {"kind": {"default": "b"}}}},
        "free": {"type": "object", "additionalProperties": True, "items": {"type": "string"}},
    },
}


def test_a_kind_has_its_defaults_at_any_depth(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def spec(api_version: str, kind: str) -> dict[str, Any]:
        asked.append((api_version, kind))
        return SPEC

    monkeypatch.setattr(custom_kinds, "spec", spec)
    text = custom_defaults.build()
    built = json.loads(text)
    assert built.keys() == custom_defaults.KINDS.keys()
    assert ("gateway.networking.k8s.io/v1", "HTTPRoute") in asked
    assert built["HTTPRoute"]["properties"] == {
        "colour": {"default": "red"},
        "off": {"default": False},
        "shape": {"properties": {"side": {"default": 1}}},
        "edges": {"items": {"properties": {"kind": {"default": "a"}}}},
        "named": {"additionalProperties": {"properties": {"kind": {"default": "b"}}}},
    }
    # The chart is read at each render, and the order of the definitions' keys means nothing.
    assert text == json.dumps(built, sort_keys=True, separators=(",", ":")) + "\n"
    assert text.startswith('{"ExternalSecret":{"properties":{"colour":')
