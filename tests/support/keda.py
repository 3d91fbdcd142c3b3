"""Values of services that KEDA scales."""

from __future__ import annotations

import json
from typing import Any

SMALL = "resources: {requests: {cpu: 5m, memory: 24Mi}}"
# One pod for each pod with this label, which stands for an order that waits.
ORDERS = {"type": "kubernetes-workload", "metadata": {"podSelector": "waits=order", "value": "1"}}


def scaled_object(**spec: Any) -> str:
    """Return values with a ScaledObject that looks at its trigger every second."""
    made = {
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "ScaledObject",
        "metadata": {"name": "api", "labels": {"app.kubernetes.io/instance": "api"}},
        "spec": {"scaleTargetRef": {"name": "api"}, "pollingInterval": 1, "cooldownPeriod": 1, **spec},
    }
    return json.dumps({"autoscaling": {"external": True}, "extraObjects": [made]})
