"""Names that Kubernetes would not take are refused where they are written; those that it takes pass."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ci import charts, values_schema

VALIDATORS = {
    chart.name: values_schema.validator(json.loads(values_schema.build(chart.path / "schema.yaml")))
    for chart in charts.charts()
}

# How long a key may be is left to Kubernetes: a pattern that counts to 253 costs Helm much time.
SIDECAR = {"name": "a", "image": "i"}
LABELS = (["", "-a", "a-", "a b", "a/b/c", "/a", "A/b", "a..b/c"], ["a", "A_b.C", "a.b-c/D"])
ANNOTATIONS = (["", "-a", "a b", "/a", "a/", "a..b/c"], ["a", "a.b-c/D", "Example.com/x"])
SETTINGS = ([".", "..", "..a", "a/b", "a b"], ["a", ".a", "a..b", "1", "A_B-c.d", "a" * 253])
VARIABLES = ([".", "..", "..a", "1", "a b", "a=b"], ["a", ".a", ".1", "-a", "A_B-c.d"])
PORTS = (["1", "80-90", "a--b", "-a", "a-", "A", "a" * 16], ["http", "8h", "80-a-90", "a" * 15])
OBJECTS = (["-a", "a.", "a..b", "a.-b", "A", "a" * 254], ["a", "1", "a.b-c.d", "a" * 253])
HOSTS = (["*", "*.", "a..b", "-a.b", "a.*", "http://a"], ["a", "*.a.b", "a.b-c.d"])
REGISTRIES = (["a b", "\x1b", "a/", "https://a"], ["", "a.b:5000", "a.b/mirror", "a.b:5000/c/d"])
# Where names are written, as a key or as a value: * is the name. Then the wrong and the right ones there.
NAMES: list[tuple[Any, tuple[list[str], list[str]]]] = [
    ({"commonLabels": {"*": "v"}}, LABELS),
    ({"nodeSelector": {"*": "v"}}, LABELS),
    (
        {"topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": "z", "whenUnsatisfiable": "w"}]}
        | {"affinity": {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [
            {"topologyKey": "z", "labelSelector": {"matchLabels": {"*": "v"}}}
        ]}}},
        LABELS,
    ),
    ({"resources": {"limits": {"*": 1}}}, LABELS),
    ({"podAnnotations": {"*": "v"}}, ANNOTATIONS),
    ({"ingress": {"annotations": {"*": "v"}}}, ANNOTATIONS),
    ({"config": {"data": {"*": "v"}}}, SETTINGS),
    ({"secret": {"files": {"*": "v"}}}, SETTINGS),
    ({"env": {"*": "v"}}, VARIABLES),
    ({"initContainers": [SIDECAR | {"env": [{"name": "*"}]}]}, VARIABLES),
    ({"ports": {"*": {"containerPort": 1}}}, PORTS),
    ({"mainPort": "*"}, PORTS),
    ({"livenessProbe": {"httpGet": {"port": "*"}}}, PORTS),
    ({"lifecycle": {"preStop": {"httpGet": {"port": "*"}}}}, PORTS),
    ({"extraContainers": [SIDECAR | {"ports": [{"name": "*", "containerPort": 1}]}]}, PORTS),
    ({"service": {"extraPorts": [{"name": "*", "port": 1}]}}, (["A", "a.b", "-a"], ["a", "1", "a--b"])),
    ({"serviceAccount": {"name": "*"}}, OBJECTS),
    ({"config": {"existing": ["*"]}}, OBJECTS),
    ({"ingress": {"hosts": [{"host": "*"}]}}, HOSTS),
    ({"image": {"registry": "*"}}, REGISTRIES),
    ({"global": {"imageRegistry": "*"}}, REGISTRIES),
]  # fmt: skip


def named(node: Any, name: str) -> Any:
    """Values with a name where a * stands, as a key or as a value."""
    if isinstance(node, dict):
        return {name if key == "*" else key: named(value, name) for key, value in node.items()}
    if isinstance(node, list):
        return [named(item, name) for item in node]
    return name if node == "*" else node


WRONG_AND_RIGHT = [
    *(("microservice", *names) for names in NAMES),
    ("namespace", {"labels": {"*": "v"}}, LABELS),
    ("namespace", {"annotations": {"*": "v"}}, ANNOTATIONS),
    ("namespace", {"resourceQuota": {"hard": {"*": 1}}}, LABELS),
    ("namespace", {"limitRange": {"limits": {"Container": {"max": {"*": 1}}}}}, LABELS),
]

every_name = pytest.mark.parametrize(
    ("chart", "values", "names"),
    WRONG_AND_RIGHT,
    ids=[f"{chart}: {json.dumps(values)[:60]}" for chart, values, _ in WRONG_AND_RIGHT],
)


@every_name
def test_a_name_that_kubernetes_does_not_take_is_refused(
    chart: str, values: Any, names: tuple[list[str], list[str]]
) -> None:
    wrong, _ = names
    assert [name for name in wrong if VALIDATORS[chart].is_valid(named(values, name))] == []


@every_name
def test_a_name_that_kubernetes_takes_passes(
    chart: str, values: Any, names: tuple[list[str], list[str]]
) -> None:
    _, right = names
    assert [name for name in right if not VALIDATORS[chart].is_valid(named(values, name))] == []
