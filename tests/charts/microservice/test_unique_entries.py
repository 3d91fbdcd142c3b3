"""Two entries with one key are refused in every list in which Kubernetes' definitions rule them out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from ci.charts import catalog, helm
from ci.charts.batch import Batch
from ci.charts.values_file import read_values
from ci.kubernetes import definitions
from ci.kubernetes.versions import NEWEST
from ci.values import schema as values_schema

Values = dict[str, Any]
# A list: the short name of a definition, and its field.
UniqueList = tuple[str, str]

# The kinds whose fields values may hold.
KINDS = (
    *(("apps/v1", "Deployment"), ("v1", "Service"), ("v1", "PersistentVolumeClaim")),
    *(("networking.k8s.io/v1", "Ingress"), ("networking.k8s.io/v1", "NetworkPolicy")),
    *(("autoscaling/v2", "HorizontalPodAutoscaler"), ("rbac.authorization.k8s.io/v1", "ClusterRole")),
)
# Lists that values can't give two entries with one key.
NOT_IN_VALUES = {
    ("ObjectMeta", "finalizers"),
    ("ObjectMeta", "ownerReferences"),
    ("PodSpec", "ephemeralContainers"),
    *(("EphemeralContainer", field) for field in ("env", "ports", "volumeDevices", "volumeMounts")),
    # A map in values.
    ("PodSpec", "volumes"),
    # The chart lists each once.
    ("PodSpec", "imagePullSecrets"),
}


def side(**fields: Any) -> Values:
    return {"extraContainers": [{"name": "side", "image": "side:1", **fields}]}


TWICE: dict[UniqueList, Values] = {
    ("Container", "env"): side(env=[{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]),
    ("Container", "ports"): side(
        ports=[{"containerPort": 9000, "name": "a"}, {"containerPort": 9000, "name": "b"}]
    ),
    ("Container", "volumeDevices"): {
        "volumes": {
            name: {"claim": {"size": "1Gi", "volumeMode": "Block", "retain": True}} for name in ("a", "b")
        },
        **side(volumeDevices=[{"name": name, "devicePath": "/dev/x"} for name in ("a", "b")]),
    },
    ("Container", "volumeMounts"): {
        "volumes": {"a": {"emptyDir": {}}},
        **side(volumeMounts=[{"name": name, "mountPath": "/data"} for name in ("a", "tmp")]),
    },
    ("ContainerRestartRuleOnExitCodes", "values"): side(
        restartPolicy="Never",
        restartPolicyRules=[{"action": "Restart", "exitCodes": {"operator": "In", "values": [3, 3]}}],
    ),
    ("PodSpec", "containers"): {"extraContainers": [{"name": "side", "image": image} for image in "ab"]},
    ("PodSpec", "evictionResponders"): {
        "podSpec": {"evictionResponders": [{"name": "a.b/c", "priority": number} for number in (1, 2)]}
    },
    ("PodSpec", "hostAliases"): {
        "podSpec": {"hostAliases": [{"ip": "10.0.0.1", "hostnames": [name]} for name in "ab"]}
    },
    ("PodSpec", "initContainers"): {"initContainers": [{"name": "init", "image": image} for image in "ab"]},
    ("PodSpec", "resourceClaims"): {
        "podSpec": {"resourceClaims": [{"name": "a", "resourceClaimName": name} for name in "ab"]}
    },
    ("PodSpec", "schedulingGates"): {"podSpec": {"schedulingGates": [{"name": "a"}, {"name": "a"}]}},
    ("PodSpec", "topologySpreadConstraints"): {
        "topologySpreadConstraints": [
            {"maxSkew": skew, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"} for skew in (1, 2)
        ]
    },
    ("ResourceRequirements", "claims"): {
        "podSpec": {"resourceClaims": [{"name": "a", "resourceClaimName": "a"}]},
        "resources": {"claims": [{"name": "a"}, {"name": "a", "request": "b"}]},
    },
    ("ServiceSpec", "ports"): {
        "service": {"extraPorts": [{"name": name, "port": 90, "targetPort": "http"} for name in "ab"]}
    },
    ("VolumeMount", "bindMountOptions"): {
        "volumes": {"a": {"emptyDir": {}, "mountPath": "/a", "bindMountOptions": ["noexec", "noexec"]}}
    },
}


def unique_lists() -> set[UniqueList]:
    """The lists of the kinds whose entries are merged by a key, or as a set."""
    known, names = definitions.read(NEWEST), definitions.names_of_kinds(NEWEST)
    waiting, seen, found = [names[kind] for kind in KINDS], set[str](), set[UniqueList]()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        for field, part in known[name].get("properties", {}).items():
            if part.get("x-kubernetes-list-type") in ("map", "set"):
                found.add((name.rpartition(".")[2], field))
            if field != "status":
                waiting += references(part)
    return found


def references(part: Values) -> Iterator[str]:
    if "$ref" in part:
        yield part["$ref"].rpartition("/")[2]
    for keyword in ("items", "additionalProperties"):
        if isinstance(part.get(keyword), dict):
            yield from references(part[keyword])


def test_every_list_with_unique_entries_is_tried() -> None:
    assert TWICE.keys() | NOT_IN_VALUES == unique_lists()
    assert not TWICE.keys() & NOT_IN_VALUES


def once(node: Any) -> Any:
    """Values without the second entry of each list of two."""
    if isinstance(node, dict):
        return {key: once(value) for key, value in node.items()}
    return [once(item) for item in node[:1]] if isinstance(node, list) else node


@pytest.fixture(scope="module")
def problems(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Values], Sequence[str]]:
    """Asks the chart's schema and its checks for what they refuse."""
    case = catalog.find_case("defaults")
    (image,) = map(read_values, case.values)
    schema = json.loads((case.chart.path / "values.schema.json").read_text(encoding="utf-8"))
    validator = values_schema.validator(schema)
    batch = Batch(case.chart.path, tmp_path_factory.mktemp("twice"))
    tried = [each for twice in TWICE.values() for each in (twice, once(twice))]
    valid = {f"v{number}": each for number, each in enumerate(tried) if validator.is_valid(each)}
    outcomes = batch.render({name: image | each for name, each in valid.items()}, helm.ENGINES[-1])

    def ask(values: Values) -> Sequence[str]:
        refused = [error.message for error in validator.iter_errors(values)]
        return refused or next(outcomes[name].problems for name, each in valid.items() if each == values)

    return ask


@pytest.mark.parametrize("place", TWICE, ids=".".join)
def test_two_entries_with_one_key_are_refused(
    place: UniqueList, problems: Callable[[Values], Sequence[str]]
) -> None:
    assert problems(TWICE[place])
    assert not problems(once(TWICE[place]))
