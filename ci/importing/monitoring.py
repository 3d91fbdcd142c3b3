"""The Prometheus Operator's kinds: `metrics`."""

from __future__ import annotations

from typing import Any

from ci.importing.container import main_port, port_name
from ci.importing.draft import Draft
from ci.importing.routing import service_port_name
from ci.importing.selection import selects
from ci.importing.workload import labels_of
from ci.kubernetes.workloads import dig


def map_monitors(draft: Draft) -> None:
    """Map the first ServiceMonitor and the first PodMonitor with one endpoint."""
    service = draft.source[draft.service_key] if draft.service_key else {}
    for kind, block, field in (
        ("ServiceMonitor", "serviceMonitor", "endpoints"),
        ("PodMonitor", "podMonitor", "podMetricsEndpoints"),
    ):
        for key, made in list(draft.of_kind(kind)):
            spec = made.get("spec") or {}
            endpoints = spec.get(field) or []
            labels = labels_of(service) if kind == "ServiceMonitor" else draft.labels
            if (
                len(endpoints) != 1
                or set(spec) - {"selector", field}
                or not selects(spec["selector"], labels)
            ):
                continue
            if dig(draft.values, "metrics", block):
                continue
            draft.place(key)
            draft.set(f"metrics.{block}", {"enabled": True, **_endpoint(draft, kind, endpoints[0])})
            draft.describe(f"metrics.{block}", key)


def _endpoint(draft: Draft, kind: str, endpoint: dict[str, Any]) -> dict[str, Any]:
    find = service_port_name if kind == "ServiceMonitor" else port_name
    name = find(draft, endpoint.get("port")) or endpoint.get("port")
    # Without an interval Prometheus' own counts, and its default path is the chart's.
    found = {"path": "/metrics", "interval": None, **endpoint, "port": name}
    return {field: value for field, value in found.items() if (field, value) != ("port", main_port(draft))}
