"""What Helm says after an install: the release's real names, and how to reach, watch and undo it."""

from __future__ import annotations

import difflib
import json
from pathlib import Path

import pytest

from ci.base import kubernetes_yaml
from ci.charts import catalog, helm
from tests.support.notes import Notes

FILE = Path(__file__).parent / "data" / "notes.yaml"
TABLE = kubernetes_yaml.load(FILE.read_text(encoding="utf-8"), FILE.name)
SITUATIONS = TABLE["situations"]
# Leaves nothing that can be left out.
(REMOVALS,) = catalog.find_case("removals").values


def test_the_notes_say_how_to_watch_reach_read_and_undo_what_the_defaults_install(notes: Notes) -> None:
    assert notes() == TABLE["defaults"]


@pytest.mark.parametrize("name", SITUATIONS)
def test_another_situation_changes_only_what_is_about_it(name: str, notes: Notes) -> None:
    row = SITUATIONS[name]
    upgrade = ["--is-upgrade"] if row.get("after") == "upgrade" else []
    said = notes(json.dumps(row["values"]), engine=row.get("helm"), extra=upgrade)
    compared = difflib.unified_diff(TABLE["defaults"].splitlines(), said.splitlines(), n=0, lineterm="")
    changes = [line for line in list(compared)[2:] if not line.startswith("@@")]
    assert changes == row["changes"].splitlines()


def test_null_for_a_switch_means_off(notes: Notes) -> None:
    off = "{config: {versioned: false}, secret: {versioned: false}, ingress: {enabled: false}}"
    assert notes(off.replace("false", "null")) == notes(off)


def test_the_notes_do_without_what_null_removed(notes: Notes) -> None:
    spoken = notes(REMOVALS.read_text())
    assert spoken.splitlines()[0].endswith(", 1 pod(s)")
    assert "<nil>" not in spoken


ALL_WAYS = """
autoscaling: {external: true}
service: {type: LoadBalancer}
ports:
  grpc: {containerPort: 9000, servicePort: 9000}
  https: {containerPort: 8443, servicePort: 443}
ingress:
  enabled: true
  tls: [{hosts: [a.example.com], secretName: a}]
  hosts: [{host: a.example.com, paths: [{path: /x}, {path: /y}]}, {host: b.example.com}]
"""


def test_both_engines_say_the_same(notes: Notes) -> None:
    oldest, newest = (notes(ALL_WAYS, engine=engine) for engine in helm.ENGINES)
    assert oldest == newest
