"""What a small chart does wrong is found by both Helms, in a batch and by itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ci.charts.catalog import Chart
from ci.fuzzing.experiments import Accepted, Refused
from tests.support.repository import Repository

SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "enabled": {"type": "boolean"},
        "global": {"type": "object"},
        "text": {"type": ["string", "null"]},
        "port": {"type": "integer", "minimum": 1},
    },
}
CHECKS = """\
{{- define "small.problems" -}}
  {{- eq (toString .Values.port) "80" | ternary (list "port: 80 is for root") list | toJson -}}
{{- end -}}
"""
CHECK = """\
{{- with include "small.problems" . | fromJsonArray }}{{ fail (join "\\n" .) }}{{ end }}
"""
CONFIG_MAP = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: '{{ .Release.Name }}-{{ .Chart.Name }}'}
data:
  text: "{{ .Values.text }}"
  {{- if eq (toString .Values.port) "81" }}
  port: {{ required "nobody wrote it" .Values.nothing }}
  {{- end }}
"""


@pytest.fixture
def small(repository: Repository) -> Chart:
    """A chart that writes a text as it should not be written, refuses a port, and fails at another."""
    repository.write("charts/small/Chart.yaml", "{apiVersion: v2, name: small, version: 1.0.0}")
    repository.write("charts/small/values.yaml", "{text: '', port: 8080}")
    repository.write("charts/small/values.schema.json", json.dumps(SCHEMA))
    repository.write("charts/small/templates/NOTES.txt", "It is there.")
    repository.write("charts/small/templates/checks/_problems.tpl", CHECKS)
    repository.write("charts/small/templates/checks/checks.yaml", CHECK)
    repository.write("charts/small/templates/configmap.yaml", CONFIG_MAP)
    return Chart("small", repository.root / "charts" / "small")


def test_what_a_text_or_a_template_spoils_is_found_beside_what_is_fine(small: Chart, tmp_path: Path) -> None:
    values: list[dict[str, Any]] = [
        {"text": "fine: {{ }}"},
        {"text": "a\nb"},
        {"port": 80},
        {"port": 81},
        {"text": 'a", more: "'},
    ]
    fine, spoilt, refused, failed, injected = Accepted(small, tmp_path / "batch").judge(values)
    assert fine == refused == []
    assert any(": data.text: 'a b', where other texts make 'a\\nb'" in fault for fault in spoilt)
    assert failed[0].startswith("Helm 3: ")
    assert "nobody wrote it" in failed[0]
    assert injected


def test_what_helm_makes_of_values_by_themselves_is_compared_too(small: Chart, tmp_path: Path) -> None:
    accepted = Accepted(small, tmp_path / "batch")
    (small.path / "templates" / "configmap.yaml").write_text("", encoding="utf-8")
    assert accepted.judge([{}]) == [["makes other objects by itself than beside others"]]
    (small.path / "templates" / "configmap.yaml").write_text('{{ fail "no" }}', encoding="utf-8")
    ((fault,),) = accepted.judge([{}])
    assert fault.startswith("refused for other reasons by itself: ")
    assert accepted.judge([{"port": 80}]) == [[]]


def test_helm_and_the_validator_find_fault_with_the_same_places(small: Chart, tmp_path: Path) -> None:
    refused = Refused(small, tmp_path)
    values: list[dict[str, Any]] = [
        {"port": 0, "text": 1},
        {},
        {"more": None},
        {"text": None},
        {"port": "é", "é": 1},
        {"a/b~c": {}},
    ]
    assert refused.judge(values) == [[]] * len(values)


def test_what_only_one_of_them_refuses_is_found(
    small: Chart, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = Refused(small, tmp_path)
    monkeypatch.setattr(refused, "_told", lambda engine: {"v0": {"/port"}} if engine == 3 else {"v1": {""}})
    assert refused.judge([{"port": 0}, {}]) == [
        ["Helm 4 finds fault with [], the validator with ['/port']"],
        ["Helm 4 finds fault with [''], the validator with []"],
    ]


def test_what_is_drawn_to_be_accepted_is_and_the_rest_not_always(small: Chart, tmp_path: Path) -> None:
    accepted, refused = Accepted(small, tmp_path / "batch"), Refused(small, tmp_path / "many")
    assert accepted.takes({"port": 1})
    assert not accepted.takes({"port": 0})
    assert refused.takes({"port": 0})
