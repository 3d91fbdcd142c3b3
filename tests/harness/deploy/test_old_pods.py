"""Whoever deploys is warned where old pods get no requests before new ones are there."""

from __future__ import annotations

import pytest

from ci.deploy.old_pods import cut_off
from ci.kubernetes.manifests import parse

STREAM = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: api}
spec:
  replicas: 2
  strategy: {type: RollingUpdate}
  template:
    metadata: {labels: {app: api}}
    spec: {containers: [{name: api, ports: [{name: http, containerPort: 8000}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: api}
spec: {selector: {app: api}, ports: [{port: 80, targetPort: http}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: api}
spec: {podSelector: {matchLabels: {app: api}}, ingress: [{ports: [{port: 8000}]}]}
"""
CLOSED = (
    "Service api: no NetworkPolicy lets requests reach port 8000 of the old pods any more, so where policies "
    "are enforced they fail while new pods start; deploy with that port beside the new one, such as with "
    "ports.old.containerPort: 8000"
)
RENAMED = (
    "Service api: the old pods have no port called web, so port 80 leads to none of them while new ones "
    "start; keep the name of the container port"
)
MOVED = {"containerPort: 8000": "containerPort: 9000"}
ANOTHER_NUMBER = {**MOVED, "{port: 8000}": "{port: 9000}"}


@pytest.mark.parametrize(
    ("changes", "warnings"),
    [
        pytest.param({}, [], id="nothing"),
        pytest.param(ANOTHER_NUMBER, [CLOSED], id="another number"),
        pytest.param({**MOVED, "{port: 8000}": "{port: 9000}, {port: 8000}"}, [], id="both numbers allowed"),
        pytest.param({**MOVED, "{ports: [{port: 8000}]}": "{}"}, [], id="every port allowed"),
        pytest.param({**ANOTHER_NUMBER, "NetworkPolicy": "Policy"}, [], id="no policy"),
        pytest.param({**ANOTHER_NUMBER, "RollingUpdate": "Recreate"}, [], id="all pods at once"),
        pytest.param({"http": "web"}, [RENAMED], id="another name"),
        pytest.param({"http}]": "http}, {port: 81, targetPort: admin}]"}, [], id="one more port"),
        pytest.param({"port: 80,": "port: 81,", "http": "web"}, [], id="another port of the Service"),
    ],
)
def test_a_port_at_which_old_pods_get_no_requests_is_named(
    changes: dict[str, str], warnings: list[str]
) -> None:
    after = STREAM
    for old, new in changes.items():
        assert old in after
        after = after.replace(old, new)
    assert list(cut_off(parse(STREAM), parse(after))) == warnings


@pytest.mark.parametrize("before", ["", STREAM.replace("replicas: 2", "replicas: 0")])
def test_where_no_pod_runs_nothing_is_cut_off(before: str) -> None:
    after = STREAM.replace("8000", "9000")
    assert list(cut_off(parse(before), parse(after))) == []
    assert list(cut_off(parse(STREAM), parse(after))) == [CLOSED]
