"""The defaults of custom kinds, which the chart writes, so that objects are stored as they are rendered."""

from __future__ import annotations

import json
from typing import Any

from ci.kubernetes import custom_kinds

Schema = dict[str, Any]

# The kinds of which the chart takes parts as written, and whose definitions set defaults, each with its API.
KINDS = {
    **dict.fromkeys(("GRPCRoute", "HTTPRoute", "TCPRoute", "TLSRoute"), "gateway.networking.k8s.io/v1"),
    **dict.fromkeys(("PodMonitor", "ServiceMonitor"), "monitoring.coreos.com/v1"),
    "ExternalSecret": "external-secrets.io/v1",
}


def build() -> str:
    """Return the text of defaults.json: a kind -> the part of its spec's schema that sets defaults."""
    found = {kind: _defaults(custom_kinds.spec(api_version, kind)) for kind, api_version in KINDS.items()}
    return json.dumps(found, sort_keys=True, separators=(",", ":")) + "\n"


def _defaults(part: Schema) -> Schema:
    """Return what of a schema leads to a default, {} where nothing does."""
    kept = {"default": part["default"]} if "default" in part else {}
    for keyword in ("items", "additionalProperties"):
        if isinstance(part.get(keyword), dict) and (below := _defaults(part[keyword])):
            kept[keyword] = below
    fields = {
        name: found for name, below in part.get("properties", {}).items() if (found := _defaults(below))
    }
    return kept | ({"properties": fields} if fields else {})
