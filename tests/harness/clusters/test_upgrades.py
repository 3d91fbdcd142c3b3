"""An API server is asked what upgrades by Helm 3 and Helm 4 make of objects."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from ci.base import kubernetes_yaml
from ci.base.processes import CommandError
from ci.clusters.api import RefusalError
from ci.clusters.api_server import ApiServer
from ci.clusters.upgrades import Upgrades
from tests.support.fake_api import FakeApi
from tests.support.fake_cluster import FakeKubectl

Object = dict[str, Any]
# As kubectl does it: it prints nothing but refusals where there is one, and a single one without its patch.
KUBECTL = """
import json, sys
objects = json.load(sys.stdin)["items"]
with open(sys.argv[0] + ".starts", "a") as starts:
    print(len(objects), file=starts)
if any(made["data"] == {"A": "unreachable"} for made in objects):
    sys.exit("Unable to connect to the server")
refused = [made for made in objects if made["data"] == {"A": "bad"}]
words = 'ConfigMap "a" is invalid: data: no'
for made in refused if len(refused) > 1 else ():
    print("Error from server (Invalid): error when applying patch:", file=sys.stderr)
    print(json.dumps({"applied": json.dumps(made)}), file=sys.stderr)
    print(f'to:\\nfor: "STDIN": error when patching "STDIN": {words}', file=sys.stderr)
if len(refused) == 1:
    print(f"The {words}", file=sys.stderr)
if not refused:
    print(json.dumps({"kind": "List", "items": objects} if len(objects) > 1 else objects[0]))
sys.exit(bool(refused))
"""


def config(data: str) -> Object:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"A": data}}


class Cluster:
    """An API server and a kubectl that refuse the value "bad", and complete objects."""

    def __init__(self, folder: Path) -> None:
        self._script = folder / "kubectl.py"
        self._script.write_text(KUBECTL, encoding="utf-8")
        self.api = FakeApi(self._answer)
        call: Any = FakeKubectl(lambda *_: "")
        call.command = [sys.executable, str(self._script)]
        self.upgrades = Upgrades(ApiServer(self.api), call, "shop")

    @property
    def starts(self) -> int:
        """How often kubectl was started."""
        return len(self._script.with_suffix(".py.starts").read_text().splitlines())

    def _answer(self, method: str, path: str, body: Any) -> Any:
        if method == "GET":
            configs = {"name": "configmaps", "kind": "ConfigMap", "namespaced": True}
            return {"resources": [configs, {"name": "nodes", "kind": "Node", "namespaced": False}]}
        made = kubernetes_yaml.load(body, "request")
        if made["data"] == {"A": "bad"}:
            raise RefusalError(method, path, 422, json.dumps({"reason": "Invalid", "message": "no"}))
        made["metadata"] |= {"uid": "1", "managedFields": []}
        return {**made, "status": {}}


@pytest.fixture
def cluster(tmp_path: Path) -> Cluster:
    return Cluster(tmp_path)


def test_objects_of_no_namespace_are_not_served(cluster: Cluster) -> None:
    assert cluster.upgrades.serves(config("1"))
    assert not cluster.upgrades.serves({"apiVersion": "v1", "kind": "Node"})
    assert not cluster.upgrades.serves({"apiVersion": "v1", "kind": "Unknown"})


def test_a_created_object_is_what_the_server_completes_without_what_it_writes_for_itself(
    cluster: Cluster,
) -> None:
    assert cluster.upgrades.create([config("1")]) == [config("1")]
    assert "dryRun" not in cluster.api.requests[-1]


def test_helm_4_applies_in_a_dry_run(cluster: Cluster) -> None:
    answers = cluster.upgrades.by_helm_4([config("1"), config("bad")])
    assert answers == [config("1"), "Error from server (Invalid): no"]
    assert "dryRun=All" in cluster.api.requests[-1]


@pytest.mark.parametrize("values", ["1", "12", "1234", "x", "x1", "1x2", "xx1x2", "xxxx"])
def test_helm_3_merges_each_object_or_is_refused(cluster: Cluster, values: str) -> None:
    asked = [config("bad" if value == "x" else value) for value in values]
    answers = cluster.upgrades.by_helm_3(asked)
    for made, answer in zip(asked, answers, strict=True):
        if made["data"] == {"A": "bad"}:
            assert 'ConfigMap "a" is invalid: data: no' in answer
        else:
            assert answer == made


def test_without_a_refusal_kubectl_is_started_twice_at_most(cluster: Cluster) -> None:
    cluster.upgrades.by_helm_3([config(str(number)) for number in range(50)])
    assert cluster.starts == 2


def test_what_is_no_refusal_is_an_error(cluster: Cluster) -> None:
    with pytest.raises(CommandError, match="merging"):
        cluster.upgrades.by_helm_3([config("unreachable")])
