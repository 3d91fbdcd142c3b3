"""The Prometheus of the cluster's Prometheus Operator, and a service with metrics."""

from __future__ import annotations

import json
import time
from typing import Any

from ci.base.repository import root
from tests.support.namespaces import PORT, Namespace, Object

NAMESPACE = "monitoring"
# Prometheus' config reloader looks every 3 minutes, and when rules change: monitors come sooner with a rule.
# https://github.com/thanos-io/thanos/blob/v0.39.2/pkg/reloader/reloader.go (Watch)
PATIENCE = 240
HURRY_SECONDS = 3
METRICS_PORT = 9102
_PROGRAM = root() / "tests" / "cluster" / "operators" / "metered.py"
# Values of a service that counts its requests.
METERED = json.dumps(
    {
        "command": ["python", "-c", _PROGRAM.read_text(encoding="utf-8"), str(PORT), str(METRICS_PORT)],
        "readinessProbe": {"initialDelaySeconds": 1, "periodSeconds": 1},
        "resources": {"requests": {"cpu": "5m", "memory": "24Mi"}},
        "shutdown": {"drainSeconds": 0},
        "tests": {"enabled": False},
    }
)


class Prometheus:
    """What Prometheus knows about a namespace."""

    def __init__(self, namespace: Namespace) -> None:
        self._client = namespace.client
        self._namespace = namespace.name
        self._hurried = 0.0

    def targets(self) -> dict[str, set[str]]:
        """Return the health ("up", "down", "unknown") of the endpoints of each job."""
        jobs: dict[str, set[str]] = {}
        for target in self._ask("targets", state="active")["activeTargets"]:
            if target["labels"].get("namespace") == self._namespace:
                jobs.setdefault(target["labels"]["job"], set()).add(target["health"])
        return jobs

    def alerts(self) -> dict[str, str]:
        """Return the state ("inactive", "pending", "firing") of each alert, by the group that it is in."""
        # The operator writes a file for each PrometheusRule, with its namespace first.
        groups = self._ask("rules", type="alert")["groups"]
        ours = [group for group in groups if f"/{self._namespace}-" in group["file"]]
        return {group["name"]: rule["state"] for group in ours for rule in group["rules"]}

    def hurry(self) -> None:
        """Have the kubelet give Prometheus' pod new files now: it does so whenever the pod changes."""
        if time.monotonic() < self._hurried + HURRY_SECONDS:
            return
        self._hurried = time.monotonic()
        pods = self._get("pods", labelSelector="operator.prometheus.io/name")
        for pod in pods["items"]:
            changed = {"metadata": {"annotations": {"hurry": str(time.time())}}}
            answer = self._client.patch(
                version="v1",
                namespace=NAMESPACE,
                url=f"pods/{pod['metadata']['name']}",
                headers={"Content-Type": "application/merge-patch+json"},
                data=json.dumps(changed),
            )
            assert answer.ok, answer.text

    def _ask(self, path: str, **parameters: str) -> Any:
        return self._get(f"services/prometheus-operated:web/proxy/api/v1/{path}", **parameters)["data"]

    def _get(self, url: str, **parameters: str) -> Object:
        answer = self._client.get(version="v1", namespace=NAMESPACE, url=url, params=parameters)
        # The operator may have yet to start it.
        assert answer.ok, answer.text
        found: Object = answer.json()
        return found
